"""Examples of types that are found by looking into files; `tests/services/guardduty/test_scans.py` runs them."""

from __future__ import annotations

from typing import NamedTuple

from tests.detect.test_malware import EICAR, zipped

NEAR = b"The test file is called EICAR-STANDARD-ANTIVIRUS-TEST-FILE; bash -i is a shell; <?php echo 1;"
"""It speaks of malware, and is none."""


class Scan(NamedTuple):
    """What is looked into, and the type of what is found there. The near miss of each is `NEAR` in its place."""

    type: str
    resource: str
    """Of an ARN, behind region and account; "" of a bucket under a plan."""
    renamed: str
    """Another of the kind."""
    file: bytes = EICAR


SCANS = (
    Scan("Object:S3/MaliciousFile", "", ""),
    Scan("Execution:EC2/MaliciousFile", "ec2:instance/i-0123456789abcdef0", "ec2:instance/i-0fedcba9876543210"),
    Scan(
        "Execution:EC2/MaliciousFile!Snapshot",
        "ec2:snapshot/snap-0123456789abcdef0",
        "ec2:snapshot/snap-0fedcba9876543210",
        zipped("a/b.txt", EICAR),
    ),
    Scan("Execution:EC2/MaliciousFile!AMI", "ec2:image/ami-0123456789abcdef0", "ec2:image/ami-0fedcba9876543210"),
    Scan(
        "Execution:EC2/MaliciousFile!RecoveryPoint",
        "backup:recovery-point:11111111-2222-4333-8444-555555555555",
        "backup:recovery-point:99999999-8888-4777-8666-555555555555",
    ),
)

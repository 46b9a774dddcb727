"""What CIS scanning stores, per region.

- `CONFIGURATION`: of the account that made it; name and id are the last part of its ARN
- `SCAN`: one run of a configuration; name and id likewise
- `JOB`: a scan on one resource, parent is the SCAN's id; id is the `scanJobId` its agent reports under
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.store import Kind


class Configuration(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is to be scanned, and when."""

    scan_name: str
    level: str
    schedule: dict[str, Any]
    targets: dict[str, Any]
    tags: dict[str, str] = {}
    next: float | None = None
    """When the next scan starts; None: none does."""


class Scan(msgspec.Struct, frozen=True, omit_defaults=True):
    """One run."""

    configuration: str
    """Its id."""
    scan_name: str
    level: str
    targets: dict[str, Any]
    started: float
    scheduled_by: str


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one check on one resource."""

    status: str
    """`PASSED`, `FAILED`, `SKIPPED`."""
    reason: str = ""
    title: str = ""
    description: str = ""
    remediation: str = ""
    level: str = ""


class Job(msgspec.Struct, frozen=True, omit_defaults=True):
    """One resource of a scan."""

    account: str
    resource: str
    tags: dict[str, str] = {}
    state: str = "WAITING"
    """`WAITING`, `RUNNING`, `COMPLETED`, `TIMED_OUT`, `CANCELLED`."""
    reason: str = ""
    token: str = ""
    heard: float = 0.0
    """When its agent was last heard."""
    platform: str = ""
    profile: str = ""
    checks: dict[str, Check] = {}


CONFIGURATION = Kind("inspector2.cis-configuration", Configuration)
SCAN = Kind("inspector2.cis-scan", Scan)
JOB = Kind("inspector2.cis-job", Job)

ENDED = ("COMPLETED", "TIMED_OUT", "CANCELLED")

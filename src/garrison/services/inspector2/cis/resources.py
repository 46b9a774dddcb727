"""What CIS scanning stores, per region.

- `CONFIGURATION`: of the account that made it; name and id are the last part of its ARN
- `SCAN`: one run of a configuration; name and id likewise
- `JOB`: a scan on one resource, parent is the SCAN's id; id is the `scanJobId` its agent reports under
- `RESULTS`: the checks of a JOB, parent is the SCAN's id too, id the JOB's
"""

from __future__ import annotations

import zlib
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
    failed: int = 0
    passed: int = 0
    skipped: int = 0


class Results(msgspec.Struct, frozen=True):
    """What a job's agent reported. Its id is the job's."""

    packed: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, Check]).decode


def pack(checks: dict[str, Check]) -> bytes:
    """Checks by id in few bytes: each tells its whole text."""
    return zlib.compress(_encode(checks), 6)


def unpack(packed: bytes) -> dict[str, Check]:
    """What `pack` was given."""
    return _decode(zlib.decompress(packed))


CONFIGURATION = Kind("inspector2.cis-configuration", Configuration)
SCAN = Kind("inspector2.cis-scan", Scan)
JOB = Kind("inspector2.cis-job", Job)
RESULTS = Kind("inspector2.cis-results", Results)
WAITING = "inspector2.cis-waiting"
"""Relation: row id of a RESOURCE -> id of a JOB that its agent is to begin."""

ENDED = ("COMPLETED", "TIMED_OUT", "CANCELLED")

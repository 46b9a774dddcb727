"""What GuardDuty stores. Every row has a region; what belongs to a detector has it as its parent.

- `DETECTOR`: one per account and region, named `detector`; its id is the detector's
- `FINDING`: name and id are the finding's; the document is the finding's JSON
- `ISSUE`: name is a digest of type and key (`detect.finding.issue`); which finding tells of it, which occurrences count
- `FILTER`, lists, `DESTINATION`: of a detector, by their names or ids
- `MEMBER`: kept by the administrator, named by the member's account; `INVITATION`: kept by the member, named by the
  administrator's account
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.store import Kind

NAME = "detector"
EPOCH = "guardduty"
"""The epoch of whatever detection rests on, under the empty account: detectors, lists, rules."""
DETECTORS = "guardduty.detectors"
"""Relation of itself with the id of every detector."""


class Sub(msgspec.Struct, frozen=True, omit_defaults=True):
    """An additional configuration of a feature."""

    name: str
    enabled: bool = False
    updated: float = 0.0


class Feature(msgspec.Struct, frozen=True, omit_defaults=True):
    """A protection plan of a detector."""

    name: str
    enabled: bool = False
    updated: float = 0.0
    additional: tuple[Sub, ...] = ()


class Detector(msgspec.Struct, frozen=True, omit_defaults=True):
    """GuardDuty in one account and region."""

    enabled: bool
    features: tuple[Feature, ...]
    frequency: str = "SIX_HOURS"
    """How often further occurrences are published."""
    tags: dict[str, str] = {}
    client_token: str | None = None
    started: float = 0.0
    """When it was first enabled: the free trial counts from there."""
    malware_settings: dict[str, Any] = {}
    """`ScanResourceCriteria` and `EbsSnapshotPreservation` in the API's shape."""
    organization: dict[str, Any] = {}
    """Of the organization's administrator: auto-enable settings."""


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A finding and what is not in its JSON."""

    document: dict[str, Any]
    suppressed: bool = False
    """Archived by a filter: not published anywhere."""
    sample: bool = False
    comments: str = ""
    """With the feedback on it."""


class Issue(msgspec.Struct, frozen=True, omit_defaults=True):
    """A security issue: which finding tells of it now."""

    finding: str
    epoch: int = 0
    occurrences: tuple[str, ...] = ()
    """Of the finding: digests of those that count, the last thousand of them."""


class Filter(msgspec.Struct, frozen=True, omit_defaults=True):
    """A saved filter; with action ARCHIVE it suppresses."""

    criteria: dict[str, Any]
    """`Criterion` in the API's shape."""
    rank: int
    action: str = "NOOP"
    description: str | None = None
    tags: dict[str, str] = {}
    version: int = 1


DETECTOR = Kind("guardduty.detector", Detector)
FINDING = Kind("guardduty.finding", Finding)
ISSUE = Kind("guardduty.issue", Issue)
FILTER = Kind("guardduty.filter", Filter)

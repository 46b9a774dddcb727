"""What the operator gives threat detection beside the API: where lists are fetched, who is told, what scans go by."""

from __future__ import annotations

from pathlib import Path

import msgspec

DETECTION_RULES = "detection-rules"
"""Folder of the data directory with custom detection rules of the operator's own."""


class Guarding(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of `garrison up` for GuardDuty."""

    list_urls: tuple[str, ...] = ()
    """What a list's http or https location that is not in S3 must begin with; without any, none is fetched."""
    publish_seconds: float | None = None
    """Publish findings after so many seconds, whatever their detector's frequency says."""
    webhook: str | None = None
    """Where each published finding is posted, as EventBridge would get it."""
    scan_rules: tuple[Path, ...] = ()
    """Files of YARA rules that malware is told by, or folders of them."""
    clamd: str | None = None
    """Where ClamAV's daemon listens: a socket's path, or HOST:PORT."""
    loopback: bool = False
    """Whether what this machine says to itself counts as if it went out, and lists for its addresses: a rehearsal."""
    detection_rules: Path | None = None
    """A folder of custom detection rules of the operator's own."""
    volumes: Path | None = None
    """Folders that stand for the disks of instances, volumes, snapshots and images, by their ids; None: `volumes` of
    the data directory."""

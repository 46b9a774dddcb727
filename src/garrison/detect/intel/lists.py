"""A list as it was when it was read: what is on it, and how old that is."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from garrison.detect.intel.formats import ListError, read

CATEGORIES = frozenset(
    {"c2", "mining", "tor", "sinkhole", "droppoint", "phishing", "driveby", "dga", "scanner", "malicious", "abused"}
    | {"doh", "custom"}
)
LARGEST = 35 * 1024 * 1024
"""Bytes of a file. Source: user guide, "GuardDuty quotas", as are the two below."""
MOST_TRUSTED = 2_000
MOST_THREATS = 250_000
FRESH = 7 * 86400.0
"""Seconds after which a list of threats is stale: addresses change hands in days."""


class IndicatorList(msgspec.Struct, frozen=True, kw_only=True):
    """What a file held when it was read; a change of the file shows when it is read again, as with GuardDuty."""

    name: str
    category: str
    trusted: bool
    addresses: tuple[str, ...]
    names: tuple[str, ...]
    digest: str
    """SHA-256 of the file in hex, which findings give as `threatFileSha256`; "" of lists that are built in."""
    time: float
    """When it was read, seconds since 1970; 0 of lists that are built in, which never age."""

    def stale(self, now: float) -> bool:
        """Whether it is too old to be relied on."""
        return self.time > 0 and not self.trusted and now - self.time > FRESH


def indicators(
    name: str,
    data: bytes,
    format: str,
    *,
    category: str = "custom",
    trusted: bool = False,
    kind: Literal["ip", "entity"] = "entity",
    time: float,
) -> IndicatorList:
    """Reads a file. Of the kind `ip`, names are left out, as IPSet and ThreatIntelSet do.

    Raises `ListError` for a file that is no list of its form, too large, or too long.
    """
    if category not in CATEGORIES:
        raise ListError(f"{category} is no category of lists; there are {', '.join(sorted(CATEGORIES))}")
    if len(data) > LARGEST:
        raise ListError(f"The file has {len(data)} bytes, and a list at most {LARGEST}")
    entries = read(data, format)
    names = entries.names if kind == "entity" else ()
    most = MOST_TRUSTED if trusted else MOST_THREATS
    if len(entries.addresses) + len(names) > most:
        raise ListError(f"The list has {len(entries.addresses) + len(names)} entries, and may have {most}")
    if not entries.addresses and not names:
        raise ListError("The list holds no address")
    return IndicatorList(
        name=name,
        category=category,
        trusted=trusted,
        addresses=entries.addresses,
        names=names,
        digest=hashlib.sha256(data).hexdigest(),
        time=time,
    )

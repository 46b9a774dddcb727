"""Which kind of caller lists say an address is, in the words of finding types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from garrison.detect.context import Match

MALICIOUS, CUSTOM, TOR = "MaliciousIPCaller", "MaliciousIPCaller.Custom", "TorIPCaller"
KINDS = (MALICIOUS, CUSTOM, TOR)
_NO_THREAT = frozenset({"doh", "abused"})


def by_kind(matches: Iterable[Match]) -> dict[str, list[Match]]:
    """Entries by the kind of caller they make an address: Tor's exits, the user's own lists, everything malicious."""
    found: dict[str, list[Match]] = {}
    for match in matches:
        if match.category not in _NO_THREAT:
            kind = TOR if match.category == "tor" else CUSTOM if match.category == "custom" else MALICIOUS
            found.setdefault(kind, []).append(match)
    return found


def evidence(matches: Iterable[Match]) -> tuple[dict[str, Any], ...]:
    """`threatIntelligenceDetails` of what an address or name is on."""
    details = []
    for match in matches:
        detail: dict[str, Any] = {"threatListName": match.list_name, "threatNames": [match.category]}
        details.append(detail | ({"threatFileSha256": match.digest} if match.digest else {}))
    return tuple(details)

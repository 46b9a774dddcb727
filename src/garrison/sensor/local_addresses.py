"""Addresses the host itself has, out of /proc."""

from __future__ import annotations

import ipaddress
from pathlib import Path

_AGE = 10.0


def local_addresses(proc: Path = Path("/proc")) -> frozenset[str]:
    """Of IPv4 and IPv6, without those of 127.0.0.0/8, which are all the host's."""
    found = set()
    try:
        before = ""
        for line in (proc / "net/fib_trie").read_text().splitlines():
            text = line.strip()
            if text.startswith("/32 host LOCAL"):
                found.add(before)
            elif "-- " in text:
                before = text.rpartition("-- ")[2]
    except OSError:
        pass
    try:
        for line in (proc / "net/if_inet6").read_text().splitlines():
            found.add(str(ipaddress.ip_address(bytes.fromhex(line.split()[0]))))
    except (OSError, ValueError, IndexError):
        pass
    return frozenset(found)


class Whose:
    """Says which side of a flow is the host. Its addresses are read anew every few seconds."""

    def __init__(self, loopback: bool) -> None:
        """`loopback`: also of what the host says to itself, which then counts as sent."""
        self._loopback = loopback
        self._here = local_addresses()
        self._read = 0.0

    def refresh(self, now: float) -> None:
        """Look again, if that was a while ago."""
        if now - self._read >= _AGE:
            self._here, self._read = local_addresses(), now

    def outbound(self, source: str, destination: str) -> bool | None:
        """Whether the host sent it; None: neither side is the host, or both are and that is not wanted."""
        from_here, to_here = self._is_here(source), self._is_here(destination)
        if from_here and to_here:
            return True if self._loopback else None
        if from_here or to_here:
            return from_here
        return None

    def _is_here(self, address: str) -> bool:
        return address in self._here or address.startswith("127.")

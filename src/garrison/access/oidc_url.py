"""Which hosts are this very machine, where identity providers may be reached without TLS."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a URL's host name means this machine by itself: `localhost`, `127.0.0.0/8`, `::1`."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

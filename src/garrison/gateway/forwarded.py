"""Who is at the other end: the peer, or what a trusted proxy says of it (`aws:SourceIp`, `aws:SecureTransport`)."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

Headers = Sequence[tuple[str, str]]


class TrustedHops:
    """The proxies whose X-Forwarded-* headers are believed. Nobody else's are looked at."""

    def __init__(self, networks: Sequence[str]) -> None:
        """Raises `ValueError` for what is not an address or a CIDR."""
        self._networks = [ipaddress.ip_network(n, strict=False) for n in networks]

    def _trusted(self, address: str) -> bool:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(ip.version == n.version and ip in n for n in self._networks)

    def client(self, peer: str, secure: bool, headers: Headers) -> tuple[str, bool]:
        """Address of the client and whether it spoke TLS.

        X-Forwarded-For is read from the right: each trusted hop vouches for the address before its own, and no
        further. What a client wrote there itself stands to the left of the first hop that is not trusted.
        """
        peer = _plain(peer)
        if not self._networks or not self._trusted(peer):
            return peer, secure
        chain: list[str] = []
        proto: str | None = None
        for name, value in headers:
            if name == "x-forwarded-for":
                chain += [part.strip() for part in value.split(",")]
            elif name == "x-forwarded-proto":
                proto = value.rsplit(",", 1)[-1].strip().lower()
        address = peer
        while chain and self._trusted(address):
            candidate = chain.pop()
            try:
                address = _plain(str(ipaddress.ip_address(candidate)))
            except ValueError:
                break
        return address, proto == "https" if proto is not None else secure


def _plain(address: str) -> str:
    """An IPv4 address in its own form: a socket for both families says `::ffff:192.0.2.1`, which no policy does."""
    if not address.startswith("::"):
        return address
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return address if mapped is None else str(mapped)

"""Addresses: sets of them, and which one of a request is meant."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Iterable

from garrison.waf.parts import Parts

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MOST_FORWARDED = 10
"""Addresses of a forwarding header that position ANY looks at: the last ones. Source: developer guide."""


@functools.lru_cache(maxsize=8192)
def parse(text: str) -> Address | None:
    """An address; one of IPv4 written as IPv6 is of IPv4. None: it is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return None
        return address.ipv4_mapped or address
    return address


class AddressSet:
    """Networks, asked whether an address is in one of them: one look per length of prefix."""

    __slots__ = ("_v4", "_v6")

    def __init__(self, networks: Iterable[str]) -> None:
        """Networks in CIDR notation, or plain addresses. Raises ValueError for one that is none."""
        v4: dict[int, set[int]] = {}
        v6: dict[int, set[int]] = {}
        for text in networks:
            network = ipaddress.ip_network(text, strict=False)
            shift = network.max_prefixlen - network.prefixlen
            by_shift = v4 if network.version == 4 else v6
            by_shift.setdefault(shift, set()).add(int(network.network_address) >> shift)
        self._v4 = sorted(v4.items())
        self._v6 = sorted(v6.items())

    def __contains__(self, address: Address) -> bool:
        number = int(address)
        return any(number >> shift in networks for shift, networks in (self._v4 if address.version == 4 else self._v6))


def forwarded(parts: Parts, header: bytes, position: str) -> list[Address] | None:
    """The addresses a forwarding header gives for a position (FIRST, LAST, ANY); None if it is not well-formed.

    Source: developer guide, "Forwarded IP address": addresses separated by commas, nothing else.
    """
    texts = b",".join(parts.headers.get(header, [])).decode("latin-1").split(",")
    if position == "FIRST":
        texts = texts[:1]
    elif position == "LAST":
        texts = texts[-1:]
    else:
        texts = texts[-MOST_FORWARDED:]
    addresses = [parse(text.strip()) for text in texts]
    return [a for a in addresses if a is not None] if None not in addresses else None

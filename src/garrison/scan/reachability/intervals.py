"""Sets of whole numbers as sorted, disjoint, closed intervals: ports, and addresses of one family."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network

Intervals = tuple[tuple[int, int], ...]
"""`((22, 22), (8000, 8999))`."""
PORTS: Intervals = ((0, 65535),)
EVERY_ADDRESS: dict[int, Intervals] = {4: ((0, 2**32 - 1),), 6: ((0, 2**128 - 1),)}
_PRIVATE = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "127.0.0.0/8",
    "0.0.0.0/8",
    "224.0.0.0/3",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
    "::/127",
)


def of(pairs: Iterable[tuple[int, int]]) -> Intervals:
    """Sorted and joined."""
    made: list[tuple[int, int]] = []
    for low, high in sorted(p for p in pairs if p[0] <= p[1]):
        if made and low <= made[-1][1] + 1:
            made[-1] = (made[-1][0], max(made[-1][1], high))
        else:
            made.append((low, high))
    return tuple(made)


def both(a: Intervals, b: Intervals) -> Intervals:
    """What is in both."""
    return of((max(x[0], y[0]), min(x[1], y[1])) for x in a for y in b)


def without(a: Intervals, b: Intervals) -> Intervals:
    """What is in `a` alone."""
    left = list(a)
    for low, high in b:
        left = [p for x, y in left for p in ((x, min(y, low - 1)), (max(x, high + 1), y)) if p[0] <= p[1]]
    return of(left)


def network(text: str) -> tuple[int, Intervals]:
    """Family and addresses of `10.0.0.0/8`, `10.0.0.1`, `10.0.0.1/255.0.0.0`. Raises ValueError."""
    parsed: IPv4Network | IPv6Network = ip_network(text, strict=False)
    return parsed.version, ((int(parsed.network_address), int(parsed.broadcast_address)),)


def _private(family: int) -> Intervals:
    parsed = [network(text) for text in _PRIVATE]
    return of(pair for version, pairs in parsed if version == family for pair in pairs)


PRIVATE: dict[int, Intervals] = {4: _private(4), 6: _private(6)}
"""Addresses that nobody has on the internet."""


def has_public(addresses: Intervals, family: int) -> bool:
    """Whether any of them is somebody's on the internet."""
    return bool(without(addresses, PRIVATE[family]))

"""Which entries of many lists an address is on: ranges of numbers in order, one look each."""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class AddressRanges(Generic[T]):
    """Networks with something attached, asked what is attached to those an address is in.

    Overlapping networks are cut into ranges that do not overlap, each with all that is attached to it, so that a look
    is one binary search however many lists there are.
    """

    __slots__ = ("_tables",)

    def __init__(self, networks: Iterable[tuple[str, T]]) -> None:
        """Networks in CIDR notation (`formats.network` makes them)."""
        spans: dict[int, list[tuple[int, int, T]]] = {4: [], 6: []}
        for text, attached in networks:
            found = ipaddress.ip_network(text)
            first = int(found.network_address)
            spans[found.version].append((first, first + found.num_addresses, attached))
        self._tables = {version: _cut(each) for version, each in spans.items()}

    def at(self, address: str) -> Sequence[T]:
        """What is attached to the address; () where nothing is, or where it is no address."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return ()
        if found.version == 6 and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        starts, attached = self._tables[found.version]
        i = bisect_right(starts, int(found)) - 1
        return attached[i] if i >= 0 else ()


def _cut(spans: list[tuple[int, int, T]]) -> tuple[list[int], list[tuple[T, ...]]]:
    """Where each range starts, in order, and what is attached from there to the next start."""
    edges: dict[int, tuple[list[T], list[T]]] = {}
    for first, end, attached in spans:
        edges.setdefault(first, ([], []))[0].append(attached)
        edges.setdefault(end, ([], []))[1].append(attached)
    starts: list[int] = []
    attachments: list[tuple[T, ...]] = []
    here: list[T] = []
    for edge in sorted(edges):
        begin, finish = edges[edge]
        for each in finish:
            here.remove(each)
        here.extend(begin)
        starts.append(edge)
        attachments.append(tuple(here))
    return starts, attachments

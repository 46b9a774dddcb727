"""Connections a host has, added up: one record for each direction of each, as flow logs have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b

import msgspec

from garrison.detect.events import Flow

_INTERVAL = 60.0
"""Seconds after which a connection that goes on is told of. VPC flow logs take one minute or ten."""
_QUIET = 1.0
"""Seconds without a packet, after which one that has ended is told of."""
_UNANSWERED = 3.0
_MOST = 200_000
"""Connections at once; what comes beyond is not seen, which is said."""

FIN, SYN, RST, SYN_ACK = 1, 2, 4, 18
TCP = 6

Key = tuple[str, str, int, int, int, str]
"""Source, destination, their ports, protocol, interface."""


class Sum(msgspec.Struct):
    """What one direction of a connection had since it was last told of."""

    first: float
    last: float
    packets: int = 0
    octets: int = 0
    flags: int = 0


class Place(msgspec.Struct, frozen=True):
    """What all flows of a host have in common."""

    account: str
    region: str
    host: str


class FlowTable:
    """Adds up packets, and tells of connections that ended or went on for a while."""

    def __init__(self, place: Place, outbound: Callable[[str, str], bool | None]) -> None:
        """`outbound` says of a source and a destination whether the host sent it; None: neither is the host's."""
        self._place = place
        self._outbound = outbound
        self._sums: dict[Key, Sum] = {}
        self.overflowed = 0
        """Packets of connections that did not fit."""

    def add(self, key: Key, time: float, packets: int, octets: int, flags: int = 0) -> None:
        """Flags of TCP as flow logs have them: ACK counts only beside SYN."""
        found = self._sums.get(key)
        if found is None:
            if len(self._sums) >= _MOST:
                self.overflowed += packets
                return
            found = self._sums[key] = Sum(time, time)
        found.last = time
        found.packets += packets
        found.octets += octets
        found.flags |= flags

    def tell(self, now: float, everything: bool = False) -> list[Flow]:
        """What is to be told of by now."""
        told = [(key, found) for key, found in self._due(now, everything)]
        flows = []
        for key, found in told:
            del self._sums[key]
            flow = self._flow(key, found)
            if flow is not None:
                flows.append(flow)
        return flows

    def _due(self, now: float, everything: bool) -> Iterator[tuple[Key, Sum]]:
        for key, found in self._sums.items():
            quiet = now - found.last
            lasting = key[4] == TCP and found.packets > 1
            if (
                everything
                or now - found.first >= _INTERVAL
                or (quiet >= _UNANSWERED and not lasting)
                or (quiet >= _QUIET and (found.flags & (FIN | RST) or self._ended(key)))
            ):
                yield key, found

    def _ended(self, key: Key) -> bool:
        """The other direction ended it: the answer to a SYN may be a RST."""
        source, destination, source_port, destination_port, protocol, interface = key
        back = self._sums.get((destination, source, destination_port, source_port, protocol, interface))
        return back is not None and bool(back.flags & (FIN | RST))

    def _flow(self, key: Key, found: Sum) -> Flow | None:
        source, destination, source_port, destination_port, protocol, interface = key
        outbound = self._outbound(source, destination)
        if outbound is None:
            return None
        said = (self._place.host, *key, found.first, found.last, found.packets, found.octets)
        return Flow(
            id=blake2b(repr(said).encode(), digest_size=16).hexdigest(),
            start=found.first,
            end=found.last,
            account=self._place.account,
            region=self._place.region,
            instance=self._place.host,
            interface=interface,
            source=source,
            destination=destination,
            source_port=source_port,
            destination_port=destination_port,
            protocol=protocol,
            packets=found.packets,
            octets=found.octets,
            accepted=True,
            outbound=outbound,
            tcp_flags=found.flags if protocol == TCP else None,
        )

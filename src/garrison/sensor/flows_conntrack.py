"""Flows out of the kernel's table of connections (/proc/net/nf_conntrack), where a firewall has it kept and counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from garrison.detect.events import Flow
from garrison.sensor.flows_table import FIN, RST, SYN, SYN_ACK, TCP, FlowTable, Key
from garrison.sensor.local_addresses import Whose

_PROTOCOLS = {"tcp": TCP, "udp": 17, "icmp": 1, "icmpv6": 58}
_ENDED = frozenset({"TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "FIN_WAIT"})


class Conntrack:
    """The table, looked at again and again. Raises `OSError` where it cannot be read, or nothing counts in it."""

    method = "conntrack"
    problem = ""

    def __init__(self, table: FlowTable, whose: Whose, proc: Path = Path("/proc")) -> None:
        self._table = table
        self._whose = whose
        self._path = proc / "net/nf_conntrack"
        counted = (proc / "sys/net/netfilter/nf_conntrack_acct").read_text().strip()
        if counted != "1" or not self._path.read_text():
            raise OSError("no firewall has connections counted (net.netfilter.nf_conntrack_acct)")
        self._before: dict[Key, tuple[int, int]] = {}
        self.read(0.0)
        table.tell(0.0, everything=True)

    def read(self, now: float) -> list[Flow]:
        """Flows to be told of by now."""
        self._whose.refresh(now)
        seen: dict[Key, tuple[int, int]] = {}
        for line in self._path.read_text().splitlines():
            for key, packets, octets, flags in _directions(line):
                seen[key] = (packets, octets)
                before = self._before.get(key, (0, 0))
                if packets < before[0]:  # another connection between the same ports
                    before = (0, 0)
                if packets > before[0]:
                    self._table.add(key, now, packets - before[0], octets - before[1], flags)
        self._before = seen
        return self._table.tell(now)

    def close(self) -> None:
        pass


def _directions(line: str) -> Iterator[tuple[Key, int, int, int]]:
    """`ipv4 2 tcp 6 119 TIME_WAIT src=.. dst=.. sport=.. dport=.. packets=.. bytes=.. src=.. ...`: there, and back."""
    words = line.split()
    if len(words) < 6:
        return
    protocol = _PROTOCOLS.get(words[2], int(words[3]) if words[3].isdigit() else 0)
    ended = words[5] in _ENDED
    sides: list[dict[str, str]] = []
    for word in words[5:]:
        name, equals, value = word.partition("=")
        if not equals:
            continue
        if name == "src":
            sides.append({})
        if sides:
            sides[-1][name] = value
    answered = len(sides) > 1 and int(sides[1].get("packets", 0)) > 0
    for n, side in enumerate(sides[:2]):
        if not {"src", "dst", "packets", "bytes"} <= side.keys():
            continue
        flags = 0
        if protocol == TCP:
            flags = (
                (SYN if n == 0 else SYN_ACK) | (FIN if ended and answered else 0) | (RST if words[5] == "CLOSE" else 0)
            )
        key = (side["src"], side["dst"], int(side.get("sport", 0)), int(side.get("dport", 0)), protocol, "")
        packets = int(side["packets"])
        if packets:
            yield key, packets, int(side["bytes"]), flags

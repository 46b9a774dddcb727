"""Flows out of the host's sockets (/proc/net/tcp, udp): what anybody may see. Attempts that are refused at once are
gone before they are looked at, and nobody counts packets: only the kernel's number of failed attempts is known."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from pathlib import Path

from garrison.detect.events import Flow
from garrison.sensor.flows_table import FIN, SYN, TCP, FlowTable, Key
from garrison.sensor.local_addresses import Whose

_LISTEN, _SYN_SENT, _TIME_WAIT = "0A", "02", "06"
_KNOCK, _TALK = 1, 4
"""Packets: one of an attempt, and more than that of a connection. Nobody knows how many."""


class Sockets:
    """The sockets, looked at again and again."""

    method = "sockets"

    def __init__(self, table: FlowTable, whose: Whose, why: str, proc: Path = Path("/proc")) -> None:
        """`why`: why there is nothing better."""
        self._table = table
        self._whose = whose
        self._proc = proc
        self._why = why
        self._before = {key for key, _ in self._connections()}
        self._failed = self._failures()
        self._failing = 0

    @property
    def problem(self) -> str:
        said = f"{self._why}: connections are seen only while they last, without their size"
        return f"{said}; {self._failing} attempts failed in the last look" if self._failing else said

    def read(self, now: float) -> list[Flow]:
        """Connections that are new since the last look."""
        self._whose.refresh(now)
        seen = set()
        for key, state in self._connections():
            seen.add(key)
            if key not in self._before:
                attempt = state == _SYN_SENT
                ended = FIN if state == _TIME_WAIT else 0
                self._table.add(key, now, _KNOCK if attempt else _TALK, 0, (SYN | ended) if key[4] == TCP else 0)
        self._before = seen
        failed = self._failures()
        self._failing, self._failed = failed - self._failed, failed
        return self._table.tell(now, everything=True)

    def close(self) -> None:
        pass

    def _connections(self) -> Iterator[tuple[Key, str]]:
        """Of those where this host began, as far as a listening socket on the local port tells."""
        for name, protocol in (("tcp", TCP), ("tcp6", TCP), ("udp", 17), ("udp6", 17)):
            try:
                lines = (self._proc / "net" / name).read_text().splitlines()[1:]
            except OSError:
                continue
            rows = [line.split(maxsplit=4)[1:4] for line in lines]
            listening = {int(local.rpartition(":")[2], 16) for local, _, state in rows if state == _LISTEN}
            for local, remote, state in rows:
                (here, port), (there, remote_port) = _address(local), _address(remote)
                if state == _LISTEN or not remote_port:
                    continue
                if port in listening:
                    yield (there, here, remote_port, port, protocol, ""), state
                else:
                    yield (here, there, port, remote_port, protocol, ""), state

    def _failures(self) -> int:
        try:
            names, values = [
                line.split() for line in (self._proc / "net/snmp").read_text().splitlines() if line.startswith("Tcp:")
            ]
            return int(values[names.index("AttemptFails")])
        except (OSError, ValueError):
            return 0


def _address(text: str) -> tuple[str, int]:
    """`0100007F:1F90`: words in the machine's order."""
    digits, _, port = text.partition(":")
    words = bytes.fromhex(digits)
    data = b"".join(struct.pack("!I", word) for (word,) in struct.iter_unpack("=I", words))
    address = ipaddress.ip_address(data)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped), int(port, 16)
    return str(address), int(port, 16)

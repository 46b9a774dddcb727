"""Flows out of packets the kernel shows a privileged process (AF_PACKET): refused attempts are seen too.

Headers alone are read. Where there are more packets than can be counted, the kernel is asked for the beginnings and
ends of TCP connections only, and the octets between are told from sequence numbers.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from ipaddress import IPv6Address

from garrison.detect.events import Flow
from garrison.sensor.flows_table import FIN, RST, SYN, SYN_ACK, TCP, FlowTable, Key
from garrison.sensor.local_addresses import Whose

_ALL = 3  # ETH_P_ALL
_OUTGOING = 4  # PACKET_OUTGOING
_SOL_PACKET, _STATISTICS = 263, 6
_SO_ATTACH_FILTER = 26
_SO_TIMESTAMPNS = 35
_ANCILLARY = socket.CMSG_SPACE(16)
_HEADERS = 128
_BUDGET = 20_000
"""Packets of one look."""
_BUSY = 3
"""Looks in a row that took all of it, after which only beginnings and ends are asked for."""
_CALM = 60.0
"""Seconds after which all is asked for again."""
_BUFFER = 8 << 20
_UDP = 17

_inet_ntoa = socket.inet_ntoa
_ports = struct.Struct("!HH")
_tcp = struct.Struct("!HHI4xBB")
_when = struct.Struct("@qq")

_INTERFACE, _KIND = 0xFFFFF008, 0xFFFFF004  # SKF_AD_OFF with SKF_AD_IFINDEX, SKF_AD_PKTTYPE
_Program = tuple[tuple[int, int, int, int], ...]
"""Of the kernel's packet filter: code, jump if so, jump if not, number."""


def _but_loopback(index: int, wanted: bool) -> _Program:
    """What begins a program: none of the loopback interface, or there each packet once, as it is sent and received."""
    if wanted:
        here = ((0x20, 0, 0, _KIND), (0x15, 0, 1, _OUTGOING), (0x06, 0, 0, 0))
        return ((0x20, 0, 0, _INTERFACE), (0x15, 0, 3, index), *here)
    return ((0x20, 0, 0, _INTERFACE), (0x15, 0, 1, index), (0x06, 0, 0, 0))


_EVERYTHING: _Program = ((0x06, 0, 0, _HEADERS),)
_ENDS: _Program = (
    (0x30, 0, 0, 0),  # 0: the first octet
    (0x54, 0, 0, 0xF0),
    (0x15, 2, 0, 0x40),  # 2: IPv4 -> 5
    (0x15, 6, 0, 0x60),  # 3: IPv6 -> 10
    (0x06, 0, 0, 0),
    (0x30, 0, 0, 9),  # 5: protocol
    (0x15, 0, 7, TCP),  # 6: not TCP -> 14
    (0xB1, 0, 0, 0),  # 7: X = length of the header
    (0x50, 0, 0, 13),  # 8: flags of TCP
    (0x45, 4, 5, 0x07),  # 9: FIN, SYN or RST -> 14, else 15
    (0x30, 0, 0, 6),  # 10: next header
    (0x15, 0, 2, TCP),  # 11: not TCP -> 14
    (0x30, 0, 0, 53),  # 12: flags of TCP
    (0x45, 0, 1, 0x07),  # 13
    (0x06, 0, 0, _HEADERS),  # 14
    (0x06, 0, 0, 0),  # 15
)


class Packets:
    """A socket that sees all packets. Raises `OSError` where that is not permitted or there is no such thing."""

    method = "packets"

    def __init__(self, table: FlowTable, whose: Whose, loopback: bool) -> None:
        self._table = table
        self._whose = whose
        self._begin = _but_loopback(socket.if_nametoindex("lo"), loopback)
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ALL))
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._busy = 0
        self._ends_since = 0.0
        self._dropped = 0
        self._begun: dict[Key, int] = {}
        self._filter(_EVERYTHING)

    @property
    def problem(self) -> str:
        """What is not seen; "" while all is."""
        said = []
        if self._ends_since:
            said.append("there are more packets than can be counted: connections are seen by their beginning and end")
        if self._dropped:
            said.append(f"{self._dropped} packets came too fast and were not seen")
        if self._table.overflowed:
            said.append(f"{self._table.overflowed} packets were of more connections than are followed at once")
        return "; ".join(said)

    def read(self, now: float) -> list[Flow]:
        """Flows to be told of by now. Packets have the kernel's times, however long they waited to be looked at."""
        self._whose.refresh(now)
        left = _BUDGET
        receive = self._socket.recvmsg
        while left:
            try:
                data, told, _, where = receive(_HEADERS, _ANCILLARY)
            except BlockingIOError:
                break
            except OSError:  # an interface went down
                continue
            finally:
                left -= 1
            self._packet(data, where[0], _time(told, now))
        self._balance(left == 0, now)
        return self._table.tell(now)

    def close(self) -> None:
        self._socket.close()

    def _packet(self, data: bytes, interface: str, now: float) -> None:
        if len(data) < 20:
            return
        version = data[0] >> 4
        if version == 4:
            octets = int.from_bytes(data[2:4])
            protocol, at = data[9], (data[0] & 15) * 4
            source, destination = _inet_ntoa(data[12:16]), _inet_ntoa(data[16:20])
            if int.from_bytes(data[6:8]) & 0x1FFF:
                at = len(data)  # a later fragment: no ports
        elif version == 6 and len(data) >= 40:
            octets = int.from_bytes(data[4:6]) + 40
            protocol, at = data[6], 40
            source, destination = str(IPv6Address(data[8:24])), str(IPv6Address(data[24:40]))
        else:
            return
        source_port = destination_port = flags = 0
        if protocol == TCP and len(data) >= at + 14:
            source_port, destination_port, sequence, _, bits = _tcp.unpack_from(data, at)
            flags = bits & (FIN | RST)
            if bits & SYN:
                flags |= bits & SYN_ACK
            key = (source, destination, source_port, destination_port, protocol, interface)
            if self._ends_since:
                octets += self._between(key, sequence, bits)
        elif protocol == _UDP and len(data) >= at + 4:
            source_port, destination_port = _ports.unpack_from(data, at)
        self._table.add(
            (source, destination, source_port, destination_port, protocol, interface), now, 1, octets, flags
        )

    def _between(self, key: Key, sequence: int, bits: int) -> int:
        """Octets sent between a SYN and the end, while only those are seen."""
        if bits & SYN:
            if len(self._begun) > 100_000:
                self._begun.clear()
            self._begun[key] = sequence
            return 0
        begun = self._begun.pop(key, None)
        return 0 if begun is None else max(0, ((sequence - begun) & 0xFFFFFFFF) - 1)

    def _balance(self, full: bool, now: float) -> None:
        dropped = struct.unpack("II", self._socket.getsockopt(_SOL_PACKET, _STATISTICS, 8))[1]
        self._dropped += dropped
        self._busy = self._busy + 1 if full else 0
        if (self._busy >= _BUSY or dropped) and not self._ends_since:
            self._ends_since = now
            self._filter(_ENDS)
        elif self._ends_since and not full and now - self._ends_since > _CALM:
            self._ends_since = 0.0
            self._begun.clear()
            self._filter(_EVERYTHING)

    def _filter(self, program: _Program) -> None:
        program = (*self._begin, *program)
        code = b"".join(struct.pack("HBBI", *step) for step in program)
        buffer = ctypes.create_string_buffer(code)
        self._socket.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HL", len(program), ctypes.addressof(buffer))
        )


def _time(told: list[tuple[int, int, bytes]], now: float) -> float:
    """When the kernel saw a packet; `now` where it does not say."""
    for level, kind, data in told:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(data) == _when.size:
            seconds, nanoseconds = _when.unpack(data)
            return float(seconds + nanoseconds / 1e9)
    return now

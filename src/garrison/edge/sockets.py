"""The clients' connections as the kernel has them, and closing one of them.

The data plane has no knob for what only the kernel knows of each connection: how many one address holds, and how much
its client takes of what waits for it. The kernel tells anyone (`sock_diag(7)`), and a parent may close its child's
sockets (`pidfd_getfd(2)`): no privileges are needed.
"""

from __future__ import annotations

import contextlib
import ctypes
import ipaddress
import os
import socket
import struct
import sys
from collections.abc import Collection, Iterator
from typing import NamedTuple

SUPPORTED = sys.platform == "linux" and hasattr(os, "pidfd_open")

_DIAGNOSE = 4
_BY_FAMILY = 20
_REQUEST_DUMP = 0x301
_DONE, _ERROR = 3, 2
_INFO = 2
_STATES = 1 << 1 | 1 << 8  # established, and ended by the client alone
_GETFD = 438
_MESSAGE = struct.Struct("=IHHII")
_ABOUT = struct.Struct("=BBBB")
_PORTS = struct.Struct("!HH")
_QUEUES = struct.Struct("=II")
_COUNTS = struct.Struct("=QQ")
_libc = ctypes.CDLL(None, use_errno=True) if SUPPORTED else None


class Connection(NamedTuple):
    """One accepted connection."""

    port: int
    """The listener's."""
    source: bytes
    """Address of the client, as it is packed."""
    source_port: int
    unread: int
    """Bytes that came and were not yet read by the data plane."""
    waiting: int
    """Bytes that wait to be sent or to be acknowledged."""
    taken: int
    """Bytes the client has acknowledged, of all it was sent."""
    inode: int
    """0: it waits to be accepted."""


def address(source: bytes) -> str:
    """An address in words; IPv4 clients of IPv6 sockets are IPv4 clients."""
    found = ipaddress.ip_address(source)
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)


def connections(ports: Collection[int]) -> Iterator[Connection]:
    """Those that these ports' listeners accepted. Raises `OSError` where the kernel does not tell."""
    for family in (socket.AF_INET, socket.AF_INET6):
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _DIAGNOSE) as asking:
            asking.settimeout(1.0)
            asking.send(
                _MESSAGE.pack(72, _BY_FAMILY, _REQUEST_DUMP, 1, 0)
                + struct.pack("=BBBBI", family, socket.IPPROTO_TCP, 1 << (_INFO - 1), 0, _STATES)
                + bytes(48)
            )
            yield from _read(asking, 4 if family == socket.AF_INET else 16, ports)


def _read(asking: socket.socket, size: int, ports: Collection[int]) -> Iterator[Connection]:
    while True:
        data = asking.recv(1 << 17)
        at = 0
        while at + 16 <= len(data):
            length, kind, _, _, _ = _MESSAGE.unpack_from(data, at)
            if kind == _DONE:
                return
            if kind == _ERROR:
                raise OSError(-struct.unpack_from("=i", data, at + 16)[0], "the kernel tells nothing of connections")
            port, source_port = _PORTS.unpack_from(data, at + 20)
            if port in ports:
                unread, waiting = _QUEUES.unpack_from(data, at + 72)
                (inode,) = struct.unpack_from("=I", data, at + 84)
                source = data[at + 40 : at + 40 + size]
                taken = _taken(data, at + 88, at + length)
                yield Connection(port, source, source_port, unread, waiting, taken, inode)
            at += (length + 3) & ~3


def _taken(data: bytes, at: int, end: int) -> int:
    while at + 4 <= end:
        length, kind = struct.unpack_from("=HH", data, at)
        if kind == _INFO and length >= 4 + 136:
            taken: int = _COUNTS.unpack_from(data, at + 4 + 120)[0]
            return taken
        at += max(4, (length + 3) & ~3)
    return 0


def close(pid: int, inodes: Collection[int]) -> int:
    """Close these sockets of a process that this one started, both ways; how many were. Raises `OSError`."""
    assert _libc is not None
    wanted = {f"socket:[{inode}]" for inode in inodes}
    closed = 0
    process = os.pidfd_open(pid)
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                if os.readlink(f"/proc/{pid}/fd/{name}") not in wanted:
                    continue
            except OSError:
                continue
            number = _libc.syscall(_GETFD, process, int(name), 0)
            if number < 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            with socket.socket(fileno=number) as held:
                # A descriptor may meanwhile stand for something else.
                if f"socket:[{os.fstat(number).st_ino}]" in wanted:
                    with contextlib.suppress(OSError):
                        # What waits to be sent goes with it, when the process closes its own.
                        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        held.shutdown(socket.SHUT_RDWR)
                    closed += 1
    finally:
        os.close(process)
    return closed

"""What listens on this machine, from /proc/net, and which process it is.

proc(5): addresses are written as the machine's words, ports in hexadecimal; state 0A is LISTEN for TCP; a UDP socket
that is bound and connected to nobody has state 07 and takes from everybody. Both only of the network namespace that is
read.
"""

from __future__ import annotations

import os
import posixpath
import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

import msgspec

_FILES = (("tcp", "TCP", "0A"), ("tcp6", "TCP", "0A"), ("udp", "UDP", "07"), ("udp6", "UDP", "07"))
_WORD = "<I" if sys.byteorder == "little" else ">I"


class Process(msgspec.Struct, frozen=True):
    """Who holds a socket."""

    pid: int
    name: str
    executable: str
    """Path of its program; empty if it cannot be read."""


class Listener(msgspec.Struct, frozen=True):
    """A socket that takes what comes from others."""

    protocol: str
    """TCP or UDP."""
    address: str
    """What it is bound to; `0.0.0.0` and `::` are all of the machine's."""
    port: int
    inode: int
    process: Process | None
    """None: not to be seen (somebody else's, without root's rights), or of the kernel (NFS)."""
    dual: bool = False
    """Bound to `::`, and not to IPv6 alone as far as is known: takes IPv4 too (net.ipv6.bindv6only, which a program may
    override, is believed)."""


class Unreadable(Exception):
    """What listens cannot be seen; the text says why."""


def listeners(proc: str = "/proc") -> tuple[Listener, ...]:
    """All of them, by protocol, port and address. Raises `Unreadable` without /proc/net."""
    found = list(_sockets(proc))
    holders = _holders(proc, {inode for _, _, _, inode in found})
    dual = not _bind_v6_only(proc)
    made = {
        Listener(protocol, str(address), port, inode, holders.get(inode), dual and address == IPv6Address(0))
        for protocol, address, port, inode in found
    }
    return tuple(sorted(made, key=lambda x: (x.protocol, x.port, x.address, x.inode)))


def fingerprint(proc: str = "/proc") -> frozenset[tuple[str, str, int]]:
    """What listens, without who: cheap, to see whether anything changed."""
    return frozenset((protocol, str(address), port) for protocol, address, port, _ in _sockets(proc))


def _sockets(proc: str) -> Iterator[tuple[str, IPv4Address | IPv6Address, int, int]]:
    read = 0
    for name, protocol, state in _FILES:
        try:
            with open(f"{proc}/net/{name}", encoding="ascii", errors="replace") as file:
                lines = file.readlines()[1:]
        except FileNotFoundError:
            continue  # a kernel without IPv6
        except OSError as error:
            raise Unreadable(f"{proc}/net/{name}: {error.strerror or error}") from error
        read += 1
        for line in lines:
            fields = line.split()
            if len(fields) > 9 and fields[3] == state:
                try:
                    address, port = _address(fields[1])
                    yield protocol, address, port, int(fields[9])
                except ValueError:
                    continue
    if not read:
        raise Unreadable(f"there is no {proc}/net/tcp")


def _address(text: str) -> tuple[IPv4Address | IPv6Address, int]:
    raw, _, port = text.partition(":")
    words = [struct.pack(_WORD, int(raw[i : i + 8], 16)) for i in range(0, len(raw), 8)]
    address = ip_address(b"".join(words))
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped, int(port, 16)
    return address, int(port, 16)


def _bind_v6_only(proc: str) -> bool:
    try:
        with open(f"{proc}/sys/net/ipv6/bindv6only", encoding="ascii") as file:
            return file.read(8).strip() == "1"
    except OSError:
        return False


def _holders(proc: str, inodes: Iterable[int]) -> dict[int, Process]:
    """Which process holds each socket: the first, by pid, so that a server stands before those it forked."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes if inode}
    found: dict[int, Process] = {}
    if not wanted:
        return found
    for pid in sorted(int(name) for name in os.listdir(proc) if name.isdigit()):
        folder = f"{proc}/{pid}/fd"
        try:
            names = os.listdir(folder)
        except OSError:
            continue  # ended, or somebody else's
        process: Process | None = None
        for name in names:
            try:
                inode = wanted.get(os.readlink(posixpath.join(folder, name)))
            except OSError:
                continue
            if inode is not None and inode not in found:
                process = process or _process(proc, pid)
                found[inode] = process
        if len(found) == len(wanted):
            break
    return found


def _process(proc: str, pid: int) -> Process:
    name, executable = "", ""
    try:
        with open(f"{proc}/{pid}/comm", encoding="utf-8", errors="replace") as file:
            name = file.read(64).strip()
        with open(f"{proc}/{pid}/cmdline", "rb") as arguments:
            name = _ours(arguments.read(4096).decode("utf-8", "replace").split("\0")) or name
        executable = os.readlink(f"{proc}/{pid}/exe").removesuffix(" (deleted)")
    except OSError:
        pass
    return Process(pid, name, executable)


def _ours(arguments: list[str]) -> str:
    """Which part of Garrison a command line starts; empty: none."""
    if any(a.endswith("edge/envoy/bootstrap.json") for a in arguments):
        return "garrison edge (envoy)"
    if any(a.startswith("garrison.edge.") for a in arguments):
        return "garrison edge"
    return "garrison" if "garrison.cli.main" in arguments else ""


def addresses() -> tuple[str, ...]:
    """Addresses of this machine's interfaces, loopback not among them, as /proc/net shows them (IPv6: if_inet6; IPv4:
    the local ones of fib_trie)."""
    made: list[str] = []
    try:
        with open("/proc/net/fib_trie", encoding="ascii") as file:
            last = ""
            for line in file:
                text = line.strip()
                if text.startswith("|--"):
                    last = text[3:].strip()
                elif text.startswith("/32 host LOCAL") and last and last not in made:
                    made.append(last)
    except OSError:
        made += _by_name()
    try:
        with open("/proc/net/if_inet6", encoding="ascii") as file:
            made += [str(IPv6Address(bytes.fromhex(line.split()[0]))) for line in file]
    except (OSError, ValueError, IndexError):
        pass
    return tuple(a for a in dict.fromkeys(made) if not ip_address(a).is_loopback and not ip_address(a).is_link_local)


def _by_name() -> list[str]:
    try:
        return sorted({str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)})
    except OSError:
        return []

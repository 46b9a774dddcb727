"""Ports of this machine for listeners that AWS would give an address of their own.

Port 80 needs rights most people lack, and every load balancer has one. So a listener gets a port of this machine when
it is made and keeps it until it is deleted: its own number if that is 1024 or higher, else 8000 more (80 -> 8080,
443 -> 8443); if that is taken, the next one that is free. With a range given (`--edge-ports`), the first that
is free in it.
"""

from __future__ import annotations

import socket
from pathlib import Path

import msgspec

from garrison.store import Reader, Transaction

_SPACE = "edge.port"
_SHIFT = 8000
_PRIVILEGED = 1024


class Edge(msgspec.Struct, frozen=True):
    """How the edge of one Garrison is set up."""

    host: str = "127.0.0.1"
    """The address its listeners have."""
    ports: tuple[int, int] | None = None
    """First and last port to choose from; None: see above."""
    directory: Path | None = None
    """Where it keeps configuration, records and certificates."""
    instances: dict[str, str] = {}
    """Where the application of an EC2 instance is: instance id -> host of this network. Others are on this machine."""


class NoPort(Exception):
    """Every port there is to choose from is taken."""


def take_port(tx: Transaction, edge: Edge, public: int, owner: str) -> int:
    """Give `owner` (an ARN, or any unique text) a port of this machine that is like `public`. Raises `NoPort`."""
    if edge.ports is None:
        first = public if public >= _PRIVILEGED else public + _SHIFT
        candidates = range(first, min(first + 1000, 65536))
    else:
        candidates = range(edge.ports[0], edge.ports[1] + 1)
    for port in candidates:
        if tx.lookup(_SPACE, str(port)) is None and _free(edge.host, port):
            tx.set_lookup(_SPACE, str(port), owner)
            return port
    raise NoPort(f"no port between {candidates[0]} and {candidates[-1]} is free")


def give_port_back(tx: Transaction, port: int) -> None:
    """The port is free for others."""
    tx.delete_lookup(_SPACE, str(port))


def port_owner(reader: Reader, port: int) -> str | None:
    """Whose port it is."""
    return reader.lookup(_SPACE, str(port))


def local_address(edge: Edge, port: int, *, tls: bool) -> str:
    """Where clients on this machine find it: `http://127.0.0.1:8080`."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(edge.host, edge.host)  # noqa: S104
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def _free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True

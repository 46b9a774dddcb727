"""An inspector's part: how many requests there were, and samples of them, told twice a second.

Told by datagrams to the edge's own process, which may be busy or gone: what it does not take is lost, never waited for.
The other way comes a file: how suspicious requests are to whatever is attacked (see `garrison.shield.suspicion`).
"""

from __future__ import annotations

import contextlib
import logging
import random
import socket
import threading
from pathlib import Path
from typing import NamedTuple

import msgspec

from garrison.shield.attributes import attributes
from garrison.shield.slices import Sample, Slice
from garrison.shield.suspicion import Suspicion
from garrison.waf import Request
from garrison.waf.state import Locate

log = logging.getLogger("garrison.edge")

SOCKET = "floods.sock"
ATTACKED = "attacked.msgpack"
"""Resource id, as WAF's logs have it, -> `Suspicion` or None."""
SAMPLED = 250
"""Requests of a resource and half a second that are told in full."""
_EVERY = 0.5
_BUFFER = 1 << 20

_decode = msgspec.msgpack.Decoder(dict[str, Suspicion | None])


class _Part:
    __slots__ = ("refused", "requests", "samples", "size")

    def __init__(self) -> None:
        self.requests = 0
        self.refused = 0
        self.size = 0
        self.samples: list[tuple[Request, bool]] = []


class Attacked(NamedTuple):
    """What is attacked, as the watcher said last: WAF's `Floods`."""

    by_id: dict[str, Suspicion | None]
    locate: Locate

    def attacked(self, resource: str) -> bool:
        """Whether the resource of that id is."""
        return resource in self.by_id

    def suspicion(self, request: Request) -> str | None:
        """`high`, `medium` or `low`, or None, of a request to it."""
        model = self.by_id.get(request.resource.id)
        if model is None:
            return None
        return model.level(attributes(request, request.location or self.locate(request.source_ip)))


class Observer:
    """`note()` on the event loop costs an append; a thread of its own does the rest. Paths are in `directory`."""

    def __init__(self, directory: Path, locate: Locate) -> None:
        # Relative names: those of Unix sockets may be a hundred characters long.
        self._socket_path = _short(directory / SOCKET)
        self._attacked_path = directory / ATTACKED
        self._locate = locate
        self._parts: dict[tuple[str, int], _Part] = {}
        self._seen: tuple[int, int] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="garrison-observe", daemon=True)
        self.attacked = Attacked({}, locate)
        """Replaced whole, never changed."""

    def start(self) -> None:
        """Begin to tell."""
        self._thread.start()

    def stop(self) -> None:
        """Tell what waits, and end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def note(self, site: str, request: Request, refused: bool, now: float) -> None:
        """A request was judged."""
        key = (site, int(now))
        part = self._parts.get(key)
        if part is None:
            part = self._parts[key] = _Part()
        part.requests += 1
        part.refused += refused
        part.size += len(request.body)
        if len(part.samples) < SAMPLED:
            part.samples.append((request, refused))
        else:
            place = int(random.random() * part.requests)  # noqa: S311 - a sample, not a secret
            if place < SAMPLED:
                part.samples[place] = (request, refused)

    def _run(self) -> None:
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        told.setblocking(False)
        with contextlib.suppress(OSError):
            told.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        with told:
            ending = False
            while not ending:
                ending = self._stop.wait(_EVERY)
                try:
                    self._listen()
                    self._tell(told)
                except Exception:
                    log.exception("what was seen of the traffic could not be told")

    def _tell(self, told: socket.socket) -> None:
        parts, self._parts = self._parts, {}
        for (site, second), part in parts.items():
            samples = [
                Sample(attributes(request, request.location or self._locate(request.source_ip)), refused)
                for request, refused in part.samples
            ]
            slice_ = Slice(site, second, part.requests, part.refused, part.size, samples)
            while True:
                message = msgspec.msgpack.encode(slice_)
                if len(message) < _BUFFER // 8 or not slice_.samples:
                    break
                slice_.samples = random.sample(slice_.samples, len(slice_.samples) // 2)
            with contextlib.suppress(OSError):
                told.sendto(message, self._socket_path)

    def _listen(self) -> None:
        try:
            stat = self._attacked_path.stat()
        except FileNotFoundError:
            return
        seen = (stat.st_mtime_ns, stat.st_ino)
        if seen == self._seen:
            return
        self._seen = seen
        self.attacked = Attacked(_decode.decode(self._attacked_path.read_bytes()), self._locate)


def _short(path: Path) -> str:
    """Relative to where the process is, which in the edge's processes is the directory itself."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)

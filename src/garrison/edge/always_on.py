"""The protection that Envoy has no knob for: connections a source holds, slow bodies, slow readers, and how full it is.

Four times a second (less often when a look takes long) the clients' connections are looked at as the kernel has them.
What holds more than it may, or moves less than it must, is closed; how much is taken is told to the data plane, which
closes idle connections the sooner the fuller it is.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from garrison.edge import sockets
from garrison.edge.limits import Limits
from garrison.edge.sockets import Connection

log = logging.getLogger("garrison.edge")

INTERVAL = 0.25
_SHARE = 0.1
"""Of one core: no more than this goes into looking."""
_LITTLE = 4096
"""Bytes under way that say nothing of their reader: an event or a frame of a connection that is mostly silent."""
_LONG = 1 << 20
_LATEST = 1 << 62

Underway = tuple[int, bytes, int]
"""Listener's port, client's address (packed) and port."""


class AlwaysOn:
    """`look()` again and again. It blocks for milliseconds: not for the event loop."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._tick = 0
        self._known: dict[Underway, int] = {}
        """connection -> the look at which it was there first"""
        self._stalled: dict[int, tuple[float, int]] = {}
        """inode -> since when something waits for its client, and what it had taken then"""
        self._read = 0
        self.closed: Counter[str] = Counter()
        """Connections that were closed, by the reason."""
        self.problem: str | None = None
        """Why it cannot protect."""

    def look(self, pid: int, ports: Collection[int], underway: Path | None) -> float:
        """Look once at what the data plane's process holds; how full it is, from 0 to 1."""
        try:
            held = list(sockets.connections(ports))
            pressure = min(1.0, len(held) / max(1, self._limits.connections))
            reasons = self._too_many(held) | self._slow_readers(held, pressure, time.monotonic())
            if underway is not None and self._limits.body_rate:
                reasons |= self._slow_bodies(held, set(self._said(underway)))
            if reasons:
                sockets.close(pid, reasons)
        except OSError as e:
            self._cannot(f"limits per source and of slow readers are not held: {e.strerror or e}")
            return 0.0
        self.problem = None
        if reasons:
            new = Counter(reasons.values())
            self.closed += new
            log.warning("closed %s", ", ".join([f"{count} ({reason})" for reason, count in new.items()]))
        return pressure

    def _cannot(self, why: str) -> None:
        if self.problem != why:
            log.error("%s", why)
        self.problem = why

    def _too_many(self, held: list[Connection]) -> dict[int, str]:
        """The newest of each source that has more than it may.

        A connection that the data plane has yet to accept has no inode (0), but is there, and is of some age: it is
        known by its ends, counts, and can be closed once it is accepted.
        """
        self._tick += 1
        self._known = {ends: self._known.get(ends, self._tick) for ends in map(_ends, held)}
        most = self._limits.connections_per_source
        if not most:
            return {}
        by_source: dict[tuple[int, bytes], list[Connection]] = defaultdict(list)
        for one in held:
            by_source[one.port, one.source].append(one)
        found: dict[int, str] = {}
        for ones in by_source.values():
            if len(ones) > most:
                # Of those that came between two looks, the higher inode is the later one; none is the latest.
                ones.sort(key=lambda one: (self._known[_ends(one)], one.inode or _LATEST))
                found |= {one.inode: "too many of one source" for one in ones[most:] if one.inode}
        return found

    def _slow_readers(self, held: list[Connection], pressure: float, now: float) -> dict[int, str]:
        """Those that for long have taken next to nothing of what waits for them. The fuller it is, the sooner."""
        rate = self._limits.read_rate
        grace = self._limits.read_grace * (1 - 0.9 * max(0.0, pressure - 0.5) * 2)
        stalled, found = {}, {}
        for one in held:
            if one.waiting < _LITTLE or not rate or not one.inode:
                continue
            since, taken = self._stalled.get(one.inode, (now, one.taken))
            if now - since >= grace:
                if one.taken - taken < rate * (now - since):
                    found[one.inode] = "slow reader"
                    continue
                since, taken = now, one.taken
            stalled[one.inode] = (since, taken)
        self._stalled = stalled
        return found

    def _slow_bodies(self, held: list[Connection], slow: set[Underway]) -> dict[int, str]:
        # What came and was not read waits for the application, not for the client.
        return {
            one.inode: "slow body"
            for one in held
            if (one.port, one.source[-4:] if _mapped(one.source) else one.source, one.source_port) in slow
            and not one.unread
            and one.inode
        }

    def _said(self, path: Path) -> Iterator[Underway]:
        """The clients of slow bodies, of what the data plane has said since."""
        try:
            with open(path, "r+b") as file:
                size = os.fstat(file.fileno()).st_size
                if size < self._read:
                    self._read = 0
                file.seek(self._read)
                data = file.read(_LONG)
                end = data.rfind(b"\n") + 1
                self._read += end
                if size > _LONG and self._read == size:
                    file.truncate(0)
                    self._read = 0
        except FileNotFoundError:
            return
        for line in data[:end].splitlines():
            found = slow_body(msgspec.json.decode(line), self._limits)
            if found is not None:
                yield found


def slow_body(said: Mapping[str, Any], limits: Limits) -> Underway | None:
    """Whose body comes too slowly, of a request under way; None: nobody's."""
    if isinstance(said.get("request_ms"), int) or said.get("method") == "CONNECT":
        return None  # all of it is here
    if said.get("upgrade") not in (None, "-", "") or str(said.get("content_type")).startswith("application/grpc"):
        return None  # a conversation, in which silence is nothing strange
    seconds = int(said["duration_ms"]) / 1000
    if seconds < limits.body_grace or int(said["received_bytes"]) >= limits.body_rate * seconds:
        return None
    host, _, port = str(said["client"]).rpartition(":")
    return int(said["port"]), ipaddress.ip_address(host.strip("[]")).packed, int(port)


def _ends(one: Connection) -> Underway:
    return one.port, one.source, one.source_port


def _mapped(source: bytes) -> bool:
    return len(source) == 16 and source.startswith(bytes(10) + b"\xff\xff")


def pause(took: float) -> float:
    """Seconds until the next look, after one that took `took`."""
    return max(INTERVAL, took / _SHARE)

"""Clients in numbers: connections of many addresses of this machine, at a rate, with whatever requests are wanted."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

AGENTS = tuple(f"Mozilla/5.0 (X11; Linux x86_64; rv:{n}.0) Gecko/20100101 Firefox/{n}.0" for n in range(120, 126))
PATHS = tuple(f"/shop/{number}" for number in range(12))


def request(path: str, *headers: str, method: str = "GET") -> bytes:
    """A request's bytes."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "host: shop.example.com", *headers, "", ""]).encode()


def person(rng: random.Random) -> bytes:
    """What people's browsers send."""
    path = rng.choice(PATHS[: rng.randrange(1, len(PATHS) + 1)])
    return request(
        path, f"user-agent: {rng.choice(AGENTS)}", "accept: text/html", "accept-language: en", "accept-encoding: gzip"
    )


class Crowd:
    """`with Crowd(url, 10, rate=20, ask=person, network="127.0.1") as crowd: ...`; `crowd.seen` is what came of it."""

    def __init__(
        self,
        url: str,
        sources: int,
        *,
        rate: float,
        ask: Callable[[random.Random], bytes],
        network: str,
        addresses: int = 250,
        seed: int = 1,
    ) -> None:
        """`sources` connections, each of the next of so many addresses of a network."""
        place = urlsplit(url)
        self._host, self._port = place.hostname or "", place.port or 80
        self._sources = sources
        self._gap = sources / rate
        self._ask = ask
        self._network = network
        self._addresses = min(250, addresses)
        self._rng = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self.seen: list[tuple[float, int, float]] = []
        """(when it was asked, status or 0, seconds it took)"""

    def __enter__(self) -> Crowd:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join(15)

    def share(self, *statuses: int, since: float = 0.0, until: float = float("inf")) -> float:
        """Share of the requests asked between two times that were answered so."""
        asked = [status for when, status, _ in self.seen if since <= when < until]
        return sum(status in statuses for status in asked) / max(1, len(asked))

    def count(self, since: float = 0.0, until: float = float("inf")) -> int:
        """How many were asked."""
        return sum(since <= when < until for when, _, _ in self.seen)

    def p99(self, since: float = 0.0, until: float = float("inf")) -> float:
        """Seconds that 99 of 100 took at most."""
        took = sorted(seconds for when, status, seconds in self.seen if since <= when < until and status)
        return took[int(0.99 * (len(took) - 1))] if took else 0.0

    async def _run(self) -> None:
        await asyncio.gather(*[self._source(number) for number in range(self._sources)])

    async def _source(self, number: int) -> None:
        address = f"{self._network}.{number % self._addresses + 1}"
        await asyncio.sleep(self._rng.random() * self._gap)
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        due = time.monotonic()
        while not self._stop.is_set():
            began = time.monotonic()
            status = 0
            try:
                if streams is None:
                    streams = await asyncio.open_connection(self._host, self._port, local_addr=(address, 0))
                streams[1].write(self._ask(self._rng))
                status = await asyncio.wait_for(_answer(streams[0]), 10)
            except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
                if streams is not None:
                    streams[1].close()
                streams = None
            self.seen.append((began, status, time.monotonic() - began))
            due = max(due + self._gap, time.monotonic() - 1)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        if streams is not None:
            streams[1].close()
            with contextlib.suppress(OSError):
                await streams[1].wait_closed()


async def _answer(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head.split(b" ", 2)[1])
    place = head.find(b"content-length:")
    if place >= 0:
        await reader.readexactly(int(head[place + 15 : head.index(b"\r\n", place)]))
    elif b"transfer-encoding: chunked" in head:
        while size := int((await reader.readline()).strip() or b"0", 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return status

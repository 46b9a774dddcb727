"""One HTTP/1.1 connection to an upstream: a request out, a response in, both with back-pressure."""

from __future__ import annotations

import asyncio
from collections import deque

import httptools

HIGH_WATER = 256 * 1024
"""Bytes of a response that may wait for the client before the upstream is told to wait too."""
MAX_HEAD = 128 * 1024

Headers = list[tuple[bytes, bytes]]


class Broken(Exception):
    """The connection ended, or what came over it is not HTTP."""


class Connection(asyncio.Protocol):
    """Carries one exchange at a time. `reusable` says whether another may follow."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport | None = None
        self.reusable = True
        self.idle_since = 0.0
        self._writable: asyncio.Future[None] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._write_paused = False
        self._reading_paused = False
        self._lost: Exception | None = None
        self._begin(False)

    def _begin(self, head_only: bool) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._head_only = head_only
        self.status = 0
        self.headers: Headers = []
        self.headers_done = False
        self.complete = False
        self.begun = False
        self._chunks: deque[bytes] = deque()
        self._buffered = 0
        self._head_size = 0
        self._framed = False

    # What the application does

    @property
    def closed(self) -> bool:
        """Whether the connection can carry nothing any more."""
        return self._lost is not None or self.transport is None or self.transport.is_closing()

    @property
    def congested(self) -> bool:
        """Whether the upstream is slower than we are: wait for `drained` before sending more."""
        return self._write_paused

    def start(self, data: bytes, *, head_only: bool = False) -> None:
        """Begin an exchange: request line, headers, and whatever of the body is at hand."""
        self._begin(head_only)
        self.send(data)

    def send(self, data: bytes) -> None:
        """Send more of the body."""
        if self._lost is not None or self.transport is None:
            raise Broken(str(self._lost or "not connected"))
        self.transport.write(data)

    async def drained(self) -> None:
        """Wait until more may be sent, or until the upstream has answered or gone."""
        while self._write_paused and not self.headers_done and self._lost is None:
            self._writable = self._loop.create_future()
            await self._writable

    async def head(self) -> None:
        """Wait for status and headers. Raises `Broken`."""
        while not self.headers_done:
            await self._more()

    async def read(self) -> bytes:
        """The next part of the body; empty at its end. Raises `Broken` if it ends too soon."""
        while not self._chunks:
            if self.complete:
                return b""
            await self._more()
        data = self._chunks.popleft() if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._buffered = 0
        if self._reading_paused and self.transport is not None:
            self._reading_paused = False
            self.transport.resume_reading()
        return data

    def abort(self) -> None:
        """Break the connection off, so that the upstream sees an unfinished request."""
        self.reusable = False
        if self.transport is not None:
            self.transport.abort()

    def close(self) -> None:
        """Close an idle connection."""
        self.reusable = False
        if self.transport is not None:
            self.transport.close()

    async def _more(self) -> None:
        if self._lost is not None:
            raise Broken(str(self._lost) or type(self._lost).__name__)
        self._waiter = self._loop.create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        if (self.headers_done or self._lost is not None) and self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    # What the transport says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self.begun = True
        if self.complete:
            # Bytes nobody asked for: whatever follows cannot be told apart from the next answer.
            self.abort()
            return
        if not self.headers_done:
            self._head_size += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as e:
            self._fail(Broken(f"the upstream's answer is not HTTP: {e}"))
            return
        if not self.headers_done and self._head_size > MAX_HEAD:
            self._fail(Broken("the upstream's headers are too large"))
            return
        self._wake()

    def eof_received(self) -> bool:
        if self.headers_done and not self.complete and not self._framed:
            # A body without a length ends with the connection.
            self.complete = True
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.eof_received()
        self.reusable = False
        if self._lost is None:
            self._lost = exc or Broken("the upstream closed the connection")
        self._wake()

    def pause_writing(self) -> None:
        self._write_paused = True

    def resume_writing(self) -> None:
        self._write_paused = False
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    def _fail(self, error: Exception) -> None:
        self._lost = error
        self.abort()
        self._wake()

    # What the parser says

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in (b"content-length", b"transfer-encoding"):
            self._framed = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            return
        self.status = status
        self.headers_done = True
        if not self._parser.should_keep_alive():
            self.reusable = False
        if self._head_only or status in (204, 304):
            self.complete = True

    def on_body(self, data: bytes) -> None:
        self._chunks.append(data)
        self._buffered += len(data)
        if self._buffered > HIGH_WATER and not self._reading_paused and self.transport is not None:
            self._reading_paused = True
            self.transport.pause_reading()

    def on_message_complete(self) -> None:
        if not self.headers_done:
            # An interim answer (100-continue); the real one follows.
            self.headers = []
            self._framed = False
            return
        self.complete = True

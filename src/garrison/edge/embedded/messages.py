"""HTTP/1.1 messages as they come in on a stream: head, then body, piece by piece."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any

import httptools

MOST_HEAD = 64 * 1024
MOST_HEADERS = 200


class Bad(Exception):
    """What came is no message of HTTP/1.1, or too much of one. `status` is what a client is told."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Gone(Exception):
    """The other side ended in the middle of a message."""


class Head:
    """Request line or status line, and headers in the order they came."""

    __slots__ = ("headers", "keep_alive", "method", "status", "target", "upgrade", "version")

    def __init__(self) -> None:
        self.method = b""
        self.target = b""
        self.status = 0
        self.version = "1.1"
        self.headers: list[tuple[bytes, bytes]] = []
        """Names as they were written."""
        self.keep_alive = True
        self.upgrade = False

    def get(self, name: bytes) -> bytes | None:
        """The first header of a lower-case name."""
        return next((value for key, value in self.headers if key.lower() == name), None)


_END = object()


class Messages:
    """Messages of one connection: `await head()`, then `await body()` until it is empty, and again."""

    def __init__(
        self, reader: asyncio.StreamReader, *, responses: bool = False, least: tuple[float, float] = (0, 0)
    ) -> None:
        self._reader = reader
        self._parser: Any = (httptools.HttpResponseParser if responses else httptools.HttpRequestParser)(self)
        self._responses = responses
        self._events: deque[object] = deque()
        self._head = Head()
        self._size = 0
        self._rate, self._grace = least
        self._waited = 0.0
        self._came = 0
        self._begun, self._given = 0, 0
        """Messages that have begun to come, and those whose head was asked for and given."""
        self._in_body = False
        self.rest = b""
        """What came after a request to change protocols."""
        self.ended = False

    def on_message_begin(self) -> None:
        self._head = Head()
        self._begun += 1
        self._size = 0
        self._waited, self._came = 0.0, 0

    def on_url(self, url: bytes) -> None:
        self._head.target += url
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head.headers.append((name, value))
        self._count(len(name) + len(value) + 4)

    def _count(self, more: int) -> None:
        self._size += more
        if self._size > MOST_HEAD or len(self._head.headers) > MOST_HEADERS:
            raise Bad(431, "the head is too large")

    def on_headers_complete(self) -> None:
        head = self._head
        head.version = self._parser.get_http_version()
        head.keep_alive = self._parser.should_keep_alive()
        if self._responses:
            head.status = self._parser.get_status_code()
        else:
            head.method = self._parser.get_method()
            head.upgrade = bool(self._parser.should_upgrade())
        self._events.append(head)

    def on_body(self, body: bytes) -> None:
        self._events.append(body)

    def on_message_complete(self) -> None:
        self._events.append(_END)

    async def _next(self) -> object:
        while not self._events:
            await self._more()
        return self._events.popleft()

    async def _more(self) -> None:
        data = await self._read()
        if not data:
            self.ended = True
            raise Gone
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as e:
            self.rest = data[e.args[0] :]
            if self._events and self._events[-1] is not _END:
                self._events.append(_END)
        except httptools.HttpParserCallbackError as e:
            if isinstance(e.__context__, Bad):
                raise e.__context__ from None
            raise Bad(400, str(e)) from None
        except httptools.HttpParserError as e:
            raise Bad(400, str(e)) from None

    async def _read(self) -> bytes:
        """What comes next. A body that comes more slowly than it may is given up, with 408."""
        if not self._rate or not self._in_body:
            return await self._reader.read(65536)
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._grace + self._came / self._rate - self._waited):
                data = await self._reader.read(65536)
        except TimeoutError:
            raise Bad(408, "the body comes too slowly") from None
        self._waited += time.monotonic() - began
        self._came += len(data)
        return data

    async def begun(self) -> None:
        """Wait for the first byte of the next message. Raises `Bad` and `Gone`."""
        while self._begun <= self._given:
            await self._more()

    async def head(self) -> Head | None:
        """The next message's head; None if there is none to come. Raises `Bad`."""
        self._given += 1
        try:
            found = await self._next()
        except Gone:
            return None
        if not isinstance(found, Head):
            raise Bad(400, "a head was expected")
        return found

    async def body(self) -> bytes:
        """The next piece of the body; empty at its end. Raises `Gone` and `Bad`."""
        self._in_body = True
        try:
            found = await self._next()
        finally:
            self._in_body = False
        return b"" if found is _END else bytes(found)  # type: ignore[call-overload]

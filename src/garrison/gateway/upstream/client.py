"""Exchanges with upstreams over pooled connections."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections import defaultdict
from collections.abc import AsyncIterator

from garrison.gateway.upstream.connection import Broken, Connection, Headers
from garrison.gateway.upstream.origin import Origin

log = logging.getLogger("garrison.upstream")

IDLE_SECONDS = 15.0
IDLE_CONNECTIONS = 64
"""Kept for each upstream."""


class Unreachable(Exception):
    """The upstream cannot be reached, or went away before it answered."""


class Overdue(Exception):
    """The upstream did not answer in time."""


class Answer:
    """A response whose body is still to come."""

    def __init__(self, client: Client, origin: Origin, connection: Connection) -> None:
        self._client = client
        self._origin = origin
        self._connection = connection
        self.status = connection.status
        self.headers: Headers = connection.headers
        self._peeked = b""

    @property
    def arrived(self) -> bool:
        """Whether the whole body is here already."""
        return self._connection.complete

    async def read(self) -> bytes:
        """The next part of the body; empty at its end. Raises `Unreachable` or `Overdue`."""
        if self._peeked:
            peeked, self._peeked = self._peeked, b""
            return peeked
        return await self._next()

    async def peek(self, limit: int) -> bytes:
        """The beginning of the body, up to about `limit` bytes, which `read` gives again."""
        while len(self._peeked) < limit and (part := await self._next()):
            self._peeked += part
        return self._peeked

    async def _next(self) -> bytes:
        connection = self._connection
        if connection.complete:
            try:
                return await connection.read()
            except Broken:  # pragma: no cover - complete bodies do not break
                return b""
        try:
            async with asyncio.timeout(self._client.timeout):
                return await connection.read()
        except TimeoutError:
            raise Overdue from None
        except Broken as e:
            raise Unreachable(str(e)) from None

    async def body(self, limit: int) -> bytes:
        """The whole body. Raises `Unreachable` if it is longer than `limit`."""
        parts: list[bytes] = []
        size = 0
        while part := await self.read():
            parts.append(part)
            size += len(part)
            if size > limit:
                raise Unreachable("the answer is too long")
        return b"".join(parts)

    def replace(self, body: bytes) -> None:
        """Put another body in place of one that was read to its end."""
        self._peeked = body
        self.headers = [(name, value) for name, value in self.headers if name != b"content-length"]

    def abandon(self) -> None:
        """Break it off."""
        self._connection.abort()

    def done(self) -> None:
        """Give the connection back, or break it off if the body was not read to its end."""
        self._client._release(self._origin, self._connection)


class Client:
    """Connections to every upstream of one process."""

    def __init__(self, timeout: float, connect_timeout: float = 5.0) -> None:
        self.timeout = timeout
        self._connect_timeout = connect_timeout
        self._idle: defaultdict[Origin, list[Connection]] = defaultdict(list)
        self._tls: ssl.SSLContext | None = None

    async def exchange(
        self,
        origin: Origin,
        head: bytes,
        body: bytes | AsyncIterator[bytes],
        *,
        head_only: bool = False,
        repeatable: bool = False,
    ) -> Answer:
        """Send a request and wait for the head of its answer. Raises `Unreachable` or `Overdue`.

        `head` is request line and headers with the empty line. A kept connection may turn out to be closed by the other
        side; only a `repeatable` request is then sent again. What `body` raises breaks the request off.
        """
        connection, fresh = await self._take(origin)
        try:
            try:
                return await self._send(origin, connection, head, body, head_only)
            except Broken as e:
                if fresh or not repeatable or connection.begun or not isinstance(body, bytes):
                    raise Unreachable(str(e)) from None
            connection = await self._connect(origin)
            try:
                return await self._send(origin, connection, head, body, head_only)
            except Broken as e:
                raise Unreachable(str(e)) from None
        except BaseException:
            connection.abort()
            raise

    async def _send(
        self, origin: Origin, connection: Connection, head: bytes, body: bytes | AsyncIterator[bytes], head_only: bool
    ) -> Answer:
        if isinstance(body, bytes):
            connection.start(head + body if body else head, head_only=head_only)
        else:
            connection.start(head, head_only=head_only)
            async for piece in body:
                if connection.headers_done:
                    # It has answered without reading on: what is left of the body has nowhere to go.
                    connection.reusable = False
                    break
                connection.send(piece)
                if connection.congested:
                    try:
                        async with asyncio.timeout(self.timeout):
                            await connection.drained()
                    except TimeoutError:
                        raise Overdue from None
        try:
            async with asyncio.timeout(self.timeout):
                await connection.head()
        except TimeoutError:
            raise Overdue from None
        return Answer(self, origin, connection)

    async def _take(self, origin: Origin) -> tuple[Connection, bool]:
        idle = self._idle[origin]
        oldest = time.monotonic() - IDLE_SECONDS
        while idle:
            connection = idle.pop()
            if connection.closed:
                continue
            if connection.idle_since < oldest:
                connection.close()
                continue
            return connection, False
        return await self._connect(origin), True

    async def _connect(self, origin: Origin) -> Connection:
        if origin.secure and self._tls is None:
            self._tls = ssl.create_default_context()
        try:
            async with asyncio.timeout(self._connect_timeout):
                _, connection = await asyncio.get_running_loop().create_connection(
                    Connection, origin.host, origin.port, ssl=self._tls if origin.secure else None
                )
        except (OSError, TimeoutError) as e:
            raise Unreachable(f"{origin.url}: {e or type(e).__name__}") from None
        return connection

    def _release(self, origin: Origin, connection: Connection) -> None:
        idle = self._idle[origin]
        if not connection.complete:
            connection.abort()
        elif not connection.reusable or connection.closed or len(idle) >= IDLE_CONNECTIONS:
            connection.close()
        else:
            connection.idle_since = time.monotonic()
            idle.append(connection)

    def close(self) -> None:
        """Close every idle connection."""
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
            idle.clear()

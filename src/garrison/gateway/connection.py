"""One HTTP connection, with limits on what a client may send and how long it may take.

uvicorn's own protocol puts no bound on the size of headers, and waits without end for a request to become complete.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any, ClassVar, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from garrison.gateway.direct import Direct, Exchange, encoded, go_on

log = logging.getLogger("garrison.http")

MAX_HEADER_BYTES = 64 * 1024
MAX_HEADERS = 200
MAX_TARGET = 16 * 1024
"""Bytes of a request target (path and query): presigned URLs with session tokens are long."""

_WHOLE_BODY = 10
"""A whole body may take this many times as long as the wait for its next part."""

_TOO_LARGE = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


class Limits:
    """The clock and the counts that connections of one process are held to."""

    def __init__(self, *, connections: int, header_timeout: float, body_timeout: float) -> None:
        self.connections = connections
        self.header_timeout = header_timeout
        self.body_timeout = body_timeout

    def overdue(self, connection: Connection, now: float) -> bool:
        """Whether a client has kept us waiting too long."""
        since = connection.waiting_since
        if since is None:
            return False
        if connection.in_head:
            return now - since > self.header_timeout
        if connection.flow.read_paused:
            return False  # it is not the client that is slow
        if connection.streams:
            return now - since > self.body_timeout
        return now - since > self.body_timeout or now - connection.body_since > self.body_timeout * _WHOLE_BODY


class _Cycle(RequestResponseCycle):
    """One request and its answer. A whole answer is written in one piece: uvicorn's two writes are two system calls."""

    _head: dict[str, Any] | None = None

    async def send(self, message: Any) -> None:
        """Take a part of the answer from the application."""
        head = self._head
        if head is None:
            if message["type"] == "http.response.start" and not self.response_started:
                self._head = message
                return
            await super().send(message)
            return
        self._head = None
        if message.get("more_body") or self.flow.write_paused:
            await super().send(cast("Any", head))
            await super().send(message)
        elif not self.disconnected:
            self._write(head, message.get("body", b""))

    def _write(self, head: dict[str, Any], body: bytes) -> None:
        content = [STATUS_LINE[head["status"]]]
        for name, value in (*self.default_headers, *head["headers"]):
            if HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
                raise RuntimeError("Invalid HTTP header.")
            if name == b"connection" and value.lower() == b"close":
                self.keep_alive = False
                continue
            content += (name, b": ", value, b"\r\n")
        content.append(b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n")
        if self.scope["method"] != "HEAD":
            content.append(body)
        self.transport.write(b"".join(content))
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


class Connection(HttpToolsProtocol):
    """uvicorn's connection with our limits. `limits` and `direct` are set on a subclass, one for each server.

    Requests of ordinary size that `direct` takes are answered from here, without ASGI's messages and events between.
    """

    limits: Limits
    direct: ClassVar[Direct | None] = None

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.in_head = True
        """Waiting for, or amid, a request line and headers."""
        self.waiting_since: float | None = None
        """When the part we wait for was begun; None while the client owes us nothing."""
        self.body_since = 0.0
        self._head_bytes = 0
        self._refusal: HTTPStatus | None = None
        self._done = False
        """Nothing more is read from this client."""
        self._exchange: Exchange | None = None
        """A request that is being read to be answered directly."""

    @property
    def streams(self) -> bool:
        """Whether the body goes on as it comes: then it may be as long as it likes, as long as it comes."""
        cycle = self.cycle
        return isinstance(cycle, RequestResponseCycle) and "garrison.streamed" in cycle.scope

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, unless there are too many."""
        super().connection_made(transport)
        self.waiting_since = self.loop.time()
        if len(self.connections) > self.limits.connections:
            self._close_with(HTTPStatus.SERVICE_UNAVAILABLE)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, within the limits."""
        if self._done or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        if self.in_head:
            if self.waiting_since is None:
                self.waiting_since = self.loop.time()
            self._head_bytes += len(data)
        elif self.waiting_since is not None:
            self.waiting_since = self.loop.time()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._close_with(HTTPStatus.BAD_REQUEST)
        except httptools.HttpParserError:
            log.debug("not HTTP, or over a limit: %s", self._refusal)
            self._close_with(self._refusal or HTTPStatus.BAD_REQUEST)
        else:
            if self.in_head and self._head_bytes > MAX_HEADER_BYTES:
                self._close_with(_TOO_LARGE)

    def on_message_begin(self) -> None:
        """A request begins."""
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_url(self, url: bytes) -> None:
        """Part of the request target has come."""
        super().on_url(url)
        if len(self.url) > MAX_TARGET:
            self._refuse(HTTPStatus.REQUEST_URI_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header has come."""
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))
        if len(self.headers) > MAX_HEADERS:
            self._refuse(_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """The head is complete: hand the request on."""
        size = hosts = lengths = length = 0
        plain = not self.expect_100_continue
        for name, value in self.headers:
            size += len(name) + len(value) + 4
            if name == b"host":
                hosts += 1
            elif name == b"content-length":
                lengths += 1
                length = int(value) if value.isdigit() and len(value) < 12 else 1 << 40
            elif name == b"transfer-encoding":
                plain = False
        if size > MAX_HEADER_BYTES:
            self._refuse(_TOO_LARGE)
        # A second Host or Content-Length is how one request is made to look like another.
        if hosts != 1 or lengths > 1:
            self._refuse(HTTPStatus.BAD_REQUEST)
        self.in_head = False
        self._head_bytes = 0
        self.waiting_since = self.body_since = self.loop.time()
        if not self.url.startswith(b"/") or not self.url.isascii():
            self._refuse(HTTPStatus.BAD_REQUEST)
        if self.transport.is_closing():
            # The answer before said that it was the last: nobody would read another.
            self._refuse(HTTPStatus.BAD_REQUEST)
        self._exchange = self._directly(length) if plain else None
        if self._exchange is not None:
            return
        url, headers, expect = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.headers, self.expect_100_continue = url, headers, expect
        self.scope["headers"] = headers
        super().on_headers_complete()

    def _directly(self, length: int) -> Exchange | None:
        """An exchange for the request whose head is here, if it is to be answered directly."""
        direct, before, parser = self.direct, self.cycle, self.parser
        if (
            direct is None
            or length > direct.limit
            or (before is not None and not before.response_complete)
            or self.pipeline
            or self.flow.write_paused
            or parser.get_http_version() != "1.1"
            or parser.should_upgrade()
        ):
            return None
        url = httptools.parse_url(self.url)
        exchange = Exchange(parser.get_method(), url.path, url.query or b"", self.headers, parser.should_keep_alive())
        if not direct.takes(exchange, self.server[1] if self.server else None):
            return None
        # What else watches over this connection asks it how far the answer is.
        self.cycle = cast("Any", exchange)
        return exchange

    def on_body(self, body: bytes) -> None:
        """Part of a body has come."""
        exchange = self._exchange
        if exchange is None:
            super().on_body(body)
        else:
            exchange.body += body

    def on_message_complete(self) -> None:
        """The whole request is here; the client owes us nothing until the next one."""
        exchange = self._exchange
        if exchange is None:
            super().on_message_complete()
        self.in_head = True
        self.waiting_since = None
        if exchange is not None:
            self._exchange = None
            self._answer(exchange)

    def _answer(self, exchange: Exchange) -> None:
        """Answer at once where nothing has to be waited for, else in a task that goes on from there."""
        assert self.direct is not None
        answering = self.direct.answer(exchange, self.client[0] if self.client else "", self.scheme == "https")
        try:
            awaited = answering.send(None)
        except StopIteration as answered:
            self._send(exchange, answered.value)
        except Exception:
            self._fail(exchange)
        else:
            task = self.loop.create_task(self._answer_later(exchange, answering, awaited))
            task.add_done_callback(self.tasks.discard)
            self.tasks.add(task)

    async def _answer_later(self, exchange: Exchange, answering: Coroutine[Any, Any, Any], awaited: Any) -> None:
        try:
            answer = await go_on(answering, awaited)
        except Exception:
            self._fail(exchange)
        else:
            self._send(exchange, answer)

    def _send(self, exchange: Exchange, answer: Any) -> None:
        """Write a whole answer."""
        exchange.response_started = exchange.response_complete = True
        if exchange.disconnected:
            return
        head = [STATUS_LINE[answer.status]]
        for name, value in self.server_state.default_headers:
            head += (name, b": ", value, b"\r\n")
        for header in answer.headers:
            line = encoded(header)
            if line == b"connection: close\r\n":
                exchange.keep_alive = False
            else:
                head.append(line)
        body = answer.body
        close = b"" if exchange.keep_alive else b"connection: close\r\n"
        head.append(b"content-length: %d\r\n%s\r\n" % (len(body), close))
        if exchange.method != b"HEAD":
            head.append(body)
        self.transport.write(b"".join(head))
        if not exchange.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _fail(self, exchange: Exchange) -> None:
        log.exception("a request was not answered")
        exchange.response_started = exchange.response_complete = True
        self._close_with(HTTPStatus.INTERNAL_SERVER_ERROR)

    def shutdown(self) -> None:
        """The server stops: close when idle, else after the answer that is under way."""
        if self.scheme == "https" and (self.cycle is None or self.cycle.response_complete):
            # A TLS close waits for the client to close too, which an idle client does not notice to do.
            self.transport.abort()
        else:
            super().shutdown()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        cycle.__class__ = _Cycle
        super()._start_asgi_task(cycle, app)

    def _refuse(self, status: HTTPStatus) -> None:
        """Stop parsing. The parser turns this into its own error, which `data_received` answers."""
        self._refusal = status
        raise ValueError(status.phrase)

    def _close_with(self, status: HTTPStatus) -> None:
        """Say why, if nothing else is being answered, and close."""
        if self.transport.is_closing():
            return
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete and self.in_head:
            # Requests before this one are still being answered: close after the last of them.
            cycle.keep_alive = False
            self._done = True
            return
        if cycle is None or cycle.response_complete or not cycle.response_started:
            text = status.phrase.encode()
            self.transport.write(
                b"HTTP/1.1 %d %s\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
                b"connection: close\r\n\r\n%s" % (status.value, text, len(text), text)
            )
        self.transport.close()


async def watch(state: ServerState, limits: Limits, every: float = 1.0) -> None:
    """Close connections of clients that take too long. Runs as long as the server."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(every)
        now = loop.time()
        for connection in list(state.connections):
            if isinstance(connection, Connection) and limits.overdue(connection, now):
                connection._close_with(HTTPStatus.REQUEST_TIMEOUT)

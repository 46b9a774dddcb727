"""A connection of the data plane's: checks come in, judgements go out, one after the other."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from typing import cast

import httptools

from garrison.edge import internal
from garrison.edge.inspection.checks import Headers, guarded, request_of
from garrison.edge.inspection.guards import Guard, Guards
from garrison.edge.inspection.judge import judge
from garrison.edge.inspection.records import Records
from garrison.waf import Response, State

log = logging.getLogger("garrison.edge")

_PASS = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
_FAILED = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n"
"""The data plane takes this for what it is: a request that could not be inspected."""
_SHARE = 0.8
"""Of the time an inspection may take: so long a request is held for a web ACL that is on its way."""
_AGAIN = 0.02
_NOT_SENT = frozenset({"content-length", "connection", "transfer-encoding"})


class Inspector:
    """What every connection shares."""

    __slots__ = ("guards", "patience", "records", "state")

    def __init__(self, state: State, records: Records, guards: Callable[[], Guards], seconds: float) -> None:
        """`seconds`: what an inspection may take."""
        self.state = state
        self.records = records
        self.guards = guards
        self.patience = _SHARE * seconds

    def guard(self, headers: Headers) -> Guard | None:
        """What must judge; None: it is not here, or not yet."""
        return self.guards().get(guarded(headers))

    def check(self, guard: Guard, method: bytes, target: bytes, headers: Headers, body: bytes) -> bytes:
        """The answer to one check."""
        if guard.broken is not None:
            return _FAILED
        now = time.time()
        request = request_of(method, target, headers, body, guard.resource, uuid.uuid4().hex)
        found = judge(guard, request, self.state, now)
        if found.verdict is not None:
            self.records.note(guard, request, found.verdict, now)
        if found.response is not None:
            return denied(found.response)
        if not found.insert:
            return _PASS
        lines = [f"{name}: {value}" for name, value in found.insert]
        return "\r\n".join(["HTTP/1.1 200 OK", "content-length: 0", *lines, "", ""]).encode("latin-1", "replace")


def denied(response: Response) -> bytes:
    """A response for the client. Its status goes in a header: to the data plane 200 means pass and 5xx a failure."""
    lines = ["HTTP/1.1 403 Forbidden", f"content-length: {len(response.body)}", f"{internal.STATUS}: {response.status}"]
    lines += [f"{name}: {value}" for name, value in response.headers if name.lower() not in _NOT_SENT]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + response.body


class CheckConnection(asyncio.Protocol):
    """HTTP/1.1 with the data plane."""

    def __init__(self, inspector: Inspector) -> None:
        self._inspector = inspector
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._target = b""
        self._headers: Headers = []
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass of it

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as e:
            log.error("the data plane sent what is no HTTP: %s", e)
            self._transport.close()

    def on_message_begin(self) -> None:
        self._target = b""
        self._headers = []
        self._body = []

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        self._answer(self._parser.get_method(), time.monotonic() + self._inspector.patience)

    def _answer(self, method: bytes, until: float) -> None:
        """Answer; at once, if what must judge is here. The data plane sends nothing else in the meantime."""
        assert self._transport is not None
        if self._transport.is_closing():
            return
        try:
            guard = self._inspector.guard(self._headers)
            if guard is None and time.monotonic() < until:
                asyncio.get_running_loop().call_later(_AGAIN, self._answer, method, until)
                return
            answer = _FAILED
            if guard is not None:
                answer = self._inspector.check(guard, method, self._target, self._headers, b"".join(self._body))
        except Exception:
            log.exception("a request could not be inspected")
            answer = _FAILED
        self._transport.write(answer)

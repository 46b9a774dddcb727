"""One request and what is answered to it."""

from __future__ import annotations

import asyncio
import enum
import logging
import ssl
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

import msgspec

from garrison.access.sites import ErrorPage, Fixed, Forward, Pool, Redirect, Route, Target
from garrison.edge.embedded import routing
from garrison.edge.embedded.messages import Bad, Gone, Head, Messages
from garrison.edge.embedded.wire import HOP, Served, connect, encoded, error_page, outgoing, status_line
from garrison.edge.inspection.guards import Guard
from garrison.edge.inspection.judge import judge
from garrison.edge.inspection.records import Records
from garrison.edge.redirects import redirect_body
from garrison.waf import Request, State
from garrison.waf.web_acl import FIXED_BODY_LIMITS

log = logging.getLogger("garrison.edge")

_NO_BODY = frozenset({204, 304})


class Unprotected(enum.Enum):
    """Nothing judges, and nothing is to."""

    UNPROTECTED = "unprotected"


UNPROTECTED = Unprotected.UNPROTECTED


class Judges(msgspec.Struct, frozen=True, eq=False):
    """What inspection needs."""

    guard: Callable[[str], Guard | Unprotected | None]
    """What judges requests to a listener, by its id; None: what must judge is not here."""
    state: State
    records: Records


class Exchange:
    """Answers the requests of one connection, one after the other."""

    def __init__(
        self,
        served: Served,
        judges: Judges,
        messages: Messages,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        turns: dict[str, int],
    ) -> None:
        self._served = served
        self._judges = judges
        self._messages = messages
        self._reader = reader
        self._writer = writer
        self._turns = turns
        self._client: tuple[str, int] = writer.get_extra_info("peername")[:2]
        self.record: dict[str, Any] = {}
        """The access record of the last request."""

    async def answer(self, head: Head) -> bool:
        """Answer a request; whether another may follow on this connection. Raises `Bad` and `Gone`."""
        started = time.time()
        self.record = self._first_record(head, started)
        keep = head.keep_alive and not head.upgrade
        body, whole = await self._first_body()
        refused = self._judged(head, body, whole, started)
        if isinstance(refused, list):
            keep = await self._go(head, refused, body, whole) and keep
        else:
            status, headers, said = refused
            keep = await self._drained(whole) and keep
            await self._say(head, status, headers, said, keep)
        self.record["duration_ms"] = round((time.time() - started) * 1000)
        return keep

    async def _first_body(self) -> tuple[bytes, bool]:
        """As much of the body as is inspected, and whether it is all."""
        limit = self._limit()
        parts: list[bytes] = []
        size = 0
        while size <= limit:
            piece = await self._messages.body()
            if not piece:
                return b"".join(parts), True
            parts.append(piece)
            size += len(piece)
        return b"".join(parts), False

    def _limit(self) -> int:
        guard = self._judges.guard(self._served.listener.id)
        if not isinstance(guard, Guard) or guard.acl is None:
            return 0
        kind = guard.resource.kind
        return FIXED_BODY_LIMITS.get(kind) or guard.acl.body_limit(kind)

    def _judged(
        self, head: Head, body: bytes, whole: bool, now: float
    ) -> list[tuple[str, str]] | tuple[int, list[tuple[str, str]], bytes]:
        """Headers to insert, or the answer in place of the application's."""
        guard = self._judges.guard(self._served.listener.id)
        if isinstance(guard, Unprotected):
            return []
        failed: list[tuple[str, str]] | tuple[int, list[tuple[str, str]], bytes]
        failed = [] if self._served.site.fail_open else (503, [("content-type", "text/html")], error_page(503))
        if guard is None or guard.broken is not None:
            return failed
        try:
            limit = self._limit()
            request = self._request(head, body[:limit], whole and len(body) <= limit, guard, now)
            found = judge(guard, request, self._judges.state, now)
        except Exception:
            log.exception("a request could not be inspected")
            return failed
        if found.verdict is not None:
            self._judges.records.note(guard, request, found.verdict, now)
        if found.response is None:
            return list(found.insert)
        return found.response.status, list(found.response.headers), found.response.body

    def _request(self, head: Head, body: bytes, whole: bool, guard: Guard, now: float) -> Request:
        length = head.get(b"content-length")
        tls: ssl.SSLObject | None = self._writer.get_extra_info("ssl_object")
        cipher = tls.cipher() if tls is not None else None
        return Request(
            method=head.method.decode("latin-1"),
            target=head.target,
            version=f"HTTP/{head.version}",
            headers=tuple(head.headers),
            body=body,
            body_length=int(length) if length is not None else len(body) if whole else None,
            body_truncated=not whole,
            source_ip=self._client[0],
            scheme="https" if tls is not None else "http",
            tls_version=(tls.version() or "") if tls is not None else "",
            tls_cipher=cipher[0] if cipher else "",
            request_id=uuid.uuid4().hex,
            received=now,
            resource=guard.resource,
        )

    async def _go(self, head: Head, insert: list[tuple[str, str]], body: bytes, whole: bool) -> bool:
        """Do what the route says; whether the connection may go on."""
        served = self._served
        route = routing.find_route(served.listener, head, self._client[0])
        self.record["matched_rule_priority"] = route.priority
        action = route.action
        if isinstance(action, Forward):
            return await self._forward(head, route, action, insert, body, whole)
        keep = await self._drained(whole)
        more = list(route.response_headers)
        if isinstance(action, Redirect):
            where = routing.location(served.site, served.listener, action, head)
            headers = [("location", where), ("content-type", "text/html"), *more]
            await self._say(head, action.status, headers, redirect_body(action.status).encode(), keep)
        else:
            await self._fixed(head, action, more, keep)
        return keep

    async def _fixed(self, head: Head, action: Fixed, more: list[tuple[str, str]], keep: bool) -> None:
        kind = [("content-type", f"{action.content_type}; charset=utf-8")] if action.body else []
        await self._say(head, action.status, [*kind, *more], action.body.encode(), keep)

    async def _drained(self, whole: bool) -> bool:
        """Read what is left of a body that nobody wants, if it is little; whether it was."""
        size = 0
        while not whole and size < 65536:
            piece = await self._messages.body()
            whole = not piece
            size += len(piece)
        return whole

    async def _forward(
        self, head: Head, route: Route, action: Forward, insert: list[tuple[str, str]], body: bytes, whole: bool
    ) -> bool:
        served = self._served
        chosen = routing.choose(action, served.pools, served.usable, head, self._turns)
        if chosen is None:
            self.record["response_flags"] = "UH"
            keep = await self._drained(whole)
            await self._say(head, 503, [("content-type", "text/html")], error_page(503), keep)
            return keep
        pool, target, cookies = chosen
        self.record |= {"target_group": pool.id, "target_port": f"{target.host}:{target.port}"}
        timeout = min(served.site.idle_timeout, pool.read_timeout)
        try:
            reader, writer = await asyncio.wait_for(connect(pool, target), 5)
        except (OSError, TimeoutError, ssl.SSLError):
            self.record["response_flags"] = "UF"
            keep = await self._drained(whole)
            await self._say(head, 502, [("content-type", "text/html")], error_page(502), keep)
            return keep
        try:
            sent = outgoing(self._served, self._client, head, route, insert)
            chunked = head.get(b"content-length") is None and (bool(body) or not whole)
            writer.write(encoded(head.method + b" " + routing.target_of(route, head) + b" HTTP/1.1", sent, chunked))
            sending = asyncio.create_task(self._send_body(writer, body, whole, chunked))
            sending.add_done_callback(lambda task: task.cancelled() or task.exception())
            responses = Messages(reader, responses=True)
            began = time.monotonic()
            try:
                async with asyncio.timeout(timeout):
                    answer = await responses.head()
                    while answer is not None and 100 <= answer.status < 200 and answer.status != 101:
                        await responses.body()
                        answer = await responses.head()
            except TimeoutError:
                sending.cancel()
                await self._say(head, 504, [("content-type", "text/html")], error_page(504), False)
                return False
            except Bad:
                answer = None
            if answer is None:
                sending.cancel()
                await self._say(head, 502, [("content-type", "text/html")], error_page(502), False)
                return False
            self.record["target_status_code"] = answer.status
            self.record["target_processing_ms"] = round((time.monotonic() - began) * 1000)
            page = next((p for p in served.site.error_pages if p.status == answer.status), None)
            if page is not None:
                sending.cancel()
                await self._errorerror_page(head, page, route, pool, target)
                return False
            if answer.status == 101 and head.upgrade:
                sending.cancel()
                await self._relay(answer, responses, reader, writer)
                return False
            await self._answer(head, answer, responses, route, cookies, timeout)
            done = sending.done() and not sending.cancelled() and sending.exception() is None
            sending.cancel()
            return done and answer.get(b"content-length") is not None
        finally:
            writer.close()

    async def _send_body(self, writer: asyncio.StreamWriter, body: bytes, whole: bool, chunked: bool) -> None:
        pieces = [body] if body else []
        while True:
            for piece in pieces:
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            await writer.drain()
            if whole:
                break
            try:
                piece = await self._messages.body()
            except (Bad, Gone):
                writer.close()  # the application need not wait for the rest
                raise
            whole = not piece
            pieces = [piece] if piece else []
        if chunked:
            writer.write(b"0\r\n\r\n")
            await writer.drain()

    async def _answer(
        self, head: Head, answer: Head, responses: Messages, route: Route, cookies: list[str], timeout: float
    ) -> None:
        """Pass the application's answer on."""
        headers = [(key.lower(), value) for key, value in answer.headers if key.lower() not in HOP]
        set_here = {name.encode() for name, _ in route.response_headers}
        headers = [(key, value) for key, value in headers if key not in set_here]
        headers += [(name.encode(), value.encode("latin-1")) for name, value in route.response_headers]
        headers += [(b"set-cookie", cookie.encode()) for cookie in cookies]
        bodiless = head.method == b"HEAD" or answer.status in _NO_BODY
        chunked = not bodiless and answer.get(b"content-length") is None and head.version == "1.1"
        lasting = head.keep_alive and answer.get(b"content-length") is not None
        headers.append((b"connection", b"keep-alive" if lasting else b"close"))
        self._status(answer.status)
        self._writer.write(encoded(status_line(answer.status), headers, chunked))
        if not bodiless:
            while True:
                async with asyncio.timeout(timeout):
                    try:
                        piece = await responses.body()
                    except Gone:
                        if answer.get(b"content-length") is not None:
                            raise
                        piece = b""
                if not piece:
                    break
                self.record["sent_bytes"] = self.record.get("sent_bytes", 0) + len(piece)
                self._writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                await self._writer.drain()
            if chunked:
                self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    async def _errorerror_page(self, head: Head, page: ErrorPage, route: Route, pool: Pool, target: Target) -> None:
        """The page that is shown in place of an error: fetched from where the error came from."""
        status = page.shown_status or page.status
        kind, body = b"text/html", error_page(page.status)
        if page.path is not None:
            asked = Head()
            asked.method, asked.target = b"GET", page.path.encode("latin-1")
            asked.headers = [(b"host", head.get(b"host") or b"")]
            reader, writer = await asyncio.wait_for(connect(pool, target), 5)
            try:
                line = b"GET " + routing.target_of(route, asked) + b" HTTP/1.1"
                writer.write(encoded(line, outgoing(self._served, self._client, asked, route, []), False))
                responses = Messages(reader, responses=True)
                answer = await asyncio.wait_for(responses.head(), pool.read_timeout)
                if answer is not None and answer.status == 200:
                    parts = []
                    try:
                        while piece := await asyncio.wait_for(responses.body(), pool.read_timeout):
                            parts.append(piece)
                    except Gone:
                        pass
                    kind, body = answer.get(b"content-type") or kind, b"".join(parts)
                else:
                    status = page.status
            finally:
                writer.close()
        await self._say(head, status, [("content-type", kind.decode("latin-1"))], body, False)

    async def _relay(
        self, answer: Head, responses: Messages, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Two peers that have agreed on another protocol: bytes go both ways until one of them ends."""
        self._status(101)
        self._writer.write(encoded(status_line(101), [(k.lower(), v) for k, v in answer.headers], False))
        self._writer.write(responses.rest)
        writer.write(self._messages.rest)

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()

        both = [
            asyncio.create_task(pump(self._reader, writer)),
            asyncio.create_task(pump(reader, self._writer)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in both:
                one.cancel()

    async def _say(self, head: Head, status: int, headers: Sequence[tuple[str, str]], body: bytes, keep: bool) -> None:
        """An answer of our own."""
        self._status(status)
        given = {name.lower() for name, _ in headers}
        lines = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers]
        lines.append((b"content-length", str(len(body)).encode()))
        lines.append((b"date", formatdate(usegmt=True).encode()))
        if "server" not in given:
            lines.append((b"server", (self._served.site.server or "garrison").encode()))
        lines.append((b"connection", b"keep-alive" if keep else b"close"))
        self._writer.write(encoded(status_line(status), lines, False))
        if head.method != b"HEAD":
            self._writer.write(body)
        self.record["sent_bytes"] = len(body)
        await self._writer.drain()

    async def complain(self, bad: Bad) -> None:
        """Tell a client that what it sent is no request."""
        await self._say(Head(), bad.status, [("content-type", "text/html")], error_page(bad.status), False)

    def _status(self, status: int) -> None:
        self.record["elb_status_code"] = status

    def _first_record(self, head: Head, started: float) -> dict[str, Any]:
        agent = head.get(b"user-agent")
        return {
            "type": "https" if self._served.listener.certificates else "http",
            "time": datetime.fromtimestamp(started, UTC).isoformat().replace("+00:00", "Z"),
            "elb": self._served.site.arn,
            "listener": self._served.listener.id,
            "client_port": f"{self._client[0]}:{self._client[1]}",
            "request_method": head.method.decode("latin-1"),
            "request_target": head.target.decode("latin-1"),
            "request_protocol": f"HTTP/{head.version}",
            "domain_name": (head.get(b"host") or b"").decode("latin-1"),
            "user_agent": None if agent is None else agent.decode("latin-1"),
        }

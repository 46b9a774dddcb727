"""The ASGI application: HTTP in, HTTP out.

AWS calls go to the walk, `/_garrison/` to the operator's endpoints, people to the door, which has a port of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any

from garrison.access.call import HttpRequest
from garrison.gateway import errors
from garrison.gateway.admin import PREFIX, Admin
from garrison.gateway.direct import Exchange
from garrison.gateway.forwarded import TrustedHops
from garrison.gateway.protocols import HttpResponse, error_response
from garrison.gateway.request_id import new_request_id
from garrison.gateway.upstream.forward import Forwarder
from garrison.gateway.walk import Gateway
from garrison.signin.answer import Answer
from garrison.signin.door import Door, elsewhere
from garrison.signin.oauth import PATH as AUTHORIZE_PATH

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


TOKEN_PATH = "/v1/token"  # noqa: S105
"""The one AWS call the door's port passes on: clients of sign-in may be given that port as its endpoint."""


DIRECT_BODY = 64 * 1024
_PREFIX = PREFIX.encode()
_AUTHORIZE_PATH = AUTHORIZE_PATH.encode()


class Gone(Exception):
    """The client went away before its request was complete."""


_LARGER = {
    "/scan/sbom": 10 * 1024 * 1024,
    "/v1/inspector/resources": 10 * 1024 * 1024,
    "/v1/artifact/reports": 15 * 1024 * 1024,
    "/v1/compliance-inquiry/create": 15 * 1024 * 1024,
}
"""Bytes that bodies of calls with a document in them may have: 5,000 components of a bill of materials are some
megabytes; a report has ten at most, and base64 makes a third more of it."""


class TooLarge(Exception):
    """The request's body is over the limit."""


class App:
    """`await app(scope, receive, send)`, for any ASGI server that gives `raw_path`."""

    def __init__(
        self,
        gateway: Gateway,
        admin: Admin,
        hops: TrustedHops,
        *,
        body_limit: int,
        door: Door | None = None,
        door_port: int = 0,
        forwarder: Forwarder | None = None,
    ) -> None:
        """`door` answers what comes to `door_port`: people who sign in. `forwarder` has the upstreams' services."""
        self._forwarder = forwarder
        self._door = door
        self._door_port = door_port
        self._gateway = gateway
        self._admin = admin
        self._hops = hops
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or follow the server's life (`lifespan`)."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            return
        headers = tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]])
        path: str = scope["raw_path"].decode("latin-1")
        if self._forwarder is not None and self._for_upstream(scope, path):
            head = self._head(scope, headers, path)
            if self._forwarder.takes(head.method, head.path, head.query, head.header):
                scope["garrison.streamed"] = True
                await self._forwarder.answer(head, receive, send)
                return
        try:
            limit = max(self._body_limit, _LARGER.get(path, 0))
            body = await self._body(headers, receive, limit)
        except Gone:
            return
        except TooLarge:
            response: HttpResponse | Answer = error_response(None, "query", errors.too_large(limit), new_request_id())
            response.headers.append(("Connection", "close"))
            await _send(response, send)
            return
        client = scope.get("client")
        request = self._head(scope, headers, path, body)
        server = scope.get("server")
        if self._door is not None and path != TOKEN_PATH and server is not None and server[1] == self._door_port:
            response = await self._door.answer(request)
        elif path == AUTHORIZE_PATH and self._door is not None and (moved := elsewhere(request, self._door_port)):
            response = moved
        elif path.startswith(PREFIX):
            response = await self._admin.answer(request, client[0] if client else "")
        else:
            response = await self._gateway.answer(request)
        await _send(response, send)

    def _head(self, scope: Scope, headers: tuple[tuple[str, str], ...], path: str, body: bytes = b"") -> HttpRequest:
        client = scope.get("client")
        source, secure = self._hops.client(client[0] if client else "", scope.get("scheme") == "https", headers)
        query: str = scope["query_string"].decode("latin-1")
        return HttpRequest(scope["method"], path, query, headers, body, source, secure)

    def _for_upstream(self, scope: Scope, path: str) -> bool:
        server = scope.get("server")
        at_door = self._door is not None and server is not None and server[1] == self._door_port
        return not at_door and not path.startswith(PREFIX)

    @property
    def limit(self) -> int:
        """Bytes of body of a request that is answered directly (see `direct`)."""
        return min(self._body_limit, DIRECT_BODY)

    def takes(self, exchange: Exchange, port: int | None) -> bool:
        """Whether a request is an AWS call for Garrison's own services, which is answered directly."""
        path = exchange.path
        if self._door is not None and (port == self._door_port or path == _AUTHORIZE_PATH):
            return False
        if path.startswith(_PREFIX):
            return False
        if self._forwarder is None:
            return True

        def header(name: str) -> str | None:
            wanted = name.encode()
            return next((value.decode("latin-1") for given, value in exchange.headers if given == wanted), None)

        method, query = exchange.method.decode("latin-1"), exchange.query.decode("latin-1")
        return not self._forwarder.takes(method, path.decode("latin-1"), query, header)

    def answer(self, exchange: Exchange, peer: str, secure: bool) -> Coroutine[Any, Any, HttpResponse]:
        """Answer an AWS call directly."""
        headers = tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in exchange.headers])
        source, secure = self._hops.client(peer, secure, headers)
        return self._gateway.answer(
            HttpRequest(
                exchange.method.decode("latin-1"),
                exchange.path.decode("latin-1"),
                exchange.query.decode("latin-1"),
                headers,
                exchange.body,
                source,
                secure,
            )
        )

    async def _body(self, headers: tuple[tuple[str, str], ...], receive: Receive, limit: int) -> bytes:
        for name, value in headers:
            if name == "content-length" and (not value.isdigit() or int(value[:12]) > limit):
                raise TooLarge
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body: bytes = message.get("body", b"")
        if not message.get("more_body"):
            if len(body) > limit:
                raise TooLarge
            return body
        parts = [body]
        size = len(body)
        while message.get("more_body"):
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > limit:
                raise TooLarge
        return b"".join(parts)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self._door is not None:
                    self._door.close()
                if self._forwarder is not None:
                    self._forwarder.close()
                self._gateway.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _send(response: HttpResponse | Answer, send: Send) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    headers.append((b"content-length", b"%d" % len(response.body)))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})

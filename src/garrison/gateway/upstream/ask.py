"""Small signed questions to an upstream, for what decides on the resource's side."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from garrison.gateway.upstream.client import Client, Overdue, Unreachable
from garrison.gateway.upstream.origin import Credentials, Origins
from garrison.gateway.upstream.sign import signed_head

_LIMIT = 1024 * 1024
_XML_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,128})</Code>")
_ABSENT = frozenset(
    {"NotImplemented", "UnknownOperationException", "UnknownOperation", "InvalidAction", "UnsupportedOperation"}
)


class Unreadable(Exception):
    """The upstream did not say what was asked, so nothing can be decided on it."""


class Told(msgspec.Struct, frozen=True):
    """An answer."""

    status: int
    body: bytes
    code: str | None
    """The error's code, of an error."""

    @property
    def unsupported(self) -> bool:
        """Whether the upstream has no such operation at all: then it has no such thing either."""
        return self.code in _ABSENT

    def json(self) -> Any:
        """The body as JSON. Raises `Unreadable`."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError as e:
            raise Unreadable(f"the upstream's answer is not JSON: {e}") from None


def error_code(body: bytes, error_type: str | None = None) -> str | None:
    """The code in an error's body (JSON or XML), or in its `x-amzn-errortype` header."""
    text = error_type
    if text is None and body[:1] == b"{":
        try:
            found = msgspec.json.decode(body)
        except msgspec.DecodeError:
            return None
        text = found.get("__type") or found.get("code") if isinstance(found, dict) else None
    elif text is None:
        match = _XML_CODE.search(body)
        text = match[1].decode() if match else None
    return text.rpartition("#")[2].partition(":")[0] if isinstance(text, str) else None


class Ask:
    """Asks the upstreams, in the gateway's own name."""

    def __init__(self, client: Client, origins: Origins, credentials: Credentials) -> None:
        self._client = client
        self._origins = origins
        self._credentials = credentials

    async def json(
        self, service: str, target: str, region: str, params: Mapping[str, Any], version: str = "1.0"
    ) -> Told:
        """A call of a JSON service: `target` is the value of `X-Amz-Target`."""
        headers = [("x-amz-target", target), ("content-type", f"application/x-amz-json-{version}")]
        return await self._send(service, region, "POST", "/", "", headers, msgspec.json.encode(params))

    async def query(self, service: str, region: str, params: Mapping[str, str]) -> Told:
        """A call of a query or ec2 service."""
        headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")]
        return await self._send(service, region, "POST", "/", "", headers, urlencode(params).encode())

    async def get(self, service: str, region: str, path: str, query: str = "") -> Told:
        """A read of a REST service. `path` is encoded."""
        return await self._send(service, region, "GET", path, query, [], b"")

    async def _send(
        self, service: str, region: str, method: str, path: str, query: str, headers: list[tuple[str, str]], body: bytes
    ) -> Told:
        origin = self._origins.of(service)
        if origin is None:
            raise Unreadable(f"no upstream has {service}")
        head = signed_head(
            origin,
            self._credentials,
            service,
            region,
            time.time(),
            method=method,
            path=path,
            query=query,
            headers=[*headers, ("user-agent", "garrison")],
            payload=hashlib.sha256(body).hexdigest(),
            length=len(body) if method != "GET" else None,
        )
        try:
            answer = await self._client.exchange(origin, head, body, repeatable=True)
            try:
                raw = await answer.body(_LIMIT)
            finally:
                answer.done()
        except (Unreachable, Overdue) as e:
            raise Unreadable(f"{service}: {e or type(e).__name__}") from None
        if answer.status < 300:
            return Told(answer.status, raw, None)
        named = next((v.decode("latin-1") for n, v in answer.headers if n == b"x-amzn-errortype"), None)
        return Told(answer.status, raw, error_code(raw, named))


def unexpected(what: str, told: Told) -> Unreadable:
    """For an answer that is neither what was asked nor "there is none"."""
    return Unreadable(f"{what}: the upstream answered {told.status} {told.code or ''}".rstrip())

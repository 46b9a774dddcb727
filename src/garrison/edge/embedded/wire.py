"""What goes out: to the application with the headers it gets, and to the client with the pages of our own."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import msgspec

from garrison.access.sites import Listener, Pool, Route, Site, Target
from garrison.edge.embedded import routing
from garrison.edge.embedded.messages import Head

HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Served(msgspec.Struct, frozen=True, eq=False):
    """What a listener serves. Replaced whole when it changes."""

    site: Site
    listener: Listener
    usable: Mapping[str, Sequence[Target]]

    @property
    def pools(self) -> dict[str, Pool]:
        return {pool.id: pool for pool in self.site.pools}


def outgoing(
    served: Served, client: tuple[str, int], head: Head, route: Route, insert: list[tuple[str, str]]
) -> list[tuple[bytes, bytes]]:
    """The headers that the application gets."""
    site, listener = served.site, served.listener
    named = {b"x-forwarded-proto", b"x-forwarded-port", *[name.lower().encode() for name, _ in insert]}
    named |= {name.lower().encode() for name, _ in route.headers}
    listed = {name.strip().lower() for name in (head.get(b"connection") or b"").split(b",")}
    sent: list[tuple[bytes, bytes]] = []
    forwarded: list[bytes] = []
    for name, value in head.headers:
        key = name.lower()
        if key in HOP or key in named or (key in listed and key != b"host"):
            continue
        if site.drop_invalid_headers and not key.replace(b"-", b"").isalnum():
            continue
        if key == b"x-forwarded-for":
            forwarded.append(value)
            continue
        if key == b"host" and route.host is not None:
            value = route.host.encode()
        if key == b"cookie":
            value = routing.cookie_header(route, value)
            if not value:
                continue
        sent.append((key, value))
    sender = f"{client[0]}:{client[1]}" if site.xff_port else client[0]
    if site.xff == "append":
        sent.append((b"x-forwarded-for", b", ".join([*forwarded, sender.encode()])))
    elif site.xff == "preserve" and forwarded:
        sent.append((b"x-forwarded-for", b", ".join(forwarded)))
    sent.append((b"x-forwarded-proto", b"https" if listener.certificates else b"http"))
    sent.append((b"x-forwarded-port", str(listener.public_port).encode()))
    sent += [(name.lower().encode(), value.encode("latin-1")) for name, value in (*route.headers, *insert)]
    if head.upgrade:
        sent += [(b"connection", b"upgrade"), (b"upgrade", head.get(b"upgrade") or b"")]
    else:
        sent.append((b"connection", b"close"))
    return sent


async def connect(pool: Pool, target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    context = None
    if pool.protocol == "https":
        context = ssl.create_default_context()
        if not pool.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
    return await asyncio.open_connection(target.host, target.port, ssl=context)


def status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {PHRASES.get(status, 'Unknown')}".encode()


def encoded(first: bytes, headers: Sequence[tuple[bytes, bytes]], chunked: bool) -> bytes:
    lines = [first, *[key + b": " + value for key, value in headers]]
    if chunked:
        lines.append(b"transfer-encoding: chunked")
    return b"\r\n".join([*lines, b"", b""])


def error_page(status: int) -> bytes:
    phrase = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}.get(
        status, PHRASES.get(status, "")
    )
    title = f"{status} {phrase}"
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        f"</body>\r\n</html>\r\n"
    ).encode()

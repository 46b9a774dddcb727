"""What a request is like, in attributes that a WAF rule can ask for.

A value is a short text; an empty one means that the request has none. Texts longer than a rule's search string are cut
there, and rules compare their beginning.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from garrison.waf.parts import split_target
from garrison.waf.request import Location, Request

LONGEST = 200
"""Source: WAF developer guide, string match rule statement."""

DIMENSIONS = (
    "source", "network", "forwarded", "asn", "country", "ja4", "user_agent", "method", "host", "uri", "prefix",
    "query", "argument", "headers", "order", "referrer",
)  # fmt: skip
"""`headers`: which of `USUAL` are there; `order`: the order of all of them, where the data plane tells it; `query`:
`yes` or `no`; `argument`: the first query argument up to its `=`; `prefix`: the first segment of a deeper path."""

PLACE = {name: place for place, name in enumerate(DIMENSIONS)}

USUAL = (
    "accept", "accept-encoding", "accept-language", "cache-control", "content-type", "cookie", "origin", "referer",
    "sec-fetch-mode", "user-agent",
)  # fmt: skip
"""Headers that clients of one make have or lack together."""

_USUAL = {name.encode(): place for place, name in enumerate(USUAL)}


@lru_cache(65536)
def network(address: str) -> str:
    """The /24 or /48 of an address; empty for what is none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))


def attributes(request: Request, location: Location | None = None) -> tuple[str, ...]:
    """The values of `DIMENSIONS` of a request."""
    path, query = split_target(request.target)[:2]
    present = 0
    agent = host = referrer = forwarded = b""
    for raw, value in request.headers:
        name = raw.lower()
        place = _USUAL.get(name)
        if place is not None:
            present |= 1 << place
            if name == b"user-agent":
                agent = agent or value
            elif name == b"referer":
                referrer = referrer or value
        elif name == b"host":
            host = host or value
        elif name == b"x-forwarded-for":
            forwarded = forwarded or value
    second = path.find(b"/", 1)
    where = location or request.location or Location()
    order = request.header_order
    first = forwarded.split(b",", 1)[0].strip().decode("latin-1") if forwarded else ""
    return (
        request.source_ip,
        network(request.source_ip),
        first if network(first) else "",
        str(where.asn) if where.asn else "",
        where.country,
        request.ja4,
        _text(agent),
        request.method,
        _text(host),
        _text(path),
        _text(path[: second + 1]) if second > 0 else "",
        "yes" if query else "no",
        _text(_argument(query)) if query else "",
        ",".join([name for place, name in enumerate(USUAL) if present >> place & 1]) or "none",
        "" if order is None else _text(b":".join(order).lower()),
        _text(referrer),
    )


def _argument(query: bytes) -> bytes:
    first = query.split(b"&", 1)[0]
    return first[: first.find(b"=") + 1] or first


def _text(value: bytes) -> str:
    return value[:LONGEST].decode("latin-1")

"""Which route a request takes, and to which target."""

from __future__ import annotations

import hashlib
import ipaddress
import random
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from garrison.access.sites import Condition, Forward, Listener, Pool, Redirect, Route, Site, Target
from garrison.edge.embedded.messages import Head
from garrison.edge.redirects import ports_of

_PART = re.compile(r"#\{(protocol|host|port|path|query)\}")


@lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE if ignore_case else 0)


def split(target: bytes) -> tuple[str, str]:
    """Path and query of a request target."""
    path, _, query = target.decode("latin-1").partition("?")
    return path, query


def find_route(listener: Listener, head: Head, client: str) -> Route:
    """The first route whose conditions are all met; the last one has none."""
    return next(r for r in listener.routes if all(_met(condition, head, client) for condition in r.conditions))


def _met(condition: Condition, head: Head, client: str) -> bool:
    path, query = split(head.target)
    match condition.field:
        case "path":
            values = [path]
        case "host":
            values = [host_of(head)[0]]
        case "header":
            name = condition.name.encode()
            joined = b",".join([value for key, value in head.headers if key.lower() == name])
            values = [joined.decode("latin-1")] if head.get(name) is not None else []
        case "query":
            values = query.split("&")
        case "method":
            values = [head.method.decode("latin-1")]
        case _:
            address = ipaddress.ip_address(client)
            return any(address in ipaddress.ip_network(network) for network in condition.networks)
    patterns = [_compiled(pattern, condition.ignore_case) for pattern in condition.patterns]
    return any(pattern.fullmatch(value) for pattern in patterns for value in values)


def host_of(head: Head) -> tuple[str, str]:
    """Host and port (or nothing) that the client asked for."""
    authority = (head.get(b"host") or b"").decode("latin-1")
    found = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(\d*))?", authority)
    return (found[1], found[2] or "") if found else (authority, "")


def location(site: Site, listener: Listener, action: Redirect, head: Head) -> str:
    """Where a redirect leads."""
    path, query = split(head.target)
    values = {
        "protocol": "https" if listener.certificates else "http",
        "host": host_of(head)[0],
        "port": str(listener.public_port),
        "path": path.removeprefix("/"),
        "query": query,
    }

    def filled(text: str) -> str:
        return _PART.sub(lambda part: values[part[1]], text)

    scheme = filled(action.protocol).lower()
    port = ports_of(site).get(filled(action.port), filled(action.port))
    at = "" if (scheme, port) in (("http", "80"), ("https", "443")) else f":{port}"
    rest = filled(action.query)
    return f"{scheme}://{filled(action.host)}{at}{filled(action.path)}{'?' + rest if rest else ''}"


def cookies_of(head: Head) -> dict[str, str]:
    """The request's cookies, the first of each name."""
    found: dict[str, str] = {}
    for key, value in head.headers:
        if key.lower() == b"cookie":
            for piece in value.decode("latin-1").split(";"):
                name, separator, text = piece.strip().partition("=")
                if separator:
                    found.setdefault(name, text)
    return found


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def choose(
    action: Forward,
    pools: Mapping[str, Pool],
    usable: Mapping[str, Sequence[Target]],
    head: Head,
    turns: dict[str, int],
) -> tuple[Pool, Target, list[str]] | None:
    """Pool and target for a request, and cookies to set; None if there is no target."""
    there = [(pools[id], weight) for id, weight in action.pools if id in pools and weight > 0]
    if not there:
        return None
    held = cookies_of(head)
    pool = next((p for p, _ in there if action.sticky and held.get("AWSALBTG") == _mark(p.id)), None)
    cookies = []
    if pool is None:
        pool = random.choices([p for p, _ in there], [weight for _, weight in there])[0]  # noqa: S311 - spreads load
        if action.sticky:
            cookies.append(f"AWSALBTG={_mark(pool.id)}; Path=/; Max-Age={action.sticky}")
    targets = usable.get(pool.id, pool.targets)
    if not targets:
        return None
    if pool.sticky is not None:
        name, seconds = pool.sticky
        kept = next((t for t in targets if held.get(name) == _mark(t.id)), None)
        if kept is not None:
            return pool, kept, cookies
    turns[pool.id] = turns.get(pool.id, -1) + 1
    target = targets[turns[pool.id] % len(targets)]
    if pool.sticky is not None:
        cookies.append(f"{name}={_mark(target.id)}; Path=/; Max-Age={seconds}")
    return pool, target, cookies


def target_of(route: Route, head: Head) -> bytes:
    """The request target that the application sees."""
    path, query = split(head.target)
    question = "?" in head.target.decode("latin-1")
    if route.target is not None:
        path = route.target
    if route.query is not None:
        query = "&".join([piece for piece in query.split("&") if piece.partition("=")[0] in route.query])
        question = bool(query)
    return f"{route.prefix}{path}{'?' + query if question else ''}".encode("latin-1")


def cookie_header(route: Route, value: bytes) -> bytes:
    """A Cookie header with the cookies that the application is sent."""
    if route.cookies is None:
        return value
    pieces = [piece.strip() for piece in value.decode("latin-1").split(";")]
    return "; ".join([piece for piece in pieces if piece.partition("=")[0] in route.cookies]).encode("latin-1")

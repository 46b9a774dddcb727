"""A request taken apart, each part when it is first asked for."""

from __future__ import annotations

from functools import cached_property

from garrison.waf.body_values import Value, values_of
from garrison.waf.json_text import Json, read
from garrison.waf.request import Request

Pairs = list[tuple[bytes, bytes]]

HEADER_BYTES = 8192
HEADER_COUNT = 200
"""What is inspected of headers and of cookies, whichever ends first. Source: developer guide, "Oversize components"."""


def split_target(target: bytes) -> tuple[bytes, bytes | None, bytes | None]:
    """(path, query, fragment) of a request target; query and fragment are None where their mark is missing.

    The absolute form loses scheme and authority; an empty path is `/`.
    """
    rest, hash_mark, fragment = target.partition(b"#")
    path, mark, query = rest.partition(b"?")
    if path[:1] != b"/":
        scheme, colon, after = path.partition(b"://")
        if colon and scheme.isalpha():
            _, slash, path = after.partition(b"/")
            path = slash + path
    return path or b"/", query if mark else None, fragment if hash_mark else None


def split_pairs(query: bytes) -> Pairs:
    """(name, value) of each argument as sent; one without `=` has an empty value, empty ones are none."""
    pairs = []
    for part in query.split(b"&"):
        if part:
            name, _, value = part.partition(b"=")
            pairs.append((name, value))
    return pairs


def split_cookies(headers: list[bytes]) -> Pairs:
    """(name, value) of each cookie, white space around both dropped."""
    pairs = []
    for header in headers:
        for part in header.split(b";"):
            name, _, value = part.partition(b"=")
            if name := name.strip():
                pairs.append((name, value.strip()))
            elif value:
                pairs.append((b"", value.strip()))
    return pairs


def within_limit(pairs: Pairs) -> tuple[Pairs, bool]:
    """What of headers or cookies is inspected, and whether that is less than there is."""
    if len(pairs) <= HEADER_COUNT:
        room = HEADER_BYTES
        for name, value in pairs:
            room -= len(name) + len(value)
        if room >= 0:
            return pairs, False
    room = HEADER_BYTES
    kept: Pairs = []
    for name, value in pairs[:HEADER_COUNT]:
        name = name[:room]
        value = value[: room - len(name)]
        kept.append((name, value))
        room -= len(name) + len(value)
        if not room:
            break
    return kept, True


class Parts:
    """The parts of one request. `body` is cut at the inspection limit of the resource."""

    def __init__(self, request: Request, body_limit: int) -> None:
        self.request = request
        self.body = request.body if len(request.body) <= body_limit else request.body[:body_limit]
        self.body_oversize = (
            request.body_truncated
            or len(request.body) > body_limit
            or (request.body_length is not None and request.body_length > len(self.body))
        )
        self.path, self.query, self.fragment = split_target(request.target)

    @cached_property
    def headers(self) -> dict[bytes, list[bytes]]:
        """Values by lower-case name, in order."""
        named: dict[bytes, list[bytes]] = {}
        for name, value in self.request.headers:
            named.setdefault(name.lower(), []).append(value)
        return named

    @cached_property
    def inspected_headers(self) -> tuple[Pairs, bool]:
        """Headers within the limit, names as sent, and whether there are more."""
        return within_limit(list(self.request.headers))

    @cached_property
    def cookies(self) -> Pairs:
        """All cookies."""
        return split_cookies(self.headers.get(b"cookie", []))

    @cached_property
    def inspected_cookies(self) -> tuple[Pairs, bool]:
        """Cookies within the limit, and whether there are more."""
        return within_limit(self.cookies)

    @cached_property
    def arguments(self) -> Pairs:
        """Query arguments as sent."""
        return split_pairs(self.query) if self.query else []

    @cached_property
    def json(self) -> Json:
        """The body read as JSON."""
        return read(self.body)

    @cached_property
    def body_values(self) -> list[Value]:
        """The body taken apart by its content type."""
        return values_of(self.body, self.headers.get(b"content-type", [b""])[-1])

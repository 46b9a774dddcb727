"""One HTTP request, as whoever received it hands it to the engine."""

from __future__ import annotations

from typing import NamedTuple

import msgspec


class Location(NamedTuple):
    """What is known of an address. Empty strings and 0 stand for unknown."""

    country: str = ""
    """ISO 3166-1 alpha-2, upper case."""
    region: str = ""
    """ISO 3166-2 subdivision with its country: `US-OR`."""
    asn: int = 0


class Resource(msgspec.Struct, frozen=True):
    """The protected resource a request came to."""

    kind: str = "APPLICATION_LOAD_BALANCER"
    """The API's resource type, or `CLOUDFRONT`: how much of a body is inspected, and what the log calls its source."""
    id: str = "-"
    """As the log's `httpSourceId` has it: `app/name/id` of a load balancer, a distribution's id."""


class Request(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Bytes as they were sent; nothing is decoded, folded or joined by the sender of this object.

    HTTP/2 and HTTP/3: `:method` and `:path` are `method` and `target`, `:authority` is a `host` header, and no other
    pseudo header is in `headers`.
    """

    method: str
    target: bytes
    """Path, query and fragment as in the request line. An absolute form (`http://host/path`) is taken apart too."""
    version: str = "HTTP/1.1"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """(name, value) pairs in arrival order, repeated headers repeated."""
    header_order: tuple[bytes, ...] | None = None
    """Names in arrival order, if `headers` could not keep it."""
    body: bytes = b""
    """At least as much of it as the resource's inspection limit, or all there is."""
    body_length: int | None = None
    """Length of the whole body in bytes; None: `body` is all of it, unless `body_truncated`."""
    body_truncated: bool = False
    """There was more than `body`, whether or not its length is known."""
    source_ip: str = "127.0.0.1"
    location: Location | None = None
    """Of `source_ip`; None: `State.locate` is asked when a rule needs it."""
    scheme: str = "http"
    tls_version: str = ""
    tls_cipher: str = ""
    server_name: str = ""
    ja3: str = ""
    """32 hexadecimal characters; empty: unknown (plain HTTP)."""
    ja4: str = ""
    request_id: str = ""
    received: float = 0.0
    """Seconds since the epoch, for the log; 0: the `now` of the inspection."""
    resource: Resource = Resource()

    def header(self, name: bytes) -> bytes | None:
        """The first header of that lower-case name."""
        for key, value in self.headers:
            if key.lower() == name:
                return value
        return None

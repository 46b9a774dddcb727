"""What Envoy asks, as a request of the client's.

Envoy's HTTP check is the client's request with the first bytes of its body; what does not survive that way comes in
headers of our own (see `internal`). Two things are lost for good: repeated headers are joined by commas, and their
order is mixed. Cookie headers that were joined are taken apart again.
"""

from __future__ import annotations

import re

from garrison.edge import internal
from garrison.waf import Request, Resource

Headers = list[tuple[bytes, bytes]]

_OURS = internal.PREFIX.encode()
_SITE, _WEB_ACL = internal.SITE.encode(), internal.WEB_ACL.encode()
_ENVOYS = (b"x-envoy-",)
_HOP = frozenset({b"connection", b"keep-alive", b"x-forwarded-proto", b"x-request-id", b"content-length"})
_JOINED = re.compile(rb",\s*(?=[!#$%&'*+\-.^_`|~0-9A-Za-z]+=)")
_VERSIONS = {b"HTTP/1.0": "HTTP/1.0", b"HTTP/2": "HTTP/2.0", b"HTTP/3": "HTTP/3.0"}
"""As the data plane has them, and as records of requests do."""
_PARTIAL = b"x-envoy-auth-partial-body"
_TRUE = b"true"


def split_cookies(value: bytes) -> list[bytes]:
    """The Cookie headers of a joined one: a comma before `name=` parts two of them.

    A comma inside a cookie's value that looks like that is read as a parting too: what follows is then inspected as a
    cookie of its own.
    """
    return _JOINED.split(value) if b"," in value else [value]


def request_of(
    method: bytes, target: bytes, headers: Headers, body: bytes, resource: Resource, request_id: str
) -> Request:
    """The client's request."""
    told: dict[bytes, bytes] = {}
    kept: Headers = []
    partial = False
    for name, value in headers:
        if name.startswith(_OURS):
            told[name[len(_OURS) :]] = value
        elif name == _PARTIAL:
            partial = value == _TRUE
        elif name in _HOP or name.startswith(_ENVOYS):
            continue
        elif name == b"x-forwarded-for":
            continue  # the client's own came in a header of ours
        elif name == b"cookie":
            kept += [(name, one) for one in split_cookies(value)]
        else:
            kept.append((name, value))
    forwarded = told.get(b"forwarded-for")
    if forwarded is not None:
        kept.append((b"x-forwarded-for", forwarded))
    length = told.get(b"length")
    if length is not None:
        kept.append((b"content-length", length))
    order = told.get(b"order")
    return Request(
        method=method.decode("latin-1"),
        target=target,
        version=_VERSIONS.get(told.get(b"protocol", b""), "HTTP/1.1"),
        headers=tuple(kept),
        header_order=None if order is None else tuple(order.split(b":")),
        body=body,
        body_length=int(length) if length is not None and length.isdigit() else None if partial else len(body),
        body_truncated=partial,
        source_ip=_address(told.get(b"address", b"")),
        scheme=told.get(b"scheme", b"http").decode("latin-1"),
        tls_version=told.get(b"tls-version", b"").decode("latin-1"),
        tls_cipher=told.get(b"tls-cipher", b"").decode("latin-1"),
        server_name=told.get(b"server-name", b"").decode("latin-1"),
        ja3=told.get(b"ja3", b"").decode("latin-1"),
        ja4=told.get(b"ja4", b"").decode("latin-1"),
        request_id=request_id,
        resource=resource,
    )


def _address(told: bytes) -> str:
    """`127.0.0.1:80` and `[::1]:80` without port and brackets."""
    text = told.decode("latin-1")
    return text.rpartition(":")[0].strip("[]") if text else "0.0.0.0"  # noqa: S104 - no address is known


def guarded(headers: Headers) -> tuple[str, str]:
    """Which listener asks, and the web ACL that must judge (empty: none), as `guards` has its keys."""
    site = web_acl = ""
    for key, value in headers:
        if key == _SITE:
            site = value.decode("latin-1")
        elif key == _WEB_ACL:
            web_acl = value.decode("latin-1")
    return site, "" if web_acl == internal.NO_WEB_ACL else web_acl

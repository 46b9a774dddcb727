"""A request as the upstream gets it: the client's, without its signature, signed with the upstream's credentials."""

from __future__ import annotations

import hashlib
import hmac
import time

from garrison.access.call import HttpRequest
from garrison.gateway.canonical import canonical_path, canonical_query, canonical_s3_path
from garrison.gateway.sigv4 import ALGORITHM, S3_SERVICES, TERMINATOR, signing_key
from garrison.gateway.upstream.origin import Credentials, Origin

_HOP_BY_HOP = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "http2-settings",
    }
)  # fmt: skip
"""Source: RFC 9110, section 7.6.1."""

_REPLACED = frozenset(
    {
        "host", "authorization", "content-length", "expect", "x-amz-date", "date", "x-amz-security-token",
        "x-amz-content-sha256", "x-amz-decoded-content-length", "x-amz-trailer", "forwarded", "x-forwarded-for",
        "x-forwarded-proto", "x-forwarded-host",
    }
)  # fmt: skip
"""What is said anew, or was said to Garrison alone."""

_QUERY_SIGNATURE = frozenset(
    {
        "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature",
        "X-Amz-Security-Token", "X-Amz-Content-Sha256",
    }
)  # fmt: skip


def forwarded_headers(request: HttpRequest, *, unchunked: bool = False) -> list[tuple[str, str]]:
    """The client's headers that are for the upstream. `unchunked`: the body was aws-chunked and no longer is."""
    dropped = {
        token.strip().lower() for name, value in request.headers if name == "connection" for token in value.split(",")
    }
    kept: list[tuple[str, str]] = []
    for name, value in request.headers:
        if name in _HOP_BY_HOP or name in _REPLACED or name in dropped:
            continue
        if unchunked and name == "content-encoding":
            value = ",".join(v.strip() for v in value.split(",") if v.strip().lower() != "aws-chunked")
            if not value:
                continue
        kept.append((name, value))
    return kept


def forwarded_query(query: str) -> str:
    """The query string without what signed it."""
    if "X-Amz-" not in query:
        return query
    return "&".join([part for part in query.split("&") if part.partition("=")[0] not in _QUERY_SIGNATURE])


def signed_head(
    origin: Origin,
    credentials: Credentials,
    service: str,
    region: str,
    now: float,
    *,
    method: str,
    path: str,
    query: str,
    headers: list[tuple[str, str]],
    payload: str,
    length: int | None,
) -> bytes:
    """Request line and headers, signed. `service` is the signing name, `payload` the body's SHA-256 or what stands in
    for it, `length` the content length (None: no body is announced)."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    s3 = service in S3_SERVICES
    path = canonical_s3_path(path) if s3 else path or "/"
    mine = [("host", origin.authority), ("x-amz-date", stamp)]
    if s3:
        mine.append(("x-amz-content-sha256", payload))
    if credentials.session_token is not None:
        mine.append(("x-amz-security-token", credentials.session_token))
    signed = dict(mine)
    for name, value in headers:
        if name.startswith("x-amz-") or name == "content-type":
            signed[name] = f"{signed[name]},{value.strip()}" if name in signed else " ".join(value.split())
    names = sorted(signed)
    listed = ";".join(names)
    lines = "".join([f"{name}:{signed[name]}\n" for name in names])
    canonical = (
        f"{method}\n{path if s3 else canonical_path(path)}\n{canonical_query(query)}\n{lines}\n{listed}\n{payload}"
    )
    scope = f"{stamp[:8]}/{region}/{service}/{TERMINATOR}"
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    key = signing_key(credentials.secret_access_key, stamp[:8], region, service)
    signature = hmac.digest(key, f"{ALGORITHM}\n{stamp}\n{scope}\n{digest}".encode("latin-1"), "sha256").hex()
    authorization = (
        f"{ALGORITHM} Credential={credentials.access_key_id}/{scope}, SignedHeaders={listed}, Signature={signature}"
    )
    if length is not None:
        mine.append(("content-length", str(length)))
    mine.append(("authorization", authorization))
    target = f"{path}?{query}" if query else path
    text = "".join([f"{name}: {value}\r\n" for name, value in (*mine, *headers)])
    return f"{method} {target} HTTP/1.1\r\n{text}\r\n".encode("latin-1")

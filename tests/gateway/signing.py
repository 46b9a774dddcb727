"""Requests signed by botocore's own signers, as our server would receive them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from garrison.access.call import HttpRequest

KEY = "AKIARZPUZDIKAUAAAAAA"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = 1_795_478_400.0
"""2026-11-24T00:00:00Z."""


def signed(
    signer: Callable[..., Any] = auth.SigV4Auth,
    *,
    method: str = "POST",
    url: str = "http://localhost:4590/",
    headers: dict[str, str] | None = None,
    body: bytes = b"Action=GetUser&Version=2010-05-08",
    service: str = "iam",
    region: str = "us-east-1",
    token: str | None = None,
    at: float = NOW,
    secret: str = SECRET,
    key: str = KEY,
    **options: Any,
) -> HttpRequest:
    """A signed request."""
    request = AWSRequest(method=method, url=url, headers=headers or {}, data=body)
    moment = datetime.datetime.fromtimestamp(at, datetime.UTC).replace(tzinfo=None)
    with patch.object(auth, "get_current_datetime", lambda *_: moment):
        signer(Credentials(key, secret, token), service, region, **options).add_auth(request)
    return received(request.prepare())


def received(prepared: Any) -> HttpRequest:
    """What comes off the wire when botocore sends a prepared request."""
    parts = urlsplit(prepared.url)
    found = [("host", parts.netloc)]
    for name, value in prepared.headers.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        if name.lower() != "host":
            found.append((name.lower(), text))
    body = prepared.body or b""
    return HttpRequest(
        prepared.method,
        parts.path or "/",
        parts.query,
        tuple(found),
        body if isinstance(body, bytes) else body.encode(),
        "127.0.0.1",
    )


def with_header(request: HttpRequest, name: str, value: str | None) -> HttpRequest:
    """The request with one header set, or taken away."""
    kept = [(n, v) for n, v in request.headers if n != name]
    if value is not None:
        kept.append((name, value))
    return replaced(request, headers=tuple(kept))


def replaced(request: HttpRequest, **changes: Any) -> HttpRequest:
    """The request with other parts."""
    fields = {
        name: getattr(request, name) for name in ("method", "path", "query", "headers", "body", "source_ip", "secure")
    }
    return HttpRequest(**(fields | changes))

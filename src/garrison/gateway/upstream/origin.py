"""Where the upstreams are, and which of them has a service."""

from __future__ import annotations

import re
from difflib import get_close_matches
from urllib.parse import urlsplit

import msgspec

from garrison.aws.service_index import index

_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+(%[a-z0-9]+)?")
"""Names and addresses, lower case, without the brackets of IPv6."""


class Origin(msgspec.Struct, frozen=True):
    """One endpoint."""

    host: str
    port: int
    secure: bool = False

    @property
    def authority(self) -> str:
        """The `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.authority}"


class Credentials(msgspec.Struct, frozen=True):
    """What signs calls to an upstream. The defaults are what emulators take from everybody."""

    access_key_id: str = "test"
    secret_access_key: str = "test"  # noqa: S105
    session_token: str | None = None


class Origins(msgspec.Struct, frozen=True):
    """Which endpoint has which service, by the name in signatures (`s3`, `dynamodb`)."""

    named: dict[str, Origin] = {}
    others: Origin | None = None

    def of(self, signing_name: str) -> Origin | None:
        """The endpoint of a service, or None."""
        return self.named.get(signing_name, self.others)


def read_origins(given: tuple[str, ...]) -> Origins:
    """`URL` (every service Garrison lacks) and `service=URL`. Raises `ValueError` that says what is wrong."""
    named: dict[str, Origin] = {}
    others: Origin | None = None
    for text in given:
        name, equals, url = text.partition("=")
        if not equals or "/" in name:
            if others is not None:
                raise ValueError("only one --upstream can have all other services; name the service of the others")
            others = _origin(text)
            continue
        service = index().services.get(name)
        signing = service.signing_name if service is not None else name
        if signing not in index().by_signing_name:
            near = get_close_matches(name, index().services, n=1)
            hint = f" Did you mean {near[0]}={url}?" if near else ""
            raise ValueError(f"{name!r} is no AWS service; --upstream takes URL or service=URL.{hint}")
        if signing in named:
            raise ValueError(f"--upstream names {name} twice")
        named[signing] = _origin(url)
    return Origins(named, others)


def _origin(url: str) -> Origin:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _no_endpoint(url) from None
    if parts.username is not None:
        raise ValueError(
            "credentials of an upstream are not part of its URL; they are --upstream-access-key-id and"
            " GARRISON_UPSTREAM_SECRET_ACCESS_KEY"
        )
    wrong = parts.scheme not in ("http", "https") or parts.path not in ("", "/") or parts.query or parts.fragment
    if wrong or port == 0 or not parts.hostname or not _HOST.fullmatch(parts.hostname):
        raise _no_endpoint(url)
    secure = parts.scheme == "https"
    return Origin(parts.hostname, port or (443 if secure else 80), secure)


def _no_endpoint(url: str) -> ValueError:
    return ValueError(f"{url!r} is not the URL of an endpoint; one looks like http://127.0.0.1:5000")

"""Where the upstreams are, and which of them has a service."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from garrison.aws.service_index import index


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
            raise ValueError(f"{name!r} is no AWS service; --upstream takes URL or service=URL")
        if signing in named:
            raise ValueError(f"--upstream names {name} twice")
        named[signing] = _origin(url)
    return Origins(named, others)


def _origin(url: str) -> Origin:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise ValueError(f"{url!r} is not the URL of an endpoint; it looks like http://127.0.0.1:5000")
    if parts.username is not None:
        raise ValueError("credentials of an upstream are options of their own, not part of its URL")
    secure = parts.scheme == "https"
    return Origin(parts.hostname, parts.port or (443 if secure else 80), secure)

"""What stands at the edge: the listeners of load balancers and distributions, in words of no service.

Services that have such resources register a `SiteProvider`; the edge asks it for each resource that was announced, and
serves what it says. Whoever changes what a site is made of bumps the epoch `(EDGE, EVERYBODY)` in the same transaction.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from garrison.access.runtime import Runtime
from garrison.store import Reader, Transaction

EDGE = "edge"
"""Domain of the epoch of everything here."""
EVERYBODY = ""
"""The account under which it is counted: the edge serves all of them."""
STANDS = "edge.stands"
"""Relation of the edge with the resources it serves: `STANDS_AT` -> their ARNs."""
STANDS_AT = "edge"


class Certificate(msgspec.Struct, frozen=True):
    """What a TLS listener shows: a certificate of the owner's own, or one the development CA makes for `names`."""

    names: tuple[str, ...]
    pem: str | None = None
    """Certificate and chain."""
    key: str | None = None
    """Its private key (PEM, unencrypted). Never logged."""


class Condition(msgspec.Struct, frozen=True):
    """One thing a request must have. Any of `patterns` (or `networks`) is enough."""

    field: str
    """`path`, `host`, `header`, `query`, `method` or `source`."""
    patterns: tuple[str, ...] = ()
    """RE2 expressions. One matches the whole of the field; of `query`, one or more whole `key=value` pieces."""
    name: str = ""
    """Of the header, in lower case."""
    ignore_case: bool = False
    networks: tuple[str, ...] = ()
    """CIDR blocks, for `source`."""


class Forward(msgspec.Struct, frozen=True, tag="forward"):
    """To a pool, or to one of several by their weights."""

    pools: tuple[tuple[str, int], ...]
    """(pool id, weight)"""
    sticky: int = 0
    """Seconds a client stays with the pool it was given; 0: it does not."""


class Redirect(msgspec.Struct, frozen=True, tag="redirect"):
    """`#{protocol}`, `#{host}`, `#{port}`, `#{path}` and `#{query}` stand for the request's own."""

    protocol: str = "#{protocol}"
    host: str = "#{host}"
    port: str = "#{port}"
    path: str = "/#{path}"
    query: str = "#{query}"
    status: int = 301


class Fixed(msgspec.Struct, frozen=True, tag="fixed"):
    """An answer without a target."""

    status: int
    content_type: str = "text/plain"
    body: str = ""


class Route(msgspec.Struct, frozen=True):
    """Where requests go that meet all conditions."""

    id: str
    action: Forward | Redirect | Fixed
    conditions: tuple[Condition, ...] = ()
    priority: str = "default"
    """As access records name it."""
    host: str | None = None
    """The Host that the target sees; None: the client's."""
    prefix: str = ""
    """Put before the path on the way to the target."""
    headers: tuple[tuple[str, str], ...] = ()
    """Set on the way to the target."""
    target: str | None = None
    """The path that the target sees in place of the client's (before `prefix` is put before it)."""
    query: tuple[str, ...] | None = None
    """The query arguments that the target sees; None: all of them, as they are."""
    cookies: tuple[str, ...] | None = None
    """The cookies that the target sees; None: all of them, as they are."""
    response_headers: tuple[tuple[str, str], ...] = ()
    """Added to the response."""


class Listener(msgspec.Struct, frozen=True):
    """One port of a site."""

    id: str
    port: int
    """On this machine."""
    public_port: int
    """As the API has it."""
    routes: tuple[Route, ...]
    """In order; the last one has no conditions."""
    certificates: tuple[Certificate, ...] = ()
    """None: plain HTTP. The first is shown to clients that name no host, or none that is known."""
    tls_from: str = "1.2"
    """The oldest TLS version taken: `1.0` ... `1.3`."""


class Target(msgspec.Struct, frozen=True):
    """Where an application listens."""

    id: str
    host: str
    port: int
    weight: int = 1


class HealthCheck(msgspec.Struct, frozen=True):
    """How it is found out whether a target answers. Times in seconds."""

    protocol: str
    """`HTTP` or `HTTPS`; the certificate is not verified (as load balancers do not)."""
    port: int | None
    """None: the target's own."""
    path: str
    interval: float
    timeout: float
    healthy_after: int
    unhealthy_after: int
    codes: str = "200"
    """`200`, `200,302`, `200-299`."""


class Pool(msgspec.Struct, frozen=True):
    """Targets among which requests are spread."""

    id: str
    protocol: str
    """`http` or `https`: how the targets are spoken to, always in HTTP/1.1."""
    targets: tuple[Target, ...]
    algorithm: str = "round_robin"
    """`round_robin`, `least_outstanding_requests` or `weighted_random`."""
    check: HealthCheck | None = None
    """None: every target counts as healthy."""
    sticky: tuple[str, int] | None = None
    """(cookie name, seconds) by which a client stays with its target."""
    draining: float = 300.0
    """Seconds that requests under way at a target that was taken out have to finish."""
    read_timeout: float = 60.0
    """Seconds a target may keep us waiting."""
    verify: bool = False
    """Whether a TLS target's certificate must be good for its host name."""


class Geo(msgspec.Struct, frozen=True):
    """From which countries requests are taken."""

    allow: bool
    """Whether `countries` are the ones let in, or the ones kept out."""
    countries: tuple[str, ...]


class ErrorPage(msgspec.Struct, frozen=True):
    """What is shown in place of a target's error."""

    status: int
    """The target's."""
    shown_status: int | None = None
    path: str | None = None
    """Page to fetch from the same site; None: the target's own body."""


class Site(msgspec.Struct, frozen=True):
    """A load balancer or a distribution."""

    arn: str
    kind: str
    """`ALB` or `CF`, as WAF logs name sources."""
    account: str
    host: str
    """Its DNS name."""
    listeners: tuple[Listener, ...]
    pools: tuple[Pool, ...]
    web_acl: str | None = None
    """ARN of the web ACL that its own configuration names; others are linked (see `web_acls`)."""
    fail_open: bool = False
    """Whether requests pass that could not be inspected."""
    idle_timeout: float = 60.0
    keep_alive: float = 3600.0
    xff: str = "append"
    """What becomes of X-Forwarded-For: `append`, `preserve` or `remove`."""
    xff_port: bool = False
    """Whether X-Forwarded-For has the client's port."""
    preserve_host: bool = False
    drop_invalid_headers: bool = False
    http2: bool = True
    tls_headers: bool = False
    """Whether targets are told TLS version and cipher (`x-amzn-tls-version`, `x-amzn-tls-cipher-suite`)."""
    geo: Geo | None = None
    error_pages: tuple[ErrorPage, ...] = ()
    server: str | None = None
    """The `server` header of answers it makes itself."""


class Health(msgspec.Struct, frozen=True):
    """What is known of one target of a pool."""

    state: str
    """`initial`, `healthy`, `unhealthy`, `draining` or `unused`."""
    reason: str | None = None
    """`Target.Timeout`, `Target.ResponseCodeMismatch`, ..."""
    description: str | None = None


class SiteProvider(Protocol):
    """One service's view of what it has at the edge."""

    def site(self, reader: Reader, runtime: Runtime, arn: str) -> Site | None:
        """The site, as it is now; None if it serves nothing (not there, disabled)."""
        ...

    def record_health(self, tx: Transaction, pool: str, health: dict[str, Health]) -> None:
        """Keep what was found out of a pool's targets, by target id."""
        ...


_providers: dict[str, SiteProvider] = {}


def provide_sites(arn_service: str, provider: SiteProvider) -> None:
    """Register the provider for ARNs of one service (`elasticloadbalancing`)."""
    _providers[arn_service] = provider


def announce(tx: Transaction, account: str, arn: str) -> None:
    """There is a site more."""
    tx.link(STANDS, account, STANDS_AT, arn)
    changed(tx)


def withdraw(tx: Transaction, arn: str) -> None:
    """There is a site less."""
    tx.unlink(STANDS, STANDS_AT, arn)
    changed(tx)


def changed(tx: Transaction) -> None:
    """Some site is not what it was."""
    tx.bump(EDGE, EVERYBODY)


def announced(reader: Reader) -> list[str]:
    """ARNs of all sites."""
    return [link.target for link in reader.targets(STANDS, STANDS_AT)]


def sites(reader: Reader, runtime: Runtime) -> list[Site]:
    """Every site, by ARN."""
    found = []
    for arn in announced(reader):
        provider = _providers.get(arn.split(":", 3)[2])
        site = None if provider is None else provider.site(reader, runtime, arn)
        if site is not None:
            found.append(site)
    return found


def provider_of(pool: str) -> SiteProvider | None:
    """Who is told of the health of a pool."""
    return _providers.get(pool.split(":", 3)[2]) if pool.count(":") >= 5 else None

"""A distribution as the edge serves it. Nothing is cached: every request goes to its origin.

Source: CloudFront developer guide, "How CloudFront processes requests and responses" (custom origins): without a policy
that says otherwise the origin sees its own host name, no cookies, no query string, and `Amazon CloudFront` for a
User-Agent.
"""

from __future__ import annotations

from typing import Any

from garrison.access import certificates, sites
from garrison.access.runtime import Runtime
from garrison.access.sites import Condition, ErrorPage, Fixed, Forward, Geo, Health, Pool, Redirect, Route, Site, Target
from garrison.services.cloudfront import policies
from garrison.services.cloudfront.config import items
from garrison.services.cloudfront.patterns import expression
from garrison.services.cloudfront.resources import DISTRIBUTION, Distribution
from garrison.store import Reader, Resource, Transaction

Json = dict[str, Any]

_OLDEST = {"SSLv3": "1.0", "TLSv1": "1.0", "TLSv1_2016": "1.0", "TLSv1.1_2016": "1.1", "TLSv1.3_2025": "1.3"}
_REFUSED = (
    "<html><head><title>403 ERROR</title></head><body><h1>403 ERROR</h1>"
    "<h2>The request could not be satisfied.</h2><p>{}</p></body></html>\n"
)


class Distributions:
    """The `access.sites.SiteProvider` of distributions."""

    def site(self, reader: Reader, runtime: Runtime, arn: str) -> Site | None:
        """A distribution that is enabled, with a listener for HTTP and one for HTTPS."""
        row = reader.by_id(DISTRIBUTION, arn)
        if row is None or not row.body.config["Enabled"]:
            return None
        config = row.body.config
        shown = _certificates(reader, runtime, row)
        oldest = _OLDEST.get(config["ViewerCertificate"]["MinimumProtocolVersion"], "1.2")
        geo = config["Restrictions"]["GeoRestriction"]
        return Site(
            arn=arn,
            kind="CF",
            account=row.account,
            host=row.body.domain,
            listeners=(
                sites.Listener(f"{arn}:80", row.body.http_port, 80, _routes(row, tls=False)),
                sites.Listener(f"{arn}:443", row.body.https_port, 443, _routes(row, tls=True), shown, oldest),
            ),
            pools=tuple(pool for origin in items(config["Origins"]) for pool in _pools(row, origin)),
            web_acl=config["WebACLId"] or None,
            idle_timeout=60.0,
            http2=config["HttpVersion"] != "http1.1",
            geo=None
            if geo["RestrictionType"] == "none"
            else Geo(geo["RestrictionType"] == "whitelist", tuple(items(geo))),
            error_pages=tuple([_error_page(page) for page in items(config["CustomErrorResponses"])]),
            server="CloudFront",
        )

    def record_health(self, tx: Transaction, pool: str, health: dict[str, Health]) -> None:
        """Origins have no health checks."""


def _certificates(reader: Reader, runtime: Runtime, row: Resource[Distribution]) -> tuple[sites.Certificate, ...]:
    names = (row.body.domain, *items(row.body.config["Aliases"]), "localhost", "127.0.0.1", "::1")
    arn = row.body.config["ViewerCertificate"].get("ACMCertificateArn")
    found = None
    if arn:
        found = certificates.find(reader, runtime, row.account, "us-east-1", arn, names=names)
    return (found or sites.Certificate(names),)


def _error_page(page: Json) -> ErrorPage:
    code = page.get("ResponseCode")
    return ErrorPage(page["ErrorCode"], int(code) if code else None, page.get("ResponsePagePath") or None)


def _routes(row: Resource[Distribution], *, tls: bool) -> tuple[Route, ...]:
    config = row.body.config
    found: list[Route] = []
    for number, behaviour in enumerate(items(config["CacheBehaviors"])):
        path = Condition("path", (expression(behaviour["PathPattern"]),))
        found += _behaviour(row, behaviour, str(number), (path,), tls=tls)
    default = config["DefaultCacheBehavior"]
    root = config["DefaultRootObject"]
    if root:
        found += _behaviour(row, default, "root", (Condition("path", ("/",)),), tls=tls, target=f"/{root}")
    found += _behaviour(row, default, "default", (), tls=tls)
    return tuple(found)


def _behaviour(
    row: Resource[Distribution],
    behaviour: Json,
    name: str,
    when: tuple[Condition, ...],
    *,
    tls: bool,
    target: str | None = None,
) -> list[Route]:
    policy = behaviour["ViewerProtocolPolicy"]
    if not tls and policy == "redirect-to-https":
        return [Route(name, Redirect(protocol="HTTPS", port="443"), when, name)]
    if not tls and policy == "https-only":
        body = _REFUSED.format("Bad request. We can't connect to the server for this app or website over HTTP.")
        return [Route(name, Fixed(403, "text/html", body), when, name)]
    origin = next(one for one in items(row.body.config["Origins"]) if one["Id"] == behaviour["TargetOriginId"])
    sent, host = policies.sent(behaviour)
    headers = [(one["HeaderName"], one["HeaderValue"]) for one in items(origin["CustomHeaders"])]
    if sent.headers is not None and "user-agent" not in sent.headers:
        headers.append(("user-agent", "Amazon CloudFront"))
    headers.append(("via", f"1.1 {row.body.domain} (CloudFront)"))
    goes = Route(
        name,
        Forward(((_pool_id(row, origin, tls=_to_tls(origin, tls=tls)), 1),)),
        (*when, Condition("method", tuple(items(behaviour["AllowedMethods"])))),
        name,
        host=None if host else origin["DomainName"],
        prefix=origin["OriginPath"],
        target=target,
        headers=tuple(headers),
        response_headers=(("x-cache", "Miss from cloudfront"), ("via", f"1.1 {row.body.domain} (CloudFront)")),
        query=sent.query,
        cookies=sent.cookies,
    )
    body = _REFUSED.format("This distribution is not configured to allow the HTTP request method that was used.")
    refused = Route(f"{name}-method", Fixed(403, "text/html", body), when, name)
    return [goes, refused]


def _to_tls(origin: Json, *, tls: bool) -> bool:
    policy = origin["CustomOriginConfig"]["OriginProtocolPolicy"]
    return tls if policy == "match-viewer" else bool(policy == "https-only")


def _pool_id(row: Resource[Distribution], origin: Json, *, tls: bool) -> str:
    return f"{row.id}:{origin['Id']}:{'https' if tls else 'http'}"


def _pools(row: Resource[Distribution], origin: Json) -> list[Pool]:
    custom = origin["CustomOriginConfig"]
    wanted = {_to_tls(origin, tls=tls) for tls in (False, True)}
    return [
        Pool(
            id=_pool_id(row, origin, tls=tls),
            protocol="https" if tls else "http",
            targets=(Target(origin["Id"], origin["DomainName"], custom["HTTPSPort" if tls else "HTTPPort"]),),
            read_timeout=float(custom["OriginReadTimeout"]),
            verify=tls,
        )
        for tls in sorted(wanted)
    ]


sites.provide_sites("cloudfront", Distributions())

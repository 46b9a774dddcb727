"""One request, judged: pass on (with headers inserted), or answer."""

from __future__ import annotations

from typing import NamedTuple

from garrison.access.sites import Geo
from garrison.edge.inspection.guards import Guard
from garrison.waf import Request, Response, State, Verdict
from garrison.waf.challenge import answer


class Judgement(NamedTuple):
    """What becomes of a request."""

    response: Response | None
    """None: it is passed on."""
    insert: tuple[tuple[str, str], ...] = ()
    verdict: Verdict | None = None
    """The web ACL's, where it was asked."""


_PASSED = Judgement(None)
_NOT_HERE = Response(
    403,
    (("content-type", "text/html"), ("x-cache", "Error from cloudfront")),
    b"<html><head><title>403 ERROR</title></head><body><h1>403 ERROR</h1><h2>The request could not be satisfied.</h2>"
    b"<p>The Amazon CloudFront distribution is configured to block access from your country.</p></body></html>\n",
)


def judge(guard: Guard, request: Request, state: State, now: float) -> Judgement:
    """Judge a request. Geographic restrictions come before the web ACL."""
    if guard.geo is not None and not _let_in(guard.geo, request, state):
        return Judgement(_NOT_HERE)
    acl = guard.acl
    if acl is None:
        return _PASSED
    own = answer(acl, request, state, now)
    if own is not None:
        return Judgement(own)
    verdict = acl.inspect(request, state, now)
    return Judgement(verdict.response, verdict.insert_headers, verdict)


def _let_in(geo: Geo, request: Request, state: State) -> bool:
    """A client whose country is not known is let in.

    Source: CloudFront developer guide, "Restrict the geographic distribution of your content".
    """
    country = (request.location or state.locate(request.source_ip)).country
    return not country or (country in geo.countries) == geo.allow

"""`GeoMatchStatement`: the country of an address. It labels the request with what it learns in any case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from garrison.waf.context import Context
from garrison.waf.errors import TOO_MANY, invalid
from garrison.waf.request import Location
from garrison.waf.statements.forwarded import Forwarded
from garrison.waf.statements.node import Located, Node
from garrison.waf.statements.on_field import Params

if TYPE_CHECKING:
    from garrison.waf.walk import Walk

NAME = "GeoMatchStatement"
MOST = 50
UNKNOWN = "XX"


def compile_statement(params: Params, context: Context) -> Node:
    """Labels: `awswaf:clientip:geo:country:US`, `...:region:US-OR`, or the same of `awswaf:forwardedip:`.

    Source: developer guide, "Geographic match rule statement".
    """
    codes = frozenset(params.get("CountryCodes") or ())
    config = params.get("ForwardedIPConfig")
    source = Forwarded(config) if config else None
    prefix = "awswaf:forwardedip:geo:" if source else "awswaf:clientip:geo:"

    def located(walk: Walk) -> Location | None:
        if source is None:
            return walk.location()
        addresses = source.addresses(walk)
        return walk.locate(str(addresses[0])) if addresses else None

    def test(walk: Walk) -> bool:
        location = located(walk)
        if location is None:
            return source is not None and source.fallback
        return (location.country or UNKNOWN) in codes

    def label(walk: Walk) -> None:
        location = located(walk) or Location()
        country = location.country or UNKNOWN
        walk.later((f"{prefix}country:{country}", f"{prefix}region:{location.region or f'{country}-{UNKNOWN}'}"))

    def locate(walk: Walk) -> list[Located]:
        location = located(walk) or Location()
        return [Located("GEO", "IP", "", ((location.country or UNKNOWN).encode(),))]

    return Node(
        test=test, locate=locate, forwarded=frozenset((source.header,)) if source else frozenset(), effects=(label,)
    )


def weigh(params: Params, context: Context) -> int:
    """1."""
    return 1


def check(params: Params) -> None:
    """At most 50 countries."""
    codes = params.get("CountryCodes") or ()
    if len(codes) > MOST:
        raise invalid("GEO_MATCH_STATEMENT", str(len(codes)), TOO_MANY)

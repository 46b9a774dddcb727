"""`Cookies`: all cookies, or those of some names, or of all names but some."""

from __future__ import annotations

from garrison.waf.fields.field import Field, Params, Values
from garrison.waf.fields.oversize import handled
from garrison.waf.fields.pairs import chosen, names_of, texts
from garrison.waf.parts import Pairs, Parts

NAME = "Cookies"


def compile_field(params: Params) -> Field:
    """Names are case-sensitive."""
    pattern, scope = params["MatchPattern"], params["MatchScope"]
    included = frozenset(name.encode() for name in pattern.get("IncludedCookies") or ())
    excluded = frozenset(name.encode() for name in pattern.get("ExcludedCookies") or ())

    def pick(parts: Parts) -> Pairs:
        return chosen(parts.inspected_cookies[0], included, excluded, lower=False)

    def exceeds(parts: Parts) -> bool:
        return parts.inspected_cookies[1]

    def extract(parts: Parts) -> Values:
        return texts(pick(parts), scope)

    return Field(
        extract=handled(params, exceeds, extract),
        location="COOKIE",
        names=lambda parts: names_of(pick(parts), scope),
        oversize="REQUEST_COOKIES",
        exceeds=exceeds,
    )

"""`Headers`: all headers, or those of some names, or of all names but some."""

from __future__ import annotations

from garrison.waf.fields.field import Field, Params, Values
from garrison.waf.fields.oversize import handled
from garrison.waf.fields.pairs import chosen, names_of, texts
from garrison.waf.parts import Pairs, Parts

NAME = "Headers"


def compile_field(params: Params) -> Field:
    """Names in any case; keys are matched as sent."""
    pattern, scope = params["MatchPattern"], params["MatchScope"]
    included = frozenset(name.lower().encode() for name in pattern.get("IncludedHeaders") or ())
    excluded = frozenset(name.lower().encode() for name in pattern.get("ExcludedHeaders") or ())

    def pick(parts: Parts) -> Pairs:
        return chosen(parts.inspected_headers[0], included, excluded, lower=True)

    def exceeds(parts: Parts) -> bool:
        return parts.inspected_headers[1]

    def extract(parts: Parts) -> Values:
        return texts(pick(parts), scope)

    return Field(
        extract=handled(params, exceeds, extract),
        location="HEADER",
        names=lambda parts: names_of(pick(parts), scope),
        oversize="REQUEST_HEADERS",
        exceeds=exceeds,
    )

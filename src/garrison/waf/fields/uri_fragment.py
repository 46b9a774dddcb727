"""`UriFragment`: what follows the `#`, if a client sends it."""

from __future__ import annotations

from garrison.waf.fields.field import Field, Params, Values
from garrison.waf.parts import Parts

NAME = "UriFragment"


def compile_field(params: Params) -> Field:
    """As sent; where there is none, FallbackBehavior decides, and without that nothing matches (a guess)."""
    settled = params.get("FallbackBehavior") == "MATCH"

    def extract(parts: Parts) -> Values:
        return settled if parts.fragment is None else [parts.fragment]

    return Field(extract=extract, location="URI_FRAGMENT")

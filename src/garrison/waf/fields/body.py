"""`Body`: the body as plain bytes, whatever it is."""

from __future__ import annotations

from garrison.waf.fields.field import Field, Params, Values
from garrison.waf.fields.oversize import body_exceeds, handled
from garrison.waf.parts import Parts

NAME = "Body"


def compile_field(params: Params) -> Field:
    """What is within the inspection limit. Without a body there is nothing to match."""
    return Field(
        extract=handled(params, body_exceeds, _extract), location="BODY", oversize="REQUEST_BODY", exceeds=body_exceeds
    )


def _extract(parts: Parts) -> Values:
    return [parts.body] if parts.body else False

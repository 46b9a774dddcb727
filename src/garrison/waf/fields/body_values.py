"""`BodyValues`, for managed groups: the body taken apart by its content type."""

from __future__ import annotations

from garrison.waf.body_values import Value
from garrison.waf.fields.field import Field, Params, Values
from garrison.waf.fields.oversize import body_exceeds, handled
from garrison.waf.parts import Parts

NAME = "BodyValues"


def compile_field(params: Params) -> Field:
    """Values; `Names` adds names and keys."""
    names = bool(params.get("Names"))

    def pick(parts: Parts) -> list[Value]:
        return [value for value in parts.body_values if names or not value.is_name]

    def extract(parts: Parts) -> Values:
        if not parts.body:
            return False
        return [value.text for value in pick(parts)] or False

    return Field(
        extract=handled(params, body_exceeds, extract),
        location="BODY",
        names=lambda parts: [value.name for value in pick(parts)],
        oversize="REQUEST_BODY",
        exceeds=body_exceeds,
    )

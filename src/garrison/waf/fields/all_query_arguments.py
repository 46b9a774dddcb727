"""`AllQueryArguments`: the value of each argument."""

from __future__ import annotations

from garrison.waf.fields.field import Field, Params, Values
from garrison.waf.parts import Parts

NAME = "AllQueryArguments"


def compile_field(params: Params) -> Field:
    """Values only, each by itself, as sent."""
    return Field(extract=_extract, location="ALL_QUERY_ARGS", names=_names)


def _extract(parts: Parts) -> Values:
    return [value for _, value in parts.arguments] or False


def _names(parts: Parts) -> list[str]:
    return [name.decode("utf-8", "replace") for name, _ in parts.arguments]

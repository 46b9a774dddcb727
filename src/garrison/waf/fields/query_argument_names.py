"""`QueryArgumentNames`, for managed groups: the names of the arguments."""

from __future__ import annotations

from garrison.waf.fields.field import Field, Params, Values
from garrison.waf.parts import Parts

NAME = "QueryArgumentNames"


def compile_field(params: Params) -> Field:
    """Each name as sent."""
    return Field(extract=_extract, location="ALL_QUERY_ARGS", names=_names)


def _extract(parts: Parts) -> Values:
    return [name for name, _ in parts.arguments] or False


def _names(parts: Parts) -> list[str]:
    return [name.decode("utf-8", "replace") for name, _ in parts.arguments]

"""`QueryString`: what follows the `?`."""

from __future__ import annotations

from garrison.waf.fields.field import Field, Params, Values
from garrison.waf.parts import Parts

NAME = "QueryString"


def compile_field(params: Params) -> Field:
    """As sent. Without a `?` there is none, and nothing matches."""
    return Field(extract=_extract, location="QUERY_STRING")


def _extract(parts: Parts) -> Values:
    return False if parts.query is None else [parts.query]

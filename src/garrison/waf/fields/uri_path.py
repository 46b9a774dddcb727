"""`UriPath`: the path as sent, not decoded, without the query."""

from __future__ import annotations

from garrison.waf.fields.field import Field, Params

NAME = "UriPath"


def compile_field(params: Params) -> Field:
    """As sent; `/` where there is none."""
    return Field(extract=lambda parts: [parts.path], location="URI")

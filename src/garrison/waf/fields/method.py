"""`Method`: the HTTP method."""

from __future__ import annotations

from garrison.waf.fields.field import Field, Params

NAME = "Method"


def compile_field(params: Params) -> Field:
    """As sent."""
    return Field(extract=lambda parts: [parts.request.method.encode("utf-8", "replace")], location="METHOD")

"""`SingleHeader`: every header of a name, in any case."""

from __future__ import annotations

from garrison.waf.fields.field import Field, Params, Values
from garrison.waf.parts import Parts

NAME = "SingleHeader"


def compile_field(params: Params) -> Field:
    """The values of all headers of that name, each by itself."""
    name = params["Name"].lower()
    key = name.encode()

    def extract(parts: Parts) -> Values:
        return parts.headers.get(key, False)

    return Field(extract=extract, location="HEADER", names=lambda parts: [name] * len(parts.headers.get(key, ())))

"""`SingleQueryArgument`: every argument of a name, in any case."""

from __future__ import annotations

from garrison.waf.fields.field import Field, Params, Values
from garrison.waf.parts import Parts

NAME = "SingleQueryArgument"


def compile_field(params: Params) -> Field:
    """The values of all arguments of that name as sent, each by itself; names are compared as sent too."""
    name = params["Name"]
    key = name.encode().lower()

    def extract(parts: Parts) -> Values:
        return [value for argument, value in parts.arguments if argument.lower() == key] or False

    def names(parts: Parts) -> list[str]:
        return [name for argument, _ in parts.arguments if argument.lower() == key]

    return Field(extract=extract, location="SINGLE_QUERY_ARG", names=names)

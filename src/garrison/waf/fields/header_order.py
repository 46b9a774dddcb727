"""`HeaderOrder`: the names of the headers as they came, joined by colons."""

from __future__ import annotations

from garrison.waf.fields.field import Field, Params, Values
from garrison.waf.fields.oversize import handled
from garrison.waf.parts import HEADER_BYTES, HEADER_COUNT, Parts

NAME = "HeaderOrder"


def compile_field(params: Params) -> Field:
    """`host:user-agent:accept`, in lower case: that is how HTTP/2 sends names, and doors in front fold them so."""

    def exceeds(parts: Parts) -> bool:
        return parts.inspected_headers[1]

    return Field(
        extract=handled(params, exceeds, _extract), location="HEADER_ORDER", oversize="REQUEST_HEADERS", exceeds=exceeds
    )


def _extract(parts: Parts) -> Values:
    names = parts.request.header_order
    if names is None:
        names = tuple(name for name, _ in parts.request.headers)
    if not names:
        return False
    return [b":".join(names[:HEADER_COUNT]).lower()[:HEADER_BYTES]]

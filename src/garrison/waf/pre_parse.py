"""PreParseTextTransformations: what is done to the query string before it is split into arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from garrison.waf.fields.field import Field, Values
from garrison.waf.parts import Parts, split_pairs
from garrison.waf.transformations import url_decode, url_decode_uni


def combine_duplicates(query: bytes) -> bytes:
    """`a=1&b=2&a=3` becomes `a=1,3&b=2`, as ASP.NET reads it; names are compared in any case there."""
    combined: dict[bytes, tuple[bytes, list[bytes]]] = {}
    for name, value in split_pairs(query):
        combined.setdefault(name.lower(), (name, []))[1].append(value)
    return b"&".join(name + b"=" + b",".join(values) for name, values in combined.values())


def semicolons(query: bytes) -> bytes:
    """`;` separates arguments too."""
    return query.replace(b";", b"&")


PRE_PARSE: dict[str, Callable[[bytes], bytes]] = {
    "NONE": bytes,
    "URL_DECODE": url_decode.transform,
    "URL_DECODE_UNI": url_decode_uni.transform,
    "COMBINE_DUPLICATE_QUERY_ARGS_BY_COMMA": combine_duplicates,
    "REPLACE_SEMICOLONS_WITH_AMPERSANDS": semicolons,
}
"""By the API's names."""


def pre_parsed(field: Field, names: Sequence[str]) -> Field:
    """The field over a request whose query went through these."""
    steps = [PRE_PARSE[name] for name in names]

    def changed(parts: Parts) -> Parts:
        if parts.query is None:
            return parts
        query = parts.query
        for step in steps:
            query = step(query)
        other = Parts.__new__(Parts)
        other.__dict__.update(parts.__dict__)
        other.__dict__.pop("arguments", None)
        other.query = query
        return other

    def extract(parts: Parts) -> Values:
        return field.extract(changed(parts))

    def names_of(parts: Parts) -> list[str]:
        return field.names(changed(parts)) if field.names else []

    return msgspec.structs.replace(field, extract=extract, names=names_of)

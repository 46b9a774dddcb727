"""Components of a request that rules look at: one file each, registered by the name the API has for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from garrison.waf.fields import (
    all_query_arguments,
    body,
    body_values,
    cookies,
    header_order,
    headers,
    ja3,
    ja4,
    json_body,
    method,
    query_argument_names,
    query_string,
    single_header,
    single_query_argument,
    uri_fragment,
    uri_path,
)
from garrison.waf.fields.field import Field, Params

_MODULES = (
    all_query_arguments,
    body,
    cookies,
    header_order,
    headers,
    ja3,
    ja4,
    json_body,
    method,
    query_string,
    single_header,
    single_query_argument,
    uri_fragment,
    uri_path,
)

FIELDS: Mapping[str, Callable[[Params], Field]] = {
    module.NAME: module.compile_field for module in (*_MODULES, body_values, query_argument_names)
}

PUBLIC = frozenset(module.NAME for module in _MODULES)
"""What the API knows; the others are for managed rule groups."""


def compile_field(field_to_match: Mapping[str, Any]) -> Field:
    """The field of a FieldToMatch with exactly one member."""
    ((name, params),) = field_to_match.items()
    return FIELDS[name](params)

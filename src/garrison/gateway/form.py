"""Decoding `name=value&...`, the form of query strings and of query-protocol bodies."""

from __future__ import annotations

from urllib.parse import unquote_plus


def decode_fields(text: str) -> dict[str, str]:
    """Names and values, percent-decoded. A name without `=` has the value ""; of repeats the last counts."""
    fields: dict[str, str] = {}
    for pair in text.split("&"):
        if not pair:
            continue
        name, _, value = pair.partition("=")
        if "%" in value or "+" in value:
            value = unquote_plus(value)
        if "%" in name or "+" in name:
            name = unquote_plus(name)
        fields[name] = value
    return fields


def decode_repeats(text: str) -> dict[str, list[str]]:
    """Names with all their values, in order."""
    fields: dict[str, list[str]] = {}
    for pair in text.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            fields.setdefault(unquote_plus(name), []).append(unquote_plus(value))
    return fields

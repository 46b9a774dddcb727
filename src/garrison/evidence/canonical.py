"""One spelling for one value, and its hash."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

MOST = 2**53 - 1
"""The largest whole number every reader of JSON has exactly (RFC 8785, 3.2.2.3)."""


class NotCanonical(ValueError):
    """A value that has no single spelling: a fraction, a huge number, something that is not JSON."""


def canonical(value: Any) -> bytes:
    """RFC 8785 JSON of a value made of objects, lists, texts, whole numbers, booleans and null.

    Fractions are refused rather than spelled (spellings of them differ between writers). Member names are compared by
    code point, which is RFC 8785's order for all names below U+10000; others are refused. Raises `NotCanonical`.
    """
    _check(value)
    try:
        return msgspec.json.encode(value, order="sorted")
    except (TypeError, UnicodeEncodeError) as e:
        raise NotCanonical(str(e)) from e


def digest(value: Any) -> str:
    """SHA-256 of a value's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _check(value: Any) -> None:
    kind = type(value)
    if kind is dict:
        for name, member in value.items():
            if type(name) is not str or (name and max(name) > "\uffff"):
                raise NotCanonical(f"{name!r} cannot be a member's name")
            _check(member)
    elif kind is list or kind is tuple:
        for member in value:
            _check(member)
    elif kind is float:
        raise NotCanonical(f"{value!r} is a fraction; write it as text")
    elif kind is int and not -MOST <= value <= MOST:
        raise NotCanonical(f"{value} is too large a number; write it as text")

"""Scalars that arrive as text (query fields, XML, headers, path labels) and those that leave as text."""

from __future__ import annotations

import math
import re
from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from garrison.gateway.protocols import timestamps

if TYPE_CHECKING:
    from botocore.model import Shape

_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_BITS = {"integer": 31, "long": 63, "short": 15, "byte": 7}
_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}

Read = Callable[[str], Any]
Write = Callable[[Any], str]


class Unreadable(ValueError):
    """Text that is not a value of the wanted type: `Unreadable(text, type name)`."""


def reader(shape: Shape) -> Read:
    """Text to value; the function raises `Unreadable`."""
    kind = shape.type_name
    if kind in _BITS:
        return _integer_reader(kind)
    return _READERS.get(kind, _string)


def _string(text: str) -> str:
    return text


def _integer_reader(kind: str) -> Read:
    limit = 1 << _BITS[kind]
    name = kind.capitalize()

    def read(text: str) -> int:
        if _INTEGER.fullmatch(text):
            value = int(text)
            if -limit <= value < limit:
                return value
        raise Unreadable(text, name)

    return read


def _float(text: str) -> float:
    if text in _SPECIAL:
        return _SPECIAL[text]
    try:
        if "_" in text or not math.isfinite(value := float(text)):
            raise ValueError
    except ValueError:
        raise Unreadable(text, "Double") from None
    return value


def _boolean(text: str) -> bool:
    lowered = text.lower()
    if lowered == "true":
        return True
    if lowered == "false":
        return False
    raise Unreadable(text, "Boolean")


def blob(text: str) -> bytes:
    """Base64 to bytes. Raises `Unreadable`."""
    try:
        return a2b_base64("".join(text.split()), strict_mode=bool(text))
    except (Base64Error, ValueError):
        raise Unreadable(text, "Blob") from None


def _timestamp(text: str) -> float:
    try:
        return timestamps.parse(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        raise Unreadable(text, "Timestamp") from None


_READERS: dict[str, Read] = {
    "float": _float,
    "double": _float,
    "boolean": _boolean,
    "blob": blob,
    "timestamp": _timestamp,
}


def number(value: float) -> str:
    """A float as text, with the names AWS uses for what is no number."""
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def base64(value: bytes | str) -> str:
    """Bytes as base64; text is taken as UTF-8."""
    return b64encode(value.encode() if isinstance(value, str) else value).decode()


def boolean(value: object) -> str:
    """`true` or `false`."""
    return "true" if value else "false"


def writer(shape: Shape, timestamp_format: str) -> Write:
    """Value to text; `timestamp_format` is the protocol's default."""
    kind = shape.type_name
    if kind == "timestamp":
        return timestamps.writer(shape.serialization.get("timestampFormat"), timestamp_format)
    return _WRITERS.get(kind, str)


_WRITERS: dict[str, Write] = {
    "float": number,
    "double": number,
    "boolean": boolean,
    "blob": base64,
}

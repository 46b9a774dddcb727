"""Timestamps on the wire: ISO 8601, RFC 822 and epoch seconds, to and from seconds since the epoch."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from time import gmtime

Instant = float | int | datetime
"""What an operation may return as a timestamp. A `datetime` without zone is in UTC."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FURTHEST = 253402300800.0
"""The end of the year 9999."""


def parse(text: str) -> float:
    """Seconds since the epoch of any of the three forms. Raises `ValueError`."""
    if not text or not text.isascii() or len(text) > 64:
        raise ValueError(text)
    first = text[0]
    if first.isdigit() and (len(text) < 5 or text[4] == "-" or "T" in text):
        return _since_epoch(datetime.fromisoformat(text))
    if first.isdigit() or first in "-+.":
        return number(float(text))
    return _since_epoch(parsedate_to_datetime(text))


def number(value: float) -> float:
    """Epoch seconds as sent in JSON or CBOR. Raises `ValueError` outside the years 1 to 9999."""
    if not math.isfinite(value) or not -62135596800.0 <= value < _FURTHEST:
        raise ValueError(value)
    return float(value)


def _since_epoch(moment: datetime) -> float:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH).total_seconds()


def seconds(value: Instant) -> float:
    """An instant as epoch seconds."""
    if isinstance(value, datetime):
        return _since_epoch(value)
    return value


def iso_seconds(value: Instant) -> str:
    """`2026-01-02T03:04:05Z`: the form of XML answers."""
    t = gmtime(math.floor(seconds(value)))
    return f"{t[0]:04d}-{t[1]:02d}-{t[2]:02d}T{t[3]:02d}:{t[4]:02d}:{t[5]:02d}Z"


def iso_millis(value: Instant) -> str:
    """`2026-01-02T03:04:05.678Z`, without the fraction where there is none: the form of JSON answers."""
    millis = round(seconds(value) * 1000)
    whole, fraction = divmod(millis, 1000)
    text = iso_seconds(whole)
    return f"{text[:-1]}.{fraction:03d}Z" if fraction else text


def epoch(value: Instant) -> float | int:
    """Epoch seconds to the millisecond, an integer where they are whole."""
    rounded = round(seconds(value), 3)
    return int(rounded) if rounded == int(rounded) else rounded


def rfc822(value: Instant) -> str:
    """`Fri, 02 Jan 2026 03:04:05 GMT`: the form of headers."""
    return formatdate(math.floor(seconds(value)), usegmt=True)


def writer(name: str | None, default: str) -> Callable[[Instant], str]:
    """The function for a model's `timestampFormat`, as text."""
    return _WRITERS[(name or default).lower()]


def _epoch_text(value: Instant) -> str:
    return str(epoch(value))


_WRITERS: dict[str, Callable[[Instant], str]] = {
    "iso8601": iso_millis,
    "iso8601-seconds": iso_seconds,
    "unixtimestamp": _epoch_text,
    "rfc822": rfc822,
}

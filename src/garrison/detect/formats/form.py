"""What every form of record shares: bytes in, events out, and what could not be read, with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from pathlib import PurePath
from typing import BinaryIO

import msgspec

from garrison.detect.events import ApiRow, Event


class Bad(msgspec.Struct, frozen=True):
    """A record, line or file that is not what it should be."""

    raw: bytes
    """What was there, at most `KEPT` bytes of it."""
    reason: str


KEPT = 4096


class Origin(msgspec.Struct, frozen=True):
    """What a file's place says of records that do not say it themselves."""

    name: str
    """Of the file, for people."""
    account: str = ""
    region: str = ""


class Head(msgspec.Struct, frozen=True):
    """What a form is recognized by."""

    name: str
    """The file's name without `.gz`."""
    data: bytes
    """Its first bytes, unpacked."""


class Form(msgspec.Struct, frozen=True):
    """One form of record."""

    name: str
    recognizes: Callable[[Head], bool]
    read: Callable[[BinaryIO, Origin], Iterator[Event | Bad]]
    """All records of an unpacked file, in its order. The same file always gives the same sequence."""
    rows: Callable[[BinaryIO, Origin], Iterator[Event | ApiRow | Bad]] | None = None
    """The same sequence for one who only keeps records: faster, where a form has it."""


_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


def origin(path: str) -> Origin:
    """As AWS lays out its buckets: `AWSLogs/ACCOUNT/SERVICE/REGION/YYYY/MM/DD/...`."""
    account = region = ""
    for part in PurePath(path).parts:
        found = part.removeprefix("aws-account-id=").removeprefix("aws-region=")
        if _ACCOUNT.fullmatch(found):
            account = found
        elif _REGION.fullmatch(found):
            region = found
    return Origin(path, account, region)


@lru_cache(4096)
def seconds(text: str) -> float:
    """An ISO 8601 time, as seconds since 1970. Raises ValueError."""
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError("a time without its zone")
    return plausible(when.timestamp())


def plausible(time: float) -> float:
    """The time, when a log can be of it: 2000 to 2100. Raises ValueError."""
    if not 946684800 <= time < 4102444800:
        raise ValueError(f"a time of {time:.0f} seconds since 1970")
    return time


def digest(data: bytes) -> str:
    """An id for a record that has none: the same record has the same."""
    return blake2b(data, digest_size=16).hexdigest()


def bad(raw: bytes, error: Exception | str) -> Bad:
    """A record that could not be read; `error` says why."""
    if isinstance(error, KeyError):
        error = f"without {error.args[0]}"
    reason = str(error) if isinstance(error, str | ValueError | msgspec.MsgspecError) else f"unexpected: {error}"
    return Bad(raw[:KEPT], reason)

"""Answering a request straight from its connection, for the requests that make up nearly all traffic.

A call that reads is answered without ever waiting, so that it needs neither a task nor events: its coroutine is run
from where its last byte arrived. Only if it waits does a task take it over, from the point it has reached.
"""

from __future__ import annotations

import re
import types
from collections.abc import Coroutine, Generator
from functools import lru_cache
from typing import Any, Protocol, TypeVar

R = TypeVar("R")

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_IN_VALUES = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Exchange:
    """One request, and how far its answer is."""

    __slots__ = (
        "body",
        "disconnected",
        "headers",
        "keep_alive",
        "message_event",
        "method",
        "path",
        "query",
        "response_complete",
        "response_started",
    )

    def __init__(
        self, method: bytes, path: bytes, query: bytes, headers: list[tuple[bytes, bytes]], keep_alive: bool
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        """Lower-case names."""
        self.body = b""
        self.keep_alive = keep_alive
        self.response_started = False
        self.response_complete = False
        self.disconnected = False
        self.message_event = _NOBODY


class _Nobody:
    """In place of an event: nobody waits for more of a request that is here."""

    def set(self) -> None:
        """The client has gone."""


_NOBODY = _Nobody()


class Answer(Protocol):
    """A whole answer; content length, date and connection headers are added."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> list[tuple[str, str]]: ...
    @property
    def body(self) -> bytes: ...


class Direct(Protocol):
    """What answers requests directly."""

    @property
    def limit(self) -> int:
        """Bytes of body that are held for it."""
        ...

    def takes(self, exchange: Exchange, port: int | None) -> bool:
        """Whether it answers what came to this port. Of the exchange, the head is here."""
        ...

    def answer(self, exchange: Exchange, peer: str, secure: bool) -> Coroutine[Any, Any, Answer]:
        """The answer. Runs outside a task until it first waits."""
        ...


@types.coroutine
def go_on(coroutine: Coroutine[Any, Any, R], awaited: Any) -> Generator[Any, Any, R]:
    """Await the rest of a coroutine that was begun by hand and has come to wait for `awaited`."""
    value: Any = None
    while True:
        try:
            value = yield awaited
        except BaseException as e:
            error: BaseException | None = e
        else:
            error = None
        try:
            awaited = coroutine.send(value) if error is None else coroutine.throw(error)
        except StopIteration as answered:
            answer: R = answered.value
            return answer


def encoded(header: tuple[str, str]) -> bytes:
    """A header as it goes over the wire. Raises `ValueError` for one that would be read as something else."""
    name, value = header
    if not value.isprintable() and _NOT_IN_VALUES.search(value):
        raise ValueError(f"not a value of a header: {value!r}")
    return _name(name) + value.encode("latin-1") + b"\r\n"


@lru_cache(maxsize=1024)
def _name(name: str) -> bytes:
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"not the name of a header: {name!r}")
    return name.lower().encode() + b": "

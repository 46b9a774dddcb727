"""Compiling shapes, which may contain themselves, into functions: each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from botocore.model import Shape

F = TypeVar("F", bound=Callable[..., Any])


class Compiled(Generic[F]):
    """`build(shape, *extra)` remembered by shape, traits and extra; recursion gets a function that forwards."""

    def __init__(self, build: Callable[..., F]) -> None:
        self._build = build
        self._done: dict[Any, F] = {}
        self._pending: set[Any] = set()

    def __call__(self, shape: Shape, *extra: str) -> F:
        key = (shape.name, repr(shape.serialization), *extra)
        done = self._done
        if key in done:
            return done[key]
        if key in self._pending:
            return lambda *arguments: done[key](*arguments)  # type: ignore[return-value]
        self._pending.add(key)
        function = self._build(shape, *extra)
        done[key] = function
        return function


def wire_name(shape: Shape, default: str) -> str:
    """The member's name on the wire."""
    return str(shape.serialization.get("name", default))

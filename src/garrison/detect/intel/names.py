"""Which entries of many lists a domain name is on: itself, or a name above it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class NameSuffixes(Generic[T]):
    """Names with something attached. `example.com` covers itself and all below; `*.example.com` only what is below."""

    __slots__ = ("_names",)

    def __init__(self, names: Iterable[tuple[str, T]]) -> None:
        self._names: dict[str, list[T]] = {}
        for name, attached in names:
            self._names.setdefault(name, []).append(attached)

    def at(self, name: str) -> list[T]:
        """What is attached to the name and to those above it, the nearest first."""
        name = name.lower().rstrip(".")
        found = list(self._names.get(name, ()))
        while True:
            _, dot, name = name.partition(".")
            if not dot:
                return found
            found += self._names.get("*." + name, ())
            found += self._names.get(name, ())

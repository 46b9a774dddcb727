"""The registry of facts: a name, the operations it takes, and the function that reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from garrison.checks.api import Api

Read = Callable[[Api], Any]


class Fact(msgspec.Struct, frozen=True):
    """Something that can be read of an account."""

    name: str
    reads: tuple[str, ...]
    """The permissions it takes: `iam:GetAccountSummary`."""
    read: Read
    """JSON values, times as ISO 8601 texts."""


FACTS: dict[str, Fact] = {}


def fact(name: str, *reads: str) -> Callable[[Read], Read]:
    """Register `function(api) -> value`."""

    def register(function: Read) -> Read:
        FACTS[name] = Fact(name, reads, function)
        return function

    return register

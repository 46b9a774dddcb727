"""What a check of a host is, what it says, and the registry of all of them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from garrison.scan.host_checks.files import HostFiles

_ID = re.compile(r"[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*")
_MOST_OBSERVED = 20


class Status(StrEnum):
    """What came of a check. Only `PASSED` is a pass."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    """There is nothing here it could look at; the reason says what is not there."""
    ERROR = "ERROR"
    """What it needs could not be read: nobody knows."""


class Verdict(msgspec.Struct, frozen=True):
    """What a check says of one host."""

    status: Status
    reason: str
    """One sentence."""
    observed: tuple[str, ...] = ()
    """What was seen that shows it, at most twenty entries; no secrets."""


class CannotTell(Exception):
    """What a check needs is there and could not be read; its text says what, and why."""


Evaluate = Callable[["HostFiles"], Verdict]


class HostCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. Ids and words are our own."""

    id: str
    """`area.name`; it never changes its meaning."""
    title: str
    """What is so when it passes."""
    level: int
    """1: for every host; 2: for hosts that need more, at some cost in convenience."""
    description: str
    """What is read, and why it matters."""
    remediation: str
    evaluate: Evaluate

    @property
    def area(self) -> str:
        return self.id.partition(".")[0]

    @property
    def security_level(self) -> str:
        """As Inspector's CIS operations write it."""
        return f"LEVEL_{self.level}"


CATALOGUE: dict[str, HostCheck] = {}
"""Every check, by id; `garrison.scan.host_checks.load` fills it."""


def host_check(identifier: str, title: str, *, level: int, fix: str) -> Callable[[Evaluate], Evaluate]:
    """Register a function as the check `identifier`; its docstring is the description."""
    if not _ID.fullmatch(identifier) or level not in (1, 2):
        raise ValueError(f"{identifier}: an id is area.name, a level 1 or 2")

    def register(evaluate: Evaluate) -> Evaluate:
        description = " ".join((inspect.getdoc(evaluate) or "").split())
        if not description or identifier in CATALOGUE:
            raise ValueError(f"{identifier}: registered twice, or without a description")
        CATALOGUE[identifier] = HostCheck(
            id=identifier, title=title, level=level, description=description, remediation=fix, evaluate=evaluate
        )
        return evaluate

    return register


def passed(reason: str, observed: Iterable[str] = ()) -> Verdict:
    """It is as it should be."""
    return Verdict(Status.PASSED, reason, tuple(observed)[:_MOST_OBSERVED])


def failed(reason: str, observed: Iterable[str] = ()) -> Verdict:
    """It is not."""
    listed = tuple(observed)
    if len(listed) > _MOST_OBSERVED:
        listed = (*listed[: _MOST_OBSERVED - 1], f"and {len(listed) - _MOST_OBSERVED + 1} more")
    return Verdict(Status.FAILED, reason, listed)


def skipped(reason: str) -> Verdict:
    """There is nothing to look at."""
    return Verdict(Status.SKIPPED, reason)


def settled(wrong: Iterable[str], *, good: str, bad: str) -> Verdict:
    """Failed with what is wrong, or passed if nothing is."""
    listed = tuple(wrong)
    return failed(bad, listed) if listed else passed(good)

"""A statement, compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from garrison.waf.plan import FieldPlan

if TYPE_CHECKING:
    from garrison.waf.walk import Walk

Needed = Mapping[FieldPlan, int]
"""Bits of fields; unless one of them is set, the statement is false."""


class Located(NamedTuple):
    """Where a statement matched."""

    condition_type: str
    location: str
    name: str
    data: tuple[bytes, ...]
    sensitivity: str = ""


def nowhere(walk: Walk) -> list[Located]:
    """For statements that match no place."""
    return []


class Node(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """A statement as a function of the walk, with what the engine may know about it beforehand."""

    test: Callable[[Walk], bool]
    needed: Needed | None = None
    """None: nothing is known, the test has to be asked."""
    locate: Callable[[Walk], list[Located]] = nowhere
    """Where it matched, in a walk in which the test is true."""
    fields: frozenset[FieldPlan] = frozenset()
    forwarded: frozenset[bytes] = frozenset()
    """Headers that must be there for the rule to apply at all, in lower case."""
    effects: tuple[Callable[[Walk], None], ...] = ()
    """What its evaluation does besides, whether or not it matches."""
    detects: bool = False
    """Whether its places belong into the log's ruleMatchDetails."""

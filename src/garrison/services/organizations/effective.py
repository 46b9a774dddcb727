"""What a management policy comes to for one account: every policy from the root down, merged.

Pure. Source: Organizations user guide, "Inheritance operators" and "Inheritance examples":

- `@@assign` replaces what is inherited, `@@append` adds to it, `@@remove` takes away from it.
- `@@operators_allowed_for_child_policies` says which of them the levels below may use at that place; policies of one
  level intersect, and no level below gives back what one above has taken.
- Of two policies on one level that both assign, the one attached first counts.

Guesses: on one level, values are assigned, then appended, then removed. At a place that holds further settings, the
control speaks of settings that are not there yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from garrison.services.organizations.management_policies import (
    ALL,
    APPEND,
    ASSIGN,
    CONTROL,
    NONE,
    REMOVE,
    SETTERS,
)

Policy = dict[str, Any]


class _Node:
    """One place in the effective policy."""

    __slots__ = ("allowed", "below", "value")

    def __init__(self, allowed: frozenset[str]) -> None:
        self.allowed = allowed
        self.below: dict[str, _Node] = {}
        self.value: Any = None


def merge(levels: Sequence[Sequence[Policy]]) -> dict[str, Any]:
    """The effective policy. `levels` go from the root to the account; policies of one in the order of attaching."""
    root = _Node(SETTERS)
    for policies in levels:
        _apply(root, policies, SETTERS)
        _restrict(root, policies)
    return _plain(root) or {}


def _apply(node: _Node, policies: Iterable[Policy], allowed_new: frozenset[str]) -> None:
    """Lay one level's policies over what is inherited. `allowed_new`: for settings that are not there yet."""
    keys: dict[str, list[Policy]] = {}
    for policy in policies:
        for key, below in policy.items():
            if key not in SETTERS and key != CONTROL:
                keys.setdefault(key, []).append(below)
    _set(node, policies)
    for key, parts in keys.items():
        child = node.below.get(key)
        if child is None:
            may = node.allowed & allowed_new
            if not may:
                continue
            child = node.below[key] = _Node(may)
            _apply(child, parts, may)
            # What this level made, its own controls are about, not those that let it be made.
            child.allowed = SETTERS
        else:
            _apply(child, parts, allowed_new)


def _set(node: _Node, policies: Iterable[Policy]) -> None:
    policies = list(policies)
    if ASSIGN in node.allowed:
        assigned = next((policy[ASSIGN] for policy in policies if ASSIGN in policy), None)
        if assigned is not None:
            node.value = list(assigned) if isinstance(assigned, list) else assigned
    if APPEND in node.allowed:
        for policy in policies:
            if APPEND in policy:
                values = _values(node.value)
                node.value = values + [item for item in _values(policy[APPEND]) if item not in values]
    if REMOVE in node.allowed:
        for policy in policies:
            if REMOVE in policy:
                gone = _values(policy[REMOVE])
                node.value = [item for item in _values(node.value) if item not in gone]


def _values(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def _restrict(node: _Node, policies: Iterable[Policy]) -> None:
    """Take from the levels below what one level's controls do not allow them."""
    policies = list(policies)
    for policy in policies:
        control = policy.get(CONTROL)
        if control == [NONE]:
            node.allowed = frozenset()
        elif control is not None and control != [ALL]:
            node.allowed &= frozenset(control)
    for key, child in node.below.items():
        _restrict(child, [policy[key] for policy in policies if isinstance(policy.get(key), dict)])


def _plain(node: _Node) -> Any:
    """The value or settings of a place; None for one that has none left."""
    if node.below:
        found = {key: _plain(child) for key, child in node.below.items()}
        return {key: value for key, value in found.items() if value is not None} or None
    return None if node.value == [] else node.value


def content(policy: dict[str, Any]) -> str:
    """The effective policy as `PolicyContent`."""
    return msgspec.json.encode(policy).decode()

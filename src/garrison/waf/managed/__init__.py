"""Managed rule groups by vendor and name."""

from __future__ import annotations

from garrison.waf.rule_group import ManagedRuleGroup

GROUPS: dict[tuple[str, str], ManagedRuleGroup] = {}

NAMES: tuple[tuple[str, str], ...] = ()
"""(vendor, name) of every group, in the order of ListAvailableManagedRuleGroups."""


def find(vendor: str, name: str) -> ManagedRuleGroup | None:
    """The managed rule group of that name."""
    return GROUPS.get((vendor, name))

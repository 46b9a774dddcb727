"""`Null`: is the key absent? Source: IAM user guide, "Condition operator to check existence of condition keys"."""

from __future__ import annotations

from collections.abc import Sequence


def wanted_absence(values: Sequence[str]) -> frozenset[bool]:
    """What the values ask for: True (the key is absent), False (it is present), both or neither."""
    spelled = {"true": True, "false": False}
    return frozenset(spelled[value.lower()] for value in values if value.lower() in spelled)

"""Levels of severity. Source: GuardDuty user guide, "Severity levels of GuardDuty findings"."""

from __future__ import annotations

LEVELS = {"critical": 9.0, "high": 7.0, "medium": 4.0, "low": 1.0}
"""The lowest severity of each, the worst first."""


def level(severity: float) -> str:
    """`critical`, `high`, `medium` or `low`."""
    return next((name for name, least in LEVELS.items() if severity >= least), "low")

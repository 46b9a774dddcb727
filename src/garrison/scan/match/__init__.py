"""Matching packages with advisories, and what to make of it."""

from garrison.scan.match.finding import (
    AffectedPackage,
    Finding,
    FixAvailable,
    Origin,
    Priority,
    Rating,
    Severity,
    Suppression,
    Vulnerability,
)
from garrison.scan.match.matching import Matches, match

__all__ = [
    "AffectedPackage",
    "Finding",
    "FixAvailable",
    "Matches",
    "Origin",
    "Priority",
    "Rating",
    "Severity",
    "Suppression",
    "Vulnerability",
    "match",
]

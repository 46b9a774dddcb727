"""Scores of CVSS vectors."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from cvss import CVSS2, CVSS3, CVSS4, CVSSError


class Score(NamedTuple):
    """What a vector says."""

    score: float
    """0 to 10: the base score."""
    severity: str
    """none, low, medium, high or critical."""
    version: str
    """`2.0`, `3.0`, `3.1`, `4.0`."""


@lru_cache(maxsize=1 << 15)
def score(vector: str) -> Score | None:
    """The base score of a vector; None if it is none."""
    try:
        if vector.startswith("CVSS:4"):
            four = CVSS4(vector)
            return Score(float(four.base_score), band(float(four.base_score)), "4.0")
        if vector.startswith("CVSS:3"):
            three = CVSS3(vector)
            return Score(float(three.base_score), band(float(three.base_score)), vector[5:8])
        two = CVSS2(vector)
    except (CVSSError, ValueError, ArithmeticError, KeyError):
        return None
    base = float(two.base_score)
    return Score(base, "high" if base >= 7 else "medium" if base >= 4 else "low", "2.0")


def band(base: float) -> str:
    """CVSS 3's qualitative rating of a score."""
    if base <= 0:
        return "none"
    return "low" if base < 4 else "medium" if base < 7 else "high" if base < 9 else "critical"

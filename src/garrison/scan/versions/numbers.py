"""Runs of digits as numbers to compare."""

from __future__ import annotations


def number(digits: str) -> int:
    """A number that orders as the decimal number in `digits` does; an empty run is 0.

    Read as hexadecimal: the order is the same, and Python bounds the length of decimal numbers only.
    """
    return int(digits, 16) if digits else 0

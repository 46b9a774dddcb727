"""Numeric operators: integers and decimals; anything else fits nothing. No variables.

Source: IAM user guide, "Numeric condition operators".
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from garrison.policy.conditions.operator import Operator
from garrison.policy.variables import Match

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")


def number(text: str) -> Decimal | None:
    """The number `text` spells, or None."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _comparison(holds: Callable[[Decimal, Decimal], bool]) -> Callable[[Sequence[str], bool], Match]:
    def compile_values(values: Sequence[str], variables: bool) -> Match:
        wanted = [value for value in map(number, values) if value is not None]

        def match(actual: str, context: object) -> bool:
            given = number(actual)
            return given is not None and any(holds(given, value) for value in wanted)

        return match

    return compile_values


OPERATORS = (
    Operator("NumericEquals", _comparison(operator.eq)),
    Operator("NumericNotEquals", _comparison(operator.eq), negated=True),
    Operator("NumericLessThan", _comparison(operator.lt)),
    Operator("NumericLessThanEquals", _comparison(operator.le)),
    Operator("NumericGreaterThan", _comparison(operator.gt)),
    Operator("NumericGreaterThanEquals", _comparison(operator.ge)),
)

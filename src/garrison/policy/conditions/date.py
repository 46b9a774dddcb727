"""Date operators: ISO 8601 in its W3C profile, or seconds since the epoch. No variables, no wildcards.

Source: IAM user guide, "Date condition operators". Four digits, or digits with a sign, are a year; other digits are
seconds since the epoch. A time without zone is taken as UTC (a guess: the W3C profile demands a zone).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache

from garrison.policy.conditions.operator import Operator
from garrison.policy.variables import Match

_DATE = re.compile(
    r"(?P<year>[0-9]{4}|[+-][0-9]{4,9})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:[Tt](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}:?[0-9]{2})?)?)?)?"
)
_EPOCH = re.compile(r"[0-9]{1,19}")
_NANOSECONDS = 10**9
_DAYS_IN_400_YEARS = 146_097


@lru_cache(maxsize=4096)
def instant(text: str) -> int | None:
    """The moment `text` names, in nanoseconds since the epoch; of a year, month or day, its beginning. None if none."""
    parts = _DATE.fullmatch(text)
    if parts is None:
        return int(text) * _NANOSECONDS if _EPOCH.fullmatch(text) else None
    # The calendar repeats every 400 years, which brings any year into the range `date` knows.
    cycles, year = divmod(int(parts["year"]), 400)
    try:
        day = date(year + 400, int(parts["month"] or 1), int(parts["day"] or 1))
    except ValueError:
        return None
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 60:
        return None
    offset = 0
    if (zone := parts["zone"]) is not None and zone not in "Zz":
        offset = (int(zone[1:3]) * 3600 + int(zone[-2:]) * 60) * (-1 if zone[0] == "-" else 1)
    days = (day - date(1970, 1, 1)).days + (cycles - 1) * _DAYS_IN_400_YEARS
    seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset
    return seconds * _NANOSECONDS + int((parts["fraction"] or "0")[:9].ljust(9, "0"))


def _comparison(holds: Callable[[int, int], bool]) -> Callable[[Sequence[str], bool], Match]:
    def compile_values(values: Sequence[str], variables: bool) -> Match:
        wanted = [value for value in map(instant, values) if value is not None]

        def match(actual: str, context: object) -> bool:
            given = instant(actual)
            return given is not None and any(holds(given, value) for value in wanted)

        return match

    return compile_values


OPERATORS = (
    Operator("DateEquals", _comparison(operator.eq)),
    Operator("DateNotEquals", _comparison(operator.eq), negated=True),
    Operator("DateLessThan", _comparison(operator.lt)),
    Operator("DateLessThanEquals", _comparison(operator.le)),
    Operator("DateGreaterThan", _comparison(operator.gt)),
    Operator("DateGreaterThanEquals", _comparison(operator.ge)),
)

"""FindingCriteria: which findings a caller or a filter means, over every path that may be asked for.

Source: API reference, `Condition` and `CreateFilter`. Attributes are and-ed; the values of `equals` are or-ed, and
`notEquals` means none of them. An array's element matches if any does. Times are compared as epoch milliseconds.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec

from garrison.services.guardduty.errors import bad, rejected

Document = Mapping[str, Any]
Test = Callable[[Document], bool]

MOST_ATTRIBUTES = 50
MOST_VALUES = 50
MOST_PATTERNS = 5
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_PATTERN = "(?s)"
_OLDER = {
    "Eq": "Equals",
    "Neq": "NotEquals",
    "Gt": "GreaterThan",
    "Gte": "GreaterThanOrEqual",
    "Lt": "LessThan",
    "Lte": "LessThanOrEqual",
}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqual": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqual": operator.le,
}


@lru_cache(maxsize=1)
def fields() -> frozenset[str]:
    """Every path that may be asked for."""
    text = (files("garrison.services.guardduty") / "filter_fields.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def compiled(criteria: Mapping[str, Any] | None, *, patterns: bool = False) -> Test:
    """What tells of a finding's JSON whether it is meant. `patterns`: `Matches` may be used, as in filters.

    Raises `BadRequestException` for unknown paths, too much of anything, and conditions that say nothing.
    """
    criterion: Mapping[str, Any] = (criteria or {}).get("Criterion") or {}
    if len(criterion) > MOST_ATTRIBUTES:
        raise rejected(f"the input findingCriteria contains more than {MOST_ATTRIBUTES} attributes.")
    tests = [_attribute(path, condition, patterns) for path, condition in criterion.items()]
    return lambda document: all(test(document) for test in tests)


def values(document: Document, path: str) -> Iterator[Any]:
    """Whatever is at a path; of arrays, each element's. `service.additionalInfo` is JSON in a string: it is opened."""
    if path.startswith("service.additionalInfo.") and path != "service.additionalInfo.type":
        info = document.get("service", {}).get("additionalInfo", {}).get("value")
        try:
            opened = msgspec.json.decode(info or "{}")
        except msgspec.DecodeError:
            return
        yield from _walk(opened, path.split(".")[2:])
        return
    yield from _walk(document, path.split("."))


def sort_key(path: str) -> Callable[[Document], tuple[int, Any]]:
    """Numbers by size, text by order, and what has neither first. Raises `BadRequestException` for unknown paths."""
    if path not in fields():
        raise _unknown(path)

    def key(document: Document) -> tuple[int, Any]:
        found = next(values(document, path), None)
        if found is None or isinstance(found, dict | list):
            return (0, 0)
        number = _number(found)
        return (2, str(found)) if number is None else (1, number)

    return key


def _attribute(path: str, condition: Mapping[str, Any], patterns: bool) -> Test:
    if path not in fields():
        raise _unknown(path)
    tests = [_condition(path, _OLDER.get(name, name), value, patterns) for name, value in condition.items()]
    if not tests:
        raise rejected(f"the condition of the attribute {path} is empty.")
    return lambda document: all(test(document) for test in tests)


def _condition(path: str, name: str, value: Any, patterns: bool) -> Test:
    if name in _ORDER:
        return _compared(path, _ORDER[name], value)
    given: Sequence[str] = value
    if name in ("Matches", "NotMatches"):
        if not patterns:
            raise rejected("matches and notMatches can only be used in filters.")
        if not 1 <= len(given) <= MOST_PATTERNS or any(not 1 <= len(one) <= 512 for one in given):
            raise rejected(f"the attribute {path} must have 1 to {MOST_PATTERNS} patterns of 1 to 512 characters.")
        found = [re.compile(_PATTERN + _glob(one)) for one in given]
        return _any(path, lambda text: any(one.fullmatch(text) for one in found), name == "Matches")
    if not 1 <= len(given) <= MOST_VALUES:
        raise rejected(f"the attribute {path} must have 1 to {MOST_VALUES} values.")
    return _equal(path, given, name == "Equals")


def _glob(pattern: str) -> str:
    """`*` is any text, `?` one character (user guide, "Filtering findings"; recalled)."""
    return "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in re.sub(r"\*+", "*", pattern))


def _any(path: str, test: Callable[[str], bool], wanted: bool) -> Test:
    return lambda document: any(test(_text(found)) for found in values(document, path)) is wanted


def _equal(path: str, given: Sequence[str], wanted: bool) -> Test:
    texts = frozenset(given)
    numbers = frozenset(number for number in map(_number, given) if number is not None)

    def same(found: Any) -> bool:
        if _text(found) in texts:
            return True
        if isinstance(found, bool) or not isinstance(found, int | float | str):
            return False
        number = _number(found) if not isinstance(found, str) or _TIME.match(found) else None
        if number is None:
            return False
        # Low is documented as ["1", "2", "3"]: a severity counts as its whole part.
        return number in numbers or (path == "severity" and float(int(number)) in numbers)

    return lambda document: any(same(found) for found in values(document, path)) is wanted


def _compared(path: str, compare: Callable[[Any, Any], bool], wanted: int) -> Test:
    def test(document: Document) -> bool:
        numbers = map(_number, values(document, path))
        return any(compare(number, wanted) for number in numbers if number is not None)

    return test


def _walk(value: Any, parts: Sequence[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _walk(one, parts)
    elif not parts:
        if value is not None:
            yield value
    elif isinstance(value, dict) and parts[0] in value:
        yield from _walk(value[parts[0]], parts[1:])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _number(value: Any) -> float | None:
    """A number, or epoch milliseconds of a time."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            return round(datetime.fromisoformat(value).timestamp() * 1000) if _TIME.match(value) else float(value)
        except ValueError:
            return None
    return float(value) if isinstance(value, int | float) else None


def _unknown(path: str) -> Exception:
    return bad(f"The request is rejected because the input findingCriteria contains the unknown attribute {path}.")

"""ARN operators: both sides cut at the first five colons, each part matched alone with `*` and `?`.

Source: IAM user guide, "Amazon Resource Name (ARN) condition operators": `ArnEquals` and `ArnLike` are the same.
What is not an ARN, on either side, fits nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from garrison.policy.conditions.operator import Operator, any_of
from garrison.policy.request import Context
from garrison.policy.variables import Match, Template, compile_template, template


def _pattern(value: str, variables: bool) -> Match:
    parts = _cut(value) if variables else value.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        return lambda actual, context: False
    segments: list[Template] = [template(part, variables=variables, wildcards=True) for part in parts]
    matchers = [compile_template(segment) for segment in segments]

    def match(actual: str, context: Context) -> bool:
        given = actual.split(":", 5)
        return len(given) == 6 and all(fits(part, context) for fits, part in zip(matchers, given, strict=True))

    return match


def _cut(value: str) -> list[str]:
    """Split at the first five colons that do not stand inside a `${variable}`."""
    parts: list[str] = []
    start = at = 0
    while len(parts) < 5:
        colon = value.find(":", at)
        if colon < 0:
            break
        opened = value.find("${", at, colon)
        closed = value.find("}", opened) if opened >= 0 else -1
        if closed > colon:
            at = closed + 1
            continue
        parts.append(value[start:colon])
        start = at = colon + 1
    return [*parts, value[start:]]


def _arn(values: Sequence[str], variables: bool) -> Match:
    return any_of([_pattern(value, variables) for value in values])


OPERATORS = (
    Operator("ArnEquals", _arn),
    Operator("ArnLike", _arn),
    Operator("ArnNotEquals", _arn, negated=True),
    Operator("ArnNotLike", _arn, negated=True),
)

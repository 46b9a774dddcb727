"""String operators. Source: IAM user guide, "String condition operators"."""

from __future__ import annotations

from collections.abc import Sequence

from garrison.policy.conditions.operator import Operator, any_of, texts
from garrison.policy.request import Context
from garrison.policy.variables import Match, Variable, resolve, template


def _equals(values: Sequence[str], variables: bool) -> Match:
    if not (variables and any("${" in value for value in values)):
        wanted = frozenset(values)
        return lambda actual, context: actual in wanted
    return any_of(texts(values, variables=True, wildcards=False))


def equals_ignore_case(values: Sequence[str], variables: bool) -> Match:
    """Lower-cased text compared as it is: no case folding and no Unicode normalization beyond that."""
    patterns = [template(value, variables=variables, wildcards=False) for value in values]
    if not any(isinstance(part, Variable) for pattern in patterns for part in pattern):
        plain = frozenset("".join(str(part) for part in pattern).lower() for pattern in patterns)
        return lambda actual, context: actual.lower() in plain

    def match(actual: str, context: Context) -> bool:
        folded = actual.lower()
        resolved = (resolve(pattern, context) for pattern in patterns)
        return any(text is not None and "".join(map(str, text)).lower() == folded for text in resolved)

    return match


def _like(values: Sequence[str], variables: bool) -> Match:
    return any_of(texts(values, variables=variables, wildcards=True))


OPERATORS = (
    Operator("StringEquals", _equals),
    Operator("StringNotEquals", _equals, negated=True),
    Operator("StringEqualsIgnoreCase", equals_ignore_case),
    Operator("StringNotEqualsIgnoreCase", equals_ignore_case, negated=True),
    Operator("StringLike", _like),
    Operator("StringNotLike", _like, negated=True),
)

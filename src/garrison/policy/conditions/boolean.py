"""`Bool`: true or false in any case. Source: IAM user guide, "Boolean condition operators"."""

from __future__ import annotations

from collections.abc import Sequence

from garrison.policy.conditions.operator import Operator
from garrison.policy.conditions.string import equals_ignore_case
from garrison.policy.variables import Match

_BOOLEANS = ("true", "false")


def _bool(values: Sequence[str], variables: bool) -> Match:
    folded = [value.lower() for value in values]
    if not (variables and any("${" in value for value in folded)):
        wanted = frozenset(folded).intersection(_BOOLEANS)
        return lambda actual, context: actual.lower() in wanted
    fits = equals_ignore_case(folded, True)
    return lambda actual, context: actual.lower() in _BOOLEANS and fits(actual, context)


OPERATORS = (Operator("Bool", _bool),)

"""`Bool`: true or false in any case. Source: IAM user guide, "Boolean condition operators"."""

from __future__ import annotations

from collections.abc import Sequence

from garrison.policy.conditions.operator import Operator
from garrison.policy.request import Context
from garrison.policy.variables import Match, resolve, template

_BOOLEANS = ("true", "false")


def _bool(values: Sequence[str], variables: bool) -> Match:
    patterns = [template(value.lower(), variables=variables, wildcards=False) for value in values]

    def match(actual: str, context: Context) -> bool:
        given = actual.lower()
        if given not in _BOOLEANS:
            return False
        resolved = (resolve(pattern, context) for pattern in patterns)
        return any(text is not None and "".join(map(str, text)).lower() == given for text in resolved)

    return match


OPERATORS = (Operator("Bool", _bool),)

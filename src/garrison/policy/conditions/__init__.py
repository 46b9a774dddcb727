"""Conditions: one file per family of operators, one registry, and the rules all of them share.

Source: IAM user guide, "IAM JSON policy elements: Condition operators" and "Multivalued context keys":

- Operators and keys are joined by AND, the values of one key by OR; a negated operator holds when *no* value fits.
- A key that is absent (or has no values) fails a positive operator and satisfies a negated one; with `IfExists` it
  satisfies both. `Null` asks for just that.
- `ForAllValues:` wants every value of the request to pass, and holds when there are none. `ForAnyValue:` wants one to
  pass, and does not hold when there are none. A single value counts as a list of one, and an empty string as no value.
- A key with several values under a plain operator: the positive one wants any value to fit, the negated one none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from garrison.policy.conditions import arn, binary, boolean, date, ip, null, numeric, string
from garrison.policy.conditions.operator import Operator
from garrison.policy.request import Context, ContextValue
from garrison.policy.variables import Match

Test = Callable[[Context], bool]

OPERATORS: dict[str, Operator] = {
    operator.name.lower(): operator
    for family in (string, numeric, date, boolean, binary, ip, arn)
    for operator in family.OPERATORS
}
"""Every base operator but `Null`, by lower-case name (AWS spells them in camel case; any case is accepted)."""

ANY_VALUE_IF_EXISTS_HOLDS_WHEN_ABSENT = True
"""`ForAnyValue:...IfExists` with the key absent: the literal reading of the user guide. Not verified on an account."""


class UnknownOperator(ValueError):
    """No condition operator has that name."""


class Name(msgspec.Struct, frozen=True):
    """An operator's name taken apart."""

    quantifier: str
    """`forallvalues`, `foranyvalue` or empty."""
    base: str
    """Lower case, without `IfExists`; `null` for `Null`."""
    if_exists: bool


def parse_name(text: str) -> Name:
    """Take `ForAnyValue:StringLikeIfExists` apart. Raises `UnknownOperator`."""
    quantifier, colon, rest = text.lower().rpartition(":")
    base = rest.removesuffix("ifexists")
    if_exists = base != rest
    if (colon and quantifier not in ("forallvalues", "foranyvalue")) or (
        base not in OPERATORS and (base != "null" or if_exists)
    ):
        raise UnknownOperator(text)
    return Name(quantifier, base, if_exists)


def compile_condition(operator: str, key: str, values: Sequence[str], *, variables: bool) -> Test:
    """Compile `operator: {key: values}` into a function of the context. Raises `UnknownOperator`."""
    name = parse_name(operator)
    key = key.lower()
    if name.base == "null":
        absent = null.wanted_absence(values)
        return lambda context: _missing(context.get(key)) in absent
    base = OPERATORS[name.base]
    match = base.compile(values, variables)
    if name.quantifier == "forallvalues":
        return _for_all_values(key, match, base.negated)
    if name.quantifier == "foranyvalue":
        when_absent = name.if_exists and ANY_VALUE_IF_EXISTS_HOLDS_WHEN_ABSENT
        return _for_any_value(key, match, base.negated, when_absent)
    return _plain(key, match, base.negated, name.if_exists or base.negated)


def _plain(key: str, match: Match, negated: bool, when_absent: bool) -> Test:
    def test(context: Context) -> bool:
        value = context.get(key)
        if type(value) is str:
            return match(value, context) is not negated
        if not value:
            return when_absent
        return any(match(item, context) for item in value) is not negated

    return test


def _for_all_values(key: str, match: Match, negated: bool) -> Test:
    def test(context: Context) -> bool:
        values = _values(context.get(key))
        return all(match(value, context) is not negated for value in values)

    return test


def _for_any_value(key: str, match: Match, negated: bool, when_absent: bool) -> Test:
    def test(context: Context) -> bool:
        value = context.get(key)
        if _missing(value):
            return when_absent
        return any(match(item, context) is not negated for item in _values(value))

    return test


def _missing(value: ContextValue | None) -> bool:
    return value is None or value == ()


def _values(value: ContextValue | None) -> Sequence[str]:
    """The values of a key as a list, which is empty if all of them are empty strings."""
    values = (value,) if isinstance(value, str) else value or ()
    return values if any(values) else ()

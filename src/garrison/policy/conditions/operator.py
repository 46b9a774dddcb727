"""What a condition operator is: a name, whether it is negated, and how its values are compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from garrison.policy.variables import Match, compile_template, template


class Operator(msgspec.Struct, frozen=True):
    """One base operator, without `IfExists` and without set prefix."""

    name: str
    """As AWS spells it."""
    compile: Callable[[Sequence[str], bool], Match]
    """`compile(values, variables)` gives the positive test: does one actual value fit any of the policy's values?

    A value of either side that is not of the operator's type fits nothing.
    """
    negated: bool = False
    """The test holds when the positive one does not: no value fits, or the key is absent."""


def any_of(matchers: Sequence[Match]) -> Match:
    """One of several matchers, in the order given."""
    if len(matchers) == 1:
        return matchers[0]
    return lambda actual, context: any(match(actual, context) for match in matchers)


def texts(values: Sequence[str], *, variables: bool, wildcards: bool) -> list[Match]:
    """A matcher for each value read as text with variables and perhaps wildcards."""
    return [compile_template(template(value, variables=variables, wildcards=wildcards)) for value in values]

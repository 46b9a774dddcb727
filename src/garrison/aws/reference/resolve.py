"""The resolver: one dictionary look-up and a compiled plan per call."""

from __future__ import annotations

from typing import Any

from garrison.aws.reference.check import Check, Unmapped
from garrison.aws.reference.compile import compile_operation
from garrison.aws.reference.plan import Plan

_plans: dict[tuple[str, str], Plan | str] = {}
"""What was compiled; a string is why an operation is unmapped."""


def plan(service: str, operation: str) -> Plan:
    """The compiled plan of an operation. Raises `Unmapped`."""
    known = _plans.get((service, operation))
    if known is None:
        try:
            known = compile_operation(service, operation)
        except Unmapped as e:
            known = str(e)
        _plans[service, operation] = known
    if isinstance(known, str):
        raise Unmapped(known)
    return known


def resolve(
    service: str, operation: str, params: dict[str, Any], *, account: str, region: str, partition: str
) -> list[Check]:
    """Everything that must be allowed for a call to go on; an empty list means it needs no permission.

    `service` is botocore's name; `params` are as the operation's model parses them; `account` and `region` are the
    call's. The first check is the operation's own; checks with `side` are asked of the caller only.
    Raises `Unmapped` where the meaning is not known (`Malformed` where a parameter is an ARN of the wrong kind): the
    call must then be refused.
    """
    found = _plans.get((service, operation))
    if found is None or found.__class__ is str:
        found = plan(service, operation)
    return found(params, account, region, partition)  # type: ignore[operator]

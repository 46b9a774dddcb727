"""What is kept of a decision beside its trail event, so that it can be explained later."""

from __future__ import annotations

import msgspec

from garrison.access.asked import Asked
from garrison.access.call import Call
from garrison.access.caller import Caller
from garrison.policy.request import ContextValue


class Recorded(msgspec.Struct, frozen=True, omit_defaults=True):
    """One decided call. Holds no parameters and no secrets."""

    allowed: bool
    code: str
    service: str
    operation: str
    account: str
    region: str
    partition: str
    time: float
    caller: Caller
    context: dict[str, ContextValue] = {}
    """Of the whole call; each check has what is its own."""
    checks: tuple[Asked, ...] = ()
    epochs: tuple[tuple[str, str, int], ...] = ()
    let_through: bool = False
    """Permissive mode let the denial pass."""
    message: str | None = None
    """The denial's sentence, where permissive mode let it pass."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Recorded).decode


def recorded(call: Call) -> bytes | None:
    """The record of a decided call (JSON); None if it was never decided."""
    decision = call.decision
    if decision is None:
        return None
    passed = call.let_through
    return _encode(
        Recorded(
            allowed=decision.allowed,
            code=decision.code,
            service=call.service,
            operation=call.operation,
            account=call.account,
            region=call.region,
            partition=call.partition,
            time=call.now,
            caller=call.caller,
            context=call.context,
            checks=tuple(call.checks),
            epochs=call.epochs,
            let_through=passed is not None,
            message=None if passed is None else passed.message,
        )
    )


def read_recorded(text: bytes) -> Recorded:
    """The record from its JSON. Raises `msgspec.DecodeError`."""
    return _decode(text)

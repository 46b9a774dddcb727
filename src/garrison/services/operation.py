"""How a service declares what it implements: plain functions, registered by service and operation name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from garrison.access.call import Call
from garrison.access.caller import Caller
from garrison.access.federation import Vouched
from garrison.store import Reader

Output = dict[str, Any] | None
Function = Callable[[Call, Any], Output]
Prepare = Callable[[Call, Reader], Any]
Identify = Callable[[Call], Vouched | Caller]


@dataclass(slots=True, frozen=True)
class Operation:
    """One implemented API operation."""

    service: str
    name: str
    function: Function
    access: Literal["read", "write"]
    """`read` gets a `Reader`, and may leave its work to `call.later`; `write` gets a `Transaction` that commits with
    the call's event."""
    prepare: Prepare | None
    """Slow work (password hashing, key generation), done on a pool thread before the transaction opens."""
    identify: Identify | None = None
    """For operations AWS takes without a signature: who calls, from a token in the parameters. Done on a pool thread
    before the call is authorized, with no snapshot open, because it may ask an identity provider for its keys."""


OPERATIONS: dict[tuple[str, str], Operation] = {}
"""Every implemented operation by (botocore service name, operation name)."""

UNSUPPORTED: dict[tuple[str, str], str] = {}
"""Operations that will not be implemented, and why."""


def unsupported(service: str, names: Iterable[str], why: str) -> None:
    """Say of operations why they are not implemented: a sentence without its full stop."""
    UNSUPPORTED.update({(service, name): why for name in names})


def operation(
    service: str,
    name: str,
    *,
    access: Literal["read", "write"],
    prepare: Prepare | None = None,
    identify: Identify | None = None,
) -> Callable[[Function], Function]:
    """Register `function(call, tx) -> output` for an operation.

    The function sees validated params, returns what the model calls the output shape (a dict; None for no output)
    and raises `AwsError`. Timestamps in the output are seconds since the epoch; blobs are bytes; absent members are
    left out.
    """

    def register(function: Function) -> Function:
        OPERATIONS[service, name] = Operation(service, name, function, access, prepare, identify)
        return function

    return register

"""Calls that one service makes of another: as itself, or in the name of whoever called it.

They are authorized as any call is. They are not recorded one by one: the trail has the call they are part of.
"""

from __future__ import annotations

from typing import Any

from garrison.access.authorize import authorize
from garrison.access.call import Call, HttpRequest
from garrison.access.caller import Caller
from garrison.access.runtime import Runtime
from garrison.services.operation import OPERATIONS

_REQUEST = HttpRequest("POST", "/", "", (), b"", "127.0.0.1", secure=True)


def perform(
    runtime: Runtime, service: str, operation: str, params: dict[str, Any], *,
    caller: Caller, account: str, region: str, via: str | None = None, authorized: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """What a reading operation answers. Blocks: not for inside a transaction.

    `via` is the service that makes the call in the caller's name; `authorized`: that it may was asked before. Raises
    `AwsError`, and `KeyError` where there is no such operation.
    """
    call = Call(
        service=service, operation=operation, params=params, caller=caller, account=account, region=region,
        partition=runtime.partition, request=_REQUEST, request_id="", now=runtime.clock.now(), runtime=runtime, via=via,
    )  # fmt: skip
    function = OPERATIONS[service, operation].function
    with runtime.store.reading() as reader:
        if not authorized:
            authorize(call, reader)
            if call.let_through is not None:
                raise call.let_through
        output = function(call, reader)
    if call.later is not None:
        output = call.later()
    return output or {}

"""What the walk leaves in the trail: one CloudTrail event for each call, with what its decision rested on beside it."""

from __future__ import annotations

import logging
from typing import Any

from garrison.access.call import Call
from garrison.access.recorded import recorded
from garrison.aws.errors import AwsError
from garrison.services.operation import Output
from garrison.store import StoreUnavailable, Transaction
from garrison.trail.event import events
from garrison.trail.log import Trail

log = logging.getLogger("garrison.trail")


class Recorder:
    """Turns calls into events of one trail."""

    def __init__(self, trail: Trail) -> None:
        self.trail = trail

    def changed(self, call: Call, output: Output, tx: Transaction) -> None:
        """A write was done: its event commits with it."""
        for entry in events(call, output=output, additional=_additional(call), extra=recorded(call)):
            self.trail.record_change(tx, entry)

    def passed(self, call: Call, output: Output) -> None:
        """A read was done. Raises `StoreUnavailable` if its event cannot be kept: then it must not be answered."""
        for entry in events(call, output=output, additional=_additional(call), extra=recorded(call)):
            self.trail.record_read(entry)

    async def forwarded(self, call: Call, *, changed: bool) -> None:
        """An upstream did what was asked. Raises `StoreUnavailable` if its event cannot be kept.

        What it did cannot be undone by us, nor can its event be in one transaction with it. So the event of a change is
        written before the answer goes out: whoever was answered is in the trail, even if Garrison is killed right then.
        """
        if not changed:
            self.passed(call, None)
            return
        await self.trail.record_elsewhere(events(call, additional=_additional(call), extra=recorded(call)))

    def failed(self, call: Call, error: AwsError) -> None:
        """A call was denied, or failed; whatever it wrote is undone."""
        try:
            for entry in events(call, error=error, additional=_additional(call), extra=recorded(call)):
                self.trail.record_read(entry)
        except StoreUnavailable:
            log.exception("the failure of request %s is not in the trail", call.request_id)


def _additional(call: Call) -> dict[str, Any] | None:
    passed = call.let_through
    if passed is None:
        return call.noted or None
    return {
        **call.noted,
        "permissive": True,
        "wouldBeErrorCode": passed.code,
        "wouldBeErrorMessage": passed.message,
    }

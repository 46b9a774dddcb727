"""GetKeyLastUsage."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.services.kms.answers import kms_operation
from garrison.services.kms.located import arn_of, key_named
from garrison.services.kms.usage import last_use
from garrison.store import Reader


@kms_operation("GetKeyLastUsage", access="read")
def get_key_last_usage(call: Call, reader: Reader) -> dict[str, Any]:
    row = key_named(call, reader, call.params["KeyId"], aliases=False)
    used = last_use(call.runtime, reader, row)
    shown: dict[str, Any] = {}
    if used is not None:
        shown = {
            "Operation": used.operation,
            "Timestamp": used.time,
            "CloudTrailEventId": used.event_id,
            "KmsRequestId": used.request_id,
        }
    return {
        "KeyId": arn_of(row, call.partition),
        "KeyLastUsage": shown,
        # Every use is tracked from the first on.
        "TrackingStartDate": row.created,
        "KeyCreationDate": row.created,
    }

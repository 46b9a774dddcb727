"""Whether a trail logs. Source: API reference, `StartLogging`, `StopLogging`, `GetTrailStatus`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.cloudtrail.names import find, own
from garrison.services.cloudtrail.resources import DELIVERY, Delivery, Trail
from garrison.services.cloudtrail.spans import started, stopped
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction
from garrison.trail.position import Position


def _state(reader: Reader, row: Resource[Trail]) -> Resource[Delivery]:
    state = reader.get(DELIVERY, "", row.id)
    assert state is not None, "a trail has its delivery"
    return state


def _end(call: Call, reader: Reader) -> Position:
    """Where the trail ends before the call."""
    if call.runtime.trail is None:
        raise AwsError("ServiceUnavailable", "The trail is not available.", status=503)
    own(call, reader, call.params["Name"])
    return call.runtime.trail.position()


@operation("cloudtrail", "StartLogging", access="write", prepare=_end)
def start_logging(call: Call, tx: Transaction) -> dict[str, Any]:
    state = _state(tx, own(call, tx, call.params["Name"]))
    tx.update(state, started(state.body, call.prepared, call.now))
    return {}


@operation("cloudtrail", "StopLogging", access="write")
def stop_logging(call: Call, tx: Transaction) -> dict[str, Any]:
    state = _state(tx, own(call, tx, call.params["Name"]))
    tx.update(state, stopped(state.body, call.now))
    return {}


@operation("cloudtrail", "GetTrailStatus", access="read")
def get_trail_status(call: Call, reader: Reader) -> dict[str, Any]:
    body = _state(reader, find(call, reader, call.params["Name"])).body
    told: dict[str, Any] = {
        "IsLogging": body.logging,
        "LatestDeliveryAttemptTime": _text(body.attempted),
        "LatestNotificationAttemptTime": "",
        "LatestNotificationAttemptSucceeded": "",
        "LatestDeliveryAttemptSucceeded": _text(body.delivered),
        "TimeLoggingStarted": _text(body.started),
        "TimeLoggingStopped": _text(body.stopped),
    }
    times = {
        "LatestDeliveryTime": body.delivered, "StartLoggingTime": body.started, "StopLoggingTime": body.stopped,
    }  # fmt: skip
    told |= {name: time for name, time in times.items() if time is not None}
    if body.error:
        told["LatestDeliveryError"] = body.error
    return told


def _text(time: float | None) -> str:
    return "" if time is None else datetime.fromtimestamp(int(time), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""Trails and event data stores that stop telling, in whichever way.

Logic: specification 2, `Stealth:IAMUser/CloudTrailLoggingDisabled`; user guide: triggered by a successful deletion or
update of a trail, and by deleting the bucket its logs go to. An update counts where it makes the trail tell less. Who
was not allowed to, or named a trail that is not there, wanted it all the same (specification 2.2): StopLogging and
DeleteTrail count as attempts then.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.parameters import denied, items, text, truth
from garrison.detect.registry import on_event
from garrison.detect.saying import of_call

TYPE = "Stealth:IAMUser/CloudTrailLoggingDisabled"
_STOPS = frozenset({"StopLogging", "DeleteTrail", "StopEventDataStoreIngestion", "DeleteEventDataStore"})
_CHANGES = ("CreateTrail", "UpdateTrail", "PutEventSelectors", "UpdateEventDataStore", "DeleteBucket")
_NAMED = "aws-cloudtrail-logs-"
"""How the console names a trail's bucket."""
_REACH = ("isMultiRegionTrail", "includeGlobalServiceEvents", "isOrganizationTrail")


@on_event(ApiCall, TYPE, names=(*_STOPS, *_CHANGES))
def logging_disabled(call: ApiCall, context: Context) -> Iterable[Detection]:
    if not _disables(call, context):
        return ()
    params = call.params
    trail = text(params.get("trailName") or params.get("name") or params.get("eventDataStore"))
    trail = (trail or text(params.get("bucketName"))).rpartition("/")[2]
    return (of_call(TYPE, call, context, (trail or call.principal,), resource=trail),)


def _disables(call: ApiCall, context: Context) -> bool:
    if call.source == "s3":
        name = text(call.params.get("bucketName"))
        kept = context.memory.known(f"{call.account}/trails", "bucket", name, call.time)
        return not call.error and (kept or name.startswith(_NAMED))
    if call.source != "cloudtrail":
        return False
    if call.name in _STOPS:
        return not call.error or denied(call) or call.error.startswith(("TrailNotFound", "EventDataStoreNotFound"))
    if call.error:
        return False
    if call.name in ("CreateTrail", "UpdateTrail"):
        bucket = text(call.params.get("s3BucketName"))
        if bucket:
            context.memory.learn(f"{call.account}/trails", "bucket", bucket, call.time)
    if call.name == "CreateTrail":
        return False
    if call.name == "UpdateTrail":
        return any(truth(call.params.get(name)) is False for name in _REACH)
    if call.name == "UpdateEventDataStore" and "advancedEventSelectors" not in call.params:
        return False
    return _narrows(call.params)


def _narrows(params: dict[str, Any]) -> bool:
    """Whether selectors leave out management events, or those that write."""
    advanced = items(params.get("advancedEventSelectors"))
    if advanced:
        return not any(_management(selector) for selector in advanced)
    basic = [selector for selector in items(params.get("eventSelectors")) if isinstance(selector, dict)]
    return bool(basic) and not any(
        truth(selector.get("includeManagementEvents", True)) and selector.get("readWriteType", "All") != "ReadOnly"
        for selector in basic
    )


def _management(selector: object) -> bool:
    fields = items(selector.get("fieldSelectors")) if isinstance(selector, dict) else []
    equals = {text(field.get("field")): items(field.get("equals")) for field in fields if isinstance(field, dict)}
    return "Management" in equals.get("eventCategory", []) and equals.get("readOnly") != ["true"]

"""LookupEvents: the management events of the last 90 days, of the caller's account and region.

Source: CloudTrail API reference, "LookupEvents". AWS does not document the sentences of its errors; those here say the
same as the documentation of the exceptions.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.cloudtrail.page_token import open_token, seal_token
from garrison.services.operation import Output, operation
from garrison.store import Reader, StoredEvent
from garrison.trail.identity import identity_name
from garrison.trail.log import cursor
from garrison.trail.resources import named_resources

DAYS = 90
MAX_RESULTS = 50
_PAGES = 20
"""Of events looked through for one page of answers: data events are no part of the history, and there may be many."""


class _Identity(msgspec.Struct, frozen=True, rename="camel"):
    type: str = ""
    user_name: str | None = None
    arn: str = ""
    principal_id: str = ""
    invoked_by: str | None = None
    access_key_id: str | None = None


class _Record(msgspec.Struct, frozen=True, rename="camel"):
    """The part of a record that an event of the history repeats."""

    event_name: str
    event_source: str
    read_only: bool
    user_identity: _Identity = _Identity()
    request_parameters: Any = None
    response_elements: Any = None
    event_category: str = "Management"


_record = msgspec.json.Decoder(_Record)


@operation("cloudtrail", "LookupEvents", access="read")
def lookup_events(call: Call, reader: Reader) -> Output:
    """Events newest first, a page at a time."""
    trail = call.runtime.trail
    if trail is None:
        raise AwsError("ServiceUnavailable", "The trail is not available.", status=503)
    params = call.params
    keys = _attributes(params.get("LookupAttributes") or ())
    start, end = _range(params)
    limit = params.get("MaxResults")
    limit = MAX_RESULTS if limit is None else limit
    if not 1 <= limit <= MAX_RESULTS:
        raise AwsError(
            "InvalidMaxResultsException", f"A maximum results value must be between 1 and {MAX_RESULTS}.", status=400
        )
    asked = _fingerprint(call)
    token = params.get("NextToken")
    before = None if token is None else open_token(token, asked)
    if params.get("EventCategory") is not None:
        return {"Events": []}  # Insights events are the only other category, and nothing here derives them
    oldest = call.now - DAYS * 86400
    start = oldest if start is None else max(start, oldest)
    shown: list[dict[str, Any]] = []
    for _ in range(_PAGES):
        found = trail.lookup(
            call.account, region=call.region, keys=keys, start=start, end=end, before=before, limit=MAX_RESULTS + 1
        )
        for n, event in enumerate(found):
            if len(shown) == limit or n == MAX_RESULTS:
                break
            before = cursor(event)
            record = _record.decode(event.body)
            if record.event_category != "Data":
                shown.append(_shown(event, record))
        else:
            return {"Events": shown}
        if len(shown) == limit:
            break
    assert before is not None
    return {"Events": shown, "NextToken": seal_token(before, asked)}


def _attributes(attributes: Any) -> list[tuple[str, str]]:
    if len(attributes) > 1:
        raise AwsError("InvalidLookupAttributesException", "You can only specify one lookup attribute.", status=400)
    for attribute in attributes:
        key, value = attribute["AttributeKey"], attribute["AttributeValue"]
        if key == "ReadOnly":
            value = value.lower()
            if value not in ("true", "false"):
                raise AwsError(
                    "InvalidLookupAttributesException",
                    "The value of the lookup attribute ReadOnly must be true or false.",
                    status=400,
                )
        return [(key, value)]
    return []


def _range(params: dict[str, Any]) -> tuple[float | None, float | None]:
    start, end = params.get("StartTime"), params.get("EndTime")
    if start is not None and end is not None and start > end:
        raise AwsError("InvalidTimeRangeException", "The start time must be before the end time.", status=400)
    # A record's time is printed in whole seconds: an end within a second includes what happened in it.
    return start, None if end is None else float(int(end)) + 0.999999


def _fingerprint(call: Call) -> bytes:
    """What a token belongs to: everything asked but the page and its size."""
    asked = {name: value for name, value in call.params.items() if name not in ("NextToken", "MaxResults")}
    return hashlib.sha256(msgspec.json.encode([call.account, call.region, asked], order="sorted")).digest()


def _shown(event: StoredEvent, record: _Record) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "EventId": event.id,
        "EventName": record.event_name,
        "ReadOnly": "true" if record.read_only else "false",
        "EventTime": float(int(event.time)),
        "EventSource": record.event_source,
        "Resources": [
            {"ResourceType": type_, "ResourceName": name}
            for type_, name in named_resources(record.event_source, record.request_parameters, record.response_elements)
        ],
        "CloudTrailEvent": event.body.decode(),
    }
    who = record.user_identity
    username = identity_name(who.type, who.user_name, who.principal_id, who.invoked_by)
    if username is not None:
        shown["Username"] = username
    if who.access_key_id is not None:
        shown["AccessKeyId"] = who.access_key_id
    return shown

"""Resources as they were before an event changed them, out of the trail: what the change before it had set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from garrison.detect.events import ApiCall
from garrison.detect.formats import cloudtrail
from garrison.store import Store

_LOOKED_AT = 50
"""Changes, refused ones too, among which the last that was made is looked for."""

_Answer = Callable[[ApiCall], Mapping[str, Any]]


def _password_policy(call: ApiCall) -> Mapping[str, Any]:
    return call.params if call.name.startswith("Update") else {}


def _bucket_policy(call: ApiCall) -> Mapping[str, Any]:
    return {"policy": call.params.get("bucketPolicy")} if call.name.startswith("Put") else {"policy": None}


_CHANGES: Mapping[str, tuple[tuple[str, ...], str, _Answer]] = {
    "password_policy": (("UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy"), "", _password_policy),
    "bucket": (("PutBucketPolicy", "DeleteBucketPolicy", "DeleteBucket"), "ResourceName", _bucket_policy),
}
"""By kind: events that set it, the key a resource is found by, and what an event says of it."""


def known_before(store: Store, account: str, kind: str, id: str, before: str) -> Mapping[str, Any]:
    """Of the kind `password_policy`: its members, {} where there was none; of `bucket`: `policy`, None where it had
    none. {} also where the trail has no earlier change."""
    if kind not in _CHANGES:
        return {}
    names, key, answer = _CHANGES[kind]
    events = store.stored_events(account=account, keys=[("EventId", before)], limit=1)
    if not events:
        return {}
    at = (events[0].time, before)
    found: list[tuple[tuple[float, str], ApiCall]] = []
    for name in names:
        keys = [("EventName", name), *([(key, id)] if key else [])]
        for event in store.stored_events(account=account, keys=keys, before=at, limit=_LOOKED_AT):
            call = cloudtrail.event(msgspec.json.decode(event.body))
            if not call.error:
                found.append(((event.time, event.id), call))
                break
    return answer(max(found, key=lambda one: one[0])[1]) if found else {}

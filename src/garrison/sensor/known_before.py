"""Resources as they were before an event changed them, out of the trail: what the change before it had set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from garrison.detect.events import ApiCall
from garrison.detect.formats.cloudtrail_record import event as api_call
from garrison.store import Store
from garrison.trail.log import Cursor, cursor, look_up
from garrison.trail.segments import SegmentReader

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


class KnownBefore:
    """Called with an account, a kind, an id and the id of an event."""

    def __init__(self, store: Store, data_dir: Path) -> None:
        self._store = store
        self._segments = SegmentReader(data_dir / "trail") if store.local else None

    def __call__(self, account: str, kind: str, id: str, event: str) -> Mapping[str, Any]:
        """Of the kind `password_policy`: its members, {} where there was none; of `bucket`: `policy`, None where it had
        none. {} also where the trail has no earlier change."""
        if kind not in _CHANGES:
            return {}
        names, key, answer = _CHANGES[kind]
        changed = look_up(self._store, self._segments, account, keys=[("EventId", event)], limit=1)
        if not changed:
            return {}
        found: list[tuple[Cursor, ApiCall]] = []
        for name in names:
            keys = [("EventName", name), *([(key, id)] if key else [])]
            earlier = look_up(
                self._store, self._segments, account, keys=keys, before=cursor(changed[0]), limit=_LOOKED_AT
            )
            for one in earlier:
                call = api_call(msgspec.json.decode(one.body))
                if not call.error:
                    found.append((cursor(one), call))
                    break
        return answer(max(found, key=lambda one: one[0])[1]) if found else {}

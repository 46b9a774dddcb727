"""Nobody attests their own change: whoever set up what is attested is looked up in the trail.

The person behind a session is whoever assumed it (the trail tells, by the key it was assumed with), its source identity
and its session name. Whatever any of them changed of what the item is about, in the 90 days the trail reaches back, is
somebody else's to attest.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.assess.audit.read import ItemEvidence
from garrison.aws.errors import AwsError
from garrison.aws.ids import account_of
from garrison.policy.principal import RoleSession
from garrison.store import StoreUnavailable
from garrison.trail.log import RETAIN_SECONDS, Trail

_WAIT = 3.0
"""Seconds until a call made with a session's issuing key is on record: what only reads is durable within 200 ms."""


def examine_changes(call: Call, item: ItemEvidence) -> None:
    """Raise AccessDeniedException for a caller who changed what the item is about. Takes time: not in a transaction."""
    trail = call.runtime.trail
    if trail is None:
        return
    try:
        about = subjects(item)
        for name in sorted(_names(call, trail)) if about else ():
            _unchanged(call, trail, name, about)
    except StoreUnavailable as e:
        raise AwsError("InternalServerException", str(e), status=500) from None


def subjects(item: ItemEvidence) -> set[str]:
    """ARNs of what an item is about: what was sampled, and what checks spoke of, but for accounts as a whole."""
    found = {str(one["subject"]) for one in item.checks}
    found |= {str(member[0]) for member in (item.sample or {}).get("members", ())}
    return {_plain(one) for one in found if one.startswith("arn:") and not one.endswith(":root")}


def _plain(arn: str) -> str:
    """An ARN without what calls do not tell of it: its partition, and the path of IAM's things."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return arn
    kind, _, path = parts[5].partition("/")
    what = f"{kind}/{path.rpartition('/')[2]}" if parts[2] == "iam" and path else parts[5]
    return ":".join(["arn", "aws", *parts[2:5], what])


def _names(call: Call, trail: Trail) -> set[str]:
    """What the trail calls the person behind the session."""
    principal, session = call.caller.principal, call.caller.session
    found = {principal.session_name} if isinstance(principal, RoleSession) else set()
    if session is None:
        return found
    if session.source_identity:
        found.add(session.source_identity)
    if session.issuer_key:
        found |= _issuers(call, trail, session.issuer_key)
    return found


def _issuers(call: Call, trail: Trail, key: str) -> set[str]:
    deadline = time.monotonic() + _WAIT
    while True:
        made = trail.lookup(account_of(key), keys=[("AccessKeyId", key)], limit=1)
        if made:
            identity: dict[str, Any] = msgspec.json.decode(made[0].body).get("userIdentity") or {}
            return {str(name) for name in (identity.get("userName"), _session_name(identity)) if name}
        if time.monotonic() > deadline:
            why = "who assumed this session is not on record"
            raise AwsError("AccessDeniedException", f"{_refusal(call)} because {why}", status=403)
        time.sleep(0.05)


def _session_name(identity: dict[str, Any]) -> str:
    return str(identity.get("principalId", "")).partition(":")[2]


def _unchanged(call: Call, trail: Trail, name: str, about: set[str]) -> None:
    keys = [("Username", name), ("ReadOnly", "false")]
    for one in trail.history(call.account, keys=keys, start=call.now - RETAIN_SECONDS):
        event: dict[str, Any] = msgspec.json.decode(one.body)
        changed = _changed(event) & about
        if changed and "errorCode" not in event:
            day = datetime.fromtimestamp(one.time, UTC).strftime("%Y-%m-%d")
            why = f"nobody attests their own change: {name} called {event['eventName']} on {min(changed)} on {day}"
            raise AwsError("AccessDeniedException", f"{_refusal(call)} because {why}", status=403)


_IAM = {"userName": "user", "roleName": "role", "groupName": "group"}


def _changed(event: dict[str, Any]) -> set[str]:
    """ARNs a change names, `_plain`: in its parameters, its answer and its resources, and of what IAM calls by name."""
    found: set[str] = set()
    for part in (event.get("requestParameters"), event.get("responseElements"), event.get("resources")):
        found.update(map(_plain, _texts(part)))
    asked = event.get("requestParameters") or {}
    account = event.get("recipientAccountId", "")
    if event.get("eventSource") == "iam.amazonaws.com":
        found |= {
            _plain(f"arn:aws:iam::{account}:{kind}/{asked[name]}") for name, kind in _IAM.items() if name in asked
        }
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)


def _refusal(call: Call) -> str:
    return f"User: {call.caller.principal.arn} is not authorized to perform: garrison:AttestAuditItem"

"""Whether a trail is for an event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from garrison.services.cloudtrail.resources import Trail
from garrison.services.cloudtrail.selectors import STANDARD
from garrison.store import StoredEvent
from garrison.trail.operations import GLOBAL_SERVICES

_GLOBAL = frozenset(f"{service}.amazonaws.com" for service in GLOBAL_SERVICES)


class _Resource(msgspec.Struct, frozen=True):
    type: str = ""
    arn: str = msgspec.field(default="", name="ARN")


class _Identity(msgspec.Struct, frozen=True):
    arn: str = ""


class _Record(msgspec.Struct, frozen=True, rename="camel"):
    event_name: str
    event_source: str
    read_only: bool = False
    event_type: str = ""
    event_category: str = "Management"
    user_identity: _Identity = _Identity()
    resources: list[_Resource] = []
    session_credential_from_console: str = "false"


_record = msgspec.json.Decoder(_Record)

_POSITIVE: dict[str, Callable[[str, str], bool]] = {
    "Equals": lambda have, want: have == want,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}
_NEGATIVE = {f"Not{name}": test for name, test in _POSITIVE.items()}


def selected(trail: Trail, home: str, event: StoredEvent) -> bool:
    """Whether an event of the trail's account, at a time when it was logging, belongs into its files."""
    if not trail.every_region and event.region != home:
        return False
    record = _record.decode(event.body)
    if not trail.global_services and record.event_source in _GLOBAL:
        return False
    if trail.advanced:
        return any(_advanced(one["FieldSelectors"], record) for one in trail.advanced)
    return any(_basic(one, record) for one in trail.selectors or (STANDARD,))


def _basic(selector: dict[str, Any], record: _Record) -> bool:
    if selector["ReadWriteType"] != "All" and record.read_only != (selector["ReadWriteType"] == "ReadOnly"):
        return False
    if record.event_category == "Management":
        excluded = record.event_source in selector["ExcludeManagementEventSources"]
        return bool(selector["IncludeManagementEvents"]) and not excluded
    return record.event_category == "Data" and any(_covers(one, record) for one in selector["DataResources"])


def _covers(wanted: dict[str, Any], record: _Record) -> bool:
    """Whether an event is about a data resource. Objects by the beginning of their ARN, others exactly."""
    for value in wanted.get("Values") or ():
        everything = value.count(":") == 2 or value.endswith(":::")
        if everything and record.event_source == f"{value.split(':')[2]}.amazonaws.com":
            return True
        for resource in record.resources:
            if wanted["Type"] == "AWS::S3::Object":
                # What is done with a bucket's list of objects is about the bucket alone.
                if resource.arn.startswith(value) or f"{resource.arn}/" == value:
                    return True
            elif resource.arn == value:
                return True
    return False


def _advanced(fields: Sequence[dict[str, Any]], record: _Record) -> bool:
    return all(_field(one, _values(one["Field"], record)) for one in fields)


def _values(field: str, record: _Record) -> list[str]:
    if field == "resources.type":
        return [one.type for one in record.resources]
    if field == "resources.ARN":
        return [one.arn for one in record.resources]
    values = {
        "eventCategory": record.event_category,
        "readOnly": "true" if record.read_only else "false",
        "eventSource": record.event_source,
        "eventName": record.event_name,
        "eventType": record.event_type,
        "userIdentity.arn": record.user_identity.arn,
        "sessionCredentialFromConsole": record.session_credential_from_console,
    }
    return [values.get(field, "")]


def _field(selector: dict[str, Any], values: list[str]) -> bool:
    """One of what it asks for, where it asks for anything, and nothing of what it excludes."""
    asked = [(test, want) for name, test in _POSITIVE.items() for want in selector.get(name) or ()]
    if asked and not any(test(have, want) for test, want in asked for have in values):
        return False
    return not any(
        test(have, want) for name, test in _NEGATIVE.items() for want in selector.get(name) or () for have in values
    )

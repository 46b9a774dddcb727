"""Records of what an AWS service does by itself, on nobody's request.

Source: CloudTrail user guide, "AWS service events"; the form as the KMS developer guide shows that of `RotateKey`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET

from garrison.trail.event import uuid4
from garrison.trail.identity import iso_time
from garrison.trail.record import EVENT_VERSION, TrailEntry, TrailEvent

_INTERNAL = "AWS Internal"
_encode = msgspec.json.Encoder().encode


def service_entry(
    name: str,
    *,
    source: str,
    account: str,
    region: str,
    now: float,
    details: Mapping[str, Any],
    resources: list[dict[str, str]],
    additional: Mapping[str, Any] | None = None,
) -> TrailEntry:
    """The record of one service event; `details` are its `serviceEventDetails`."""
    event_id = uuid4()
    record = TrailEvent(
        event_version=EVENT_VERSION,
        user_identity={"accountId": account, "invokedBy": _INTERNAL},
        event_time=iso_time(int(now)),
        event_source=source,
        event_name=name,
        aws_region=region,
        source_ip_address=_INTERNAL,
        user_agent=_INTERNAL,
        request_parameters=None,
        response_elements=None,
        request_id=UNSET,
        event_id=event_id,
        read_only=False,
        event_type="AwsServiceEvent",
        management_event=True,
        recipient_account_id=account,
        event_category="Management",
        additional_event_data=UNSET if additional is None else additional,
        resources=resources,
        service_event_details=details,
    )
    keys = [
        ("EventId", event_id),
        ("EventName", name),
        ("EventSource", source),
        ("ReadOnly", "false"),
    ]
    for resource in resources:
        keys += [("ResourceType", resource["type"]), ("ResourceName", resource["ARN"])]
    return TrailEntry(_encode(record), event_id, event_id, account, region, now, tuple(dict.fromkeys(keys)))

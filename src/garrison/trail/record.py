"""The CloudTrail record, version 1.11, and what is kept with it.

Source: CloudTrail user guide, "CloudTrail record contents for management, data, and network activity events".
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

EVENT_VERSION = "1.11"
TEXT_LIMIT = 1024
"""Bytes of userAgent, errorCode and errorMessage."""
ELEMENTS_LIMIT = 100 * 1024
"""Bytes of requestParameters and of responseElements."""
ADDITIONAL_LIMIT = 28 * 1024
"""Bytes of additionalEventData."""


class TrailEvent(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", eq=False):
    """One record. An absent field is `UNSET`; `None` is written as null, as CloudTrail does for the two elements."""

    event_version: str = msgspec.field(name="eventVersion")
    user_identity: Any
    event_time: str
    event_source: str
    event_name: str
    aws_region: str
    source_ip_address: str = msgspec.field(name="sourceIPAddress")
    user_agent: str
    request_parameters: Any
    response_elements: Any
    request_id: str | UnsetType = msgspec.field(name="requestID")
    """Sign-in records have none."""
    event_id: str = msgspec.field(name="eventID")
    read_only: bool
    event_type: str
    management_event: bool
    recipient_account_id: str
    event_category: str
    error_code: str | UnsetType = UNSET
    error_message: str | UnsetType = UNSET
    additional_event_data: Any = UNSET
    resources: list[dict[str, str]] | UnsetType = UNSET
    api_version: str | UnsetType = UNSET
    service_event_details: Any = UNSET
    shared_event_id: str | UnsetType = msgspec.field(default=UNSET, name="sharedEventID")
    tls_details: dict[str, str] | UnsetType = UNSET
    session_credential_from_console: str | UnsetType = UNSET


class TrailEntry(msgspec.Struct, frozen=True, eq=False):
    """An encoded record with what it is found by."""

    event: bytes
    """The record, JSON."""
    id: str
    request_id: str
    account: str
    """The account whose trail it belongs to."""
    region: str
    time: float
    keys: tuple[tuple[str, str], ...]
    """Lookup attributes as `LookupEvents` names them, and `RequestId`."""
    extra: bytes | None = None
    """What Garrison keeps beside the record, to explain the decision later; never part of the record."""

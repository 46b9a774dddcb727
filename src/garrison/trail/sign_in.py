"""Records of sign-in: what people do at a door, which is no API call.

Source: CloudTrail user guide, "AWS Management Console sign-in events". These records have no request ID. `SwitchRole`
and `ExitRole` are not on that page: their form is known from records people have published.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET

from garrison.trail.event import Request, cut, uuid4
from garrison.trail.identity import iso_time
from garrison.trail.record import EVENT_VERSION, TEXT_LIMIT, TrailEntry, TrailEvent

SOURCE = "signin.amazonaws.com"
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""In place of a user name nobody has: it may be a password typed into the wrong field."""

_encode = msgspec.json.Encoder().encode


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """One thing done at the door."""

    name: str
    """`ConsoleLogin`."""
    account: str
    region: str
    identity: Mapping[str, Any]
    """The `userIdentity` element."""
    now: float
    succeeded: bool = True
    error: str | None = None
    """`errorMessage`."""
    parameters: Mapping[str, Any] | None = None
    additional: Mapping[str, Any] | None = None
    username: str | None = None
    """What the record is looked up by."""
    api: bool = False
    """It is recorded like an API call (`AuthorizeOAuth2Access`), not as a sign-in."""


def sign_in_entry(done: SignIn, request: Request) -> TrailEntry:
    """Its record."""
    event_id = uuid4()
    response = None if done.api else {done.name: "Success" if done.succeeded else "Failure"}
    record = TrailEvent(
        event_version=EVENT_VERSION,
        user_identity=done.identity,
        event_time=iso_time(int(done.now)),
        event_source=SOURCE,
        event_name=done.name,
        aws_region=done.region,
        source_ip_address=request.source_ip,
        user_agent=cut(request.header("user-agent") or "", TEXT_LIMIT),
        request_parameters=done.parameters,
        response_elements=response,
        request_id=uuid4() if done.api else UNSET,
        event_id=event_id,
        read_only=done.api,
        event_type="AwsApiCall" if done.api else "AwsConsoleSignIn",
        management_event=True,
        recipient_account_id=done.account,
        event_category="Management",
        error_code="AccessDenied" if done.api and not done.succeeded else UNSET,
        error_message=UNSET if done.error is None else cut(done.error, TEXT_LIMIT),
        additional_event_data=UNSET if done.additional is None else done.additional,
        tls_details={"clientProvidedHostHeader": cut(request.header("host") or "", 256)} if request.secure else UNSET,
    )
    keys = [
        ("EventId", event_id),
        ("EventName", done.name),
        ("EventSource", SOURCE),
        ("ReadOnly", "true" if done.api else "false"),
    ]
    if done.username is not None:
        keys.append(("Username", done.username))
    return TrailEntry(_encode(record), event_id, event_id, done.account, done.region, done.now, tuple(keys))

"""A call becomes a CloudTrail record."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from msgspec import UNSET

from garrison.aws.errors import AwsError
from garrison.trail.identity import Caller, foreign_identity, iso_time, lookup_name, user_identity
from garrison.trail.operations import error_code, global_region, operation_facts
from garrison.trail.record import (
    ADDITIONAL_LIMIT,
    ELEMENTS_LIMIT,
    EVENT_VERSION,
    TEXT_LIMIT,
    TrailEntry,
    TrailEvent,
)
from garrison.trail.resources import named_resources, record_resources

_encode = msgspec.json.Encoder().encode


class Request(Protocol):
    """What the trail asks of the HTTP request."""

    @property
    def source_ip(self) -> str: ...
    @property
    def secure(self) -> bool: ...
    def header(self, name: str) -> str | None: ...


class Checked(Protocol):
    """What the trail asks of an answered question of authorization."""

    @property
    def allowed(self) -> bool: ...
    @property
    def resource(self) -> str: ...


class RecordedCall(Protocol):
    """What the trail asks of a call; `access.Call` is one."""

    @property
    def service(self) -> str: ...
    @property
    def operation(self) -> str: ...
    @property
    def params(self) -> dict[str, Any]: ...
    @property
    def caller(self) -> Caller: ...
    @property
    def account(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def partition(self) -> str: ...
    @property
    def request(self) -> Request: ...
    @property
    def request_id(self) -> str: ...
    @property
    def now(self) -> float: ...
    @property
    def event_id(self) -> str | None: ...
    @property
    def checks(self) -> Sequence[Checked]: ...
    @property
    def shared_with(self) -> Sequence[str]: ...


def events(
    call: RecordedCall,
    *,
    output: Mapping[str, Any] | None = None,
    error: AwsError | None = None,
    additional: Mapping[str, Any] | None = None,
    extra: bytes | None = None,
) -> list[TrailEntry]:
    """The records of a call: one for its account, and one for each account of `call.shared_with`.

    `output` is what the operation returned, `error` what it (or authorization) raised; `additional` becomes
    `additionalEventData`; `extra` is kept beside the record.
    """
    shared = uuid4() if call.shared_with else None
    entries = [event(call, output=output, error=error, additional=additional, extra=extra, shared_id=shared)]
    entries += [
        event(call, output=output, error=error, additional=additional, shared_id=shared, recipient=account)
        for account in call.shared_with
        if account != call.account
    ]
    return entries


def event(
    call: RecordedCall,
    *,
    output: Mapping[str, Any] | None = None,
    error: AwsError | None = None,
    additional: Mapping[str, Any] | None = None,
    extra: bytes | None = None,
    shared_id: str | None = None,
    recipient: str | None = None,
) -> TrailEntry:
    """One record of a call, for the trail of `recipient` (default: the account the call acts in)."""
    facts = operation_facts(call.service, call.operation)
    caller = call.caller
    http = call.request
    account = call.account if recipient is None else recipient
    # Elements are built only of members the model knows; a call whose parameters failed to parse has none.
    request = facts.request(call.params) if facts.request is not None and call.params else None
    if error is not None and facts.source == "kms.amazonaws.com" and error.code == "AccessDeniedException":
        request = None  # as the KMS developer guide shows denied calls
    response = facts.response(output) if facts.response is not None and output and error is None else None
    decided = [check.resource for check in call.checks if check.allowed]
    if facts.source == "kms.amazonaws.com" and response is not None and "keyMetadata" in response:
        decided.append(response["keyMetadata"]["arn"])
    owner = call.shared_with[0] if call.shared_with else call.account
    resources = record_resources(facts.source, request, decided, owner, call.partition)
    named = [] if facts.data else named_resources(facts.source, request, response, decided)
    region = global_region(call.partition) if facts.is_global else call.region
    event_id = (call.event_id if recipient is None else None) or uuid4()
    record = TrailEvent(
        event_version=EVENT_VERSION,
        user_identity=user_identity(caller) if recipient is None else foreign_identity(caller),
        event_time=iso_time(int(call.now)),
        event_source=facts.source,
        event_name=facts.name,
        aws_region=region,
        source_ip_address=http.source_ip,
        user_agent=cut(http.header("user-agent") or "", TEXT_LIMIT),
        request_parameters=request,
        response_elements=response,
        request_id=call.request_id,
        event_id=event_id,
        read_only=facts.read_only,
        event_type="AwsApiCall",
        management_event=not facts.data,
        recipient_account_id=account,
        event_category="Data" if facts.data else "Management",
        error_code=UNSET if error is None else cut(error_code(call.service, error.code), TEXT_LIMIT),
        error_message=UNSET if error is None or not error.message else cut(error.message, TEXT_LIMIT),
        additional_event_data=limited(additional, ADDITIONAL_LIMIT, "additionalEventData") if additional else UNSET,
        resources=resources or UNSET,
        shared_event_id=shared_id or UNSET,
        tls_details={"clientProvidedHostHeader": cut(http.header("host") or "", 256)} if http.secure else UNSET,
    )
    try:
        encoded = _encode(record)
    except UnicodeEncodeError:
        # Half of a surrogate pair, which JSON can escape and UTF-8 cannot say. Such calls fail, and are recorded too.
        record = msgspec.structs.replace(
            record,
            request_parameters=_sayable(request),
            resources=_sayable(resources) or UNSET,
            error_message=UNSET,
        )
        encoded = _encode(record)
    if len(encoded) > ELEMENTS_LIMIT:
        encoded = _encode(
            msgspec.structs.replace(
                record,
                request_parameters=limited(request, ELEMENTS_LIMIT, "requestParameters"),
                response_elements=limited(response, ELEMENTS_LIMIT, "responseElements"),
            )
        )
    keys = [
        ("EventId", event_id),
        ("EventName", facts.name),
        ("EventSource", facts.source),
        ("ReadOnly", "true" if facts.read_only else "false"),
        ("RequestId", call.request_id),
    ]
    # Another account learns which account called, not who or with which key.
    username = lookup_name(caller.principal) if recipient is None else None
    if username is not None:
        keys.append(("Username", username))
    if caller.access_key_id and recipient is None:
        keys.append(("AccessKeyId", caller.access_key_id))
    if named:
        keys += {("ResourceType", type_): None for type_, _ in named}
        # Names as the client sent them, in calls that were refused too: what no database can hold is left out.
        keys += {("ResourceName", cut(name.replace("\0", ""), 2048)): None for _, name in named}
    return TrailEntry(encoded, event_id, call.request_id, account, region, call.now, tuple(keys), extra)


def cut(text: str, limit: int) -> str:
    """`text`, cut to `limit` bytes of UTF-8; what UTF-8 cannot say becomes a question mark."""
    if len(text) * 4 <= limit and text.isascii():
        return text
    return text.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")


def limited(element: Any, limit: int, name: str) -> Any:
    """The element, or what CloudTrail puts in place of one that is too large.

    Source: "CloudTrail record contents": `omitted` is true where content was left out; the other two names are as seen
    on records of large requests.
    """
    if element is None:
        return None
    size = len(_encode(element))
    if size <= limit:
        return element
    return {"omitted": True, "originalSize": size, "reason": f"{name} too large"}


def _sayable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_sayable(key): _sayable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_sayable(item) for item in value]
    return value


def uuid4() -> str:
    """A random UUID, without the standard library's object for it."""
    x = os.urandom(16).hex()
    return f"{x[:8]}-{x[8:12]}-4{x[13:16]}-{'89ab'[int(x[16], 16) & 3]}{x[17:20]}-{x[20:]}"

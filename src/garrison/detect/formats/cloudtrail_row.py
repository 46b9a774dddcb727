"""A CloudTrail record as a row: of its JSON no more is decoded than a row has."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.detect.events import ApiCall, ApiRow
from garrison.detect.formats.cloudtrail_record import call_of, called, of_arn, told, transferred
from garrison.detect.formats.form import Bad, seconds

_NOTHING = msgspec.Raw(b"null")


class _Issuer(msgspec.Struct, gc=False, rename="camel"):
    arn: str | None = None
    user_name: str | None = None


class _Session(msgspec.Struct, gc=False, rename="camel"):
    session_issuer: _Issuer | None = None


class _Who(msgspec.Struct, gc=False, rename="camel"):
    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    access_key_id: str | None = None
    user_name: str | None = None
    invoked_by: str | None = None
    session_context: _Session | None = None


class _Record(msgspec.Struct, gc=False, rename="camel"):
    event_id: str = msgspec.field(name="eventID")
    event_time: str
    event_source: str
    event_name: str
    user_identity: _Who | None = None
    aws_region: str | None = None
    source_address: str | None = msgspec.field(name="sourceIPAddress", default=None)
    user_agent: str | None = None
    error_code: str | None = None
    read_only: bool | str | None = None
    recipient_account_id: str | None = None
    event_category: str | None = None
    management_event: bool | None = None
    request_parameters: msgspec.Raw = _NOTHING
    additional_event_data: msgspec.Raw = _NOTHING


class _Object(msgspec.Struct, gc=False):
    bucket: Any = msgspec.field(name="bucketName", default="")
    key: Any = ""


_NOBODY, _NO_ISSUER, _NO_OBJECT = _Who(), _Issuer(), _Object()
_record = msgspec.json.Decoder(_Record).decode
_any = msgspec.json.Decoder(float_hook=float).decode
_object = msgspec.json.Decoder(_Object | None, float_hook=float).decode
_LONG = 4000
"""Octets, in which a number could be longer than Python reads: such a record is decoded whole, and nothing is left to
be found later."""


def row(raw: bytes | msgspec.Raw) -> ApiCall | ApiRow | Bad:
    """A record as a row. What is not plainly as it should be is left to `event` to judge."""
    record = bytes(raw)
    if len(record) > _LONG:
        return call_of(raw)
    try:
        if not record.isascii():
            record.decode()
        given = _record(record)
        who = given.user_identity or _NOBODY
        kind = who.type or ""
        issuer = (who.session_context and who.session_context.session_issuer) or _NO_ISSUER
        source, name = called(given.event_source, given.event_name)
        if name == "ConsoleLogin" or kind == "IdentityCenterUser":
            return call_of(raw)
        account = given.recipient_account_id or who.account_id or ""
        one = (source == "s3" and _object(given.request_parameters)) or _NO_OBJECT
        more = given.additional_event_data
        return ApiRow(
            given.event_id,
            seconds(given.event_time),
            account,
            given.aws_region or "",
            source,
            name,
            kind,
            issuer.arn or _principal(kind, who),
            who.principal_id or "",
            who.user_name or issuer.user_name or "",
            who.access_key_id or "",
            given.source_address or "",
            given.user_agent or "",
            given.error_code or "",
            told(given.read_only),
            given.event_category == "Data" or given.management_event is False,
            one.bucket if type(one.bucket) is str else "",
            one.key if type(one.key) is str else "",
            0 if more is _NOTHING else transferred(_any(more)),
            record,
        )
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return call_of(raw)


def _principal(kind: str, who: _Who) -> str:
    if who.arn:
        return of_arn(who.arn)
    return (who.invoked_by if kind == "AWSService" else who.principal_id or who.account_id) or ""

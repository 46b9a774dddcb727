"""CloudTrail: `{"Records": [...]}` as it is delivered to a bucket, and one record on each line.

Data events and sign-ins have the same form. CloudTrail's digest files are not records and give none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from garrison.detect.events import ApiCall, Event
from garrison.detect.formats.form import Bad, Form, Head, Origin, bad, seconds

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode
_VERSION = re.compile(r"\d{8}(v\d+)?$|\d{4}_\d{2}_\d{2}$")
"""What Lambda and CloudFront add to the names of their operations."""


def event(record: dict[str, Any]) -> ApiCall:
    """A record as an event. Raises KeyError, TypeError, AttributeError or ValueError where it is none."""
    who: dict[str, Any] = record.get("userIdentity") or {}
    context: dict[str, Any] = who.get("sessionContext") or {}
    issuer: dict[str, Any] = context.get("sessionIssuer") or {}
    kind = who.get("type") or ""
    source = record["eventSource"].removesuffix(".amazonaws.com")
    name: str = record["eventName"]
    if source in {"lambda", "cloudfront"}:
        name = _VERSION.sub("", name)
    response = record.get("responseElements") or {}
    error = record.get("errorCode") or ""
    if not error and name == "ConsoleLogin" and response.get("ConsoleLogin") == "Failure":
        error = record.get("errorMessage") or "Failure"
    read_only = record.get("readOnly")
    if isinstance(read_only, str):
        read_only = read_only.lower() == "true"
    texts = (
        record["eventID"],
        record.get("recipientAccountId") or who.get("accountId") or "",
        record.get("awsRegion") or "",
        source,
        name,
        kind,
        _principal(kind, who, issuer),
        who.get("principalId") or "",
        who.get("userName") or issuer.get("userName") or "",
        who.get("accessKeyId") or "",
        record.get("sourceIPAddress") or "",
        record.get("userAgent") or "",
        error,
    )
    for text in texts:
        if type(text) is not str:
            raise TypeError(f"{text!r:.100} where text belongs")
    id, account, region, source, name, kind, principal, principal_id, user, key, address, agent, error = texts
    params = record.get("requestParameters")
    return ApiCall(
        id,
        seconds(record["eventTime"]),
        account,
        region,
        source,
        name,
        kind,
        principal,
        principal_id,
        user,
        key,
        address,
        agent,
        error,
        read_only,
        record.get("eventCategory") == "Data" or record.get("managementEvent") is False,
        params if type(params) is dict else {},
        response if type(response) is dict else {},
        record,
    )


def _principal(kind: str, who: dict[str, Any], issuer: dict[str, Any]) -> Any:
    if issuer.get("arn"):
        return issuer["arn"]
    arn = who.get("arn") or ""
    if ":assumed-role/" in arn:
        # Without the issuer a role's path is not to be had: this is its ARN if it has none.
        head, _, rest = arn.partition(":assumed-role/")
        return f"{head.replace(':sts:', ':iam:', 1)}:role/{rest.split('/')[0]}"
    if arn:
        return arn
    if kind == "AWSService":
        return who.get("invokedBy") or ""
    if kind == "IdentityCenterUser":
        return (who.get("onBehalfOf") or {}).get("userId") or ""
    return who.get("principalId") or who.get("accountId") or ""


def _event(record: Any) -> ApiCall | Bad:
    try:
        return event(record)
    except (KeyError, TypeError, AttributeError, ValueError) as e:
        return bad(_encode(record), e)


def read(file: BinaryIO, origin: Origin) -> Iterator[Event | Bad]:
    """All records of a file, of either form."""
    data = file.read()
    try:
        whole = _decode(data)
    except msgspec.DecodeError as e:
        if b"\n" not in data.strip():
            yield bad(data, e)
            return
    else:
        yield from of(whole)
        return
    for line in data.splitlines():
        if not line.strip():
            continue
        try:
            one = _decode(line)
        except msgspec.DecodeError as e:
            yield bad(line, e)
        else:
            yield from of(one)


def of(document: dict[str, Any]) -> Iterator[Event | Bad]:
    """Events of a decoded file or line."""
    if "Records" in document:
        records = document["Records"]
        if isinstance(records, list):
            for record in records:
                yield _event(record)
        else:
            yield bad(_encode(document), "Records is not a list")
    elif "digestS3Object" not in document:
        # CloudTrail Lake and EventBridge put the record into an envelope.
        inner = document.get("eventData") or document.get("detail")
        yield _event(inner if isinstance(inner, dict) else document)


def _recognizes(head: Head) -> bool:
    return (b'"Records"' in head.data[:200] and b'"configSnapshotId"' not in head.data) or (
        b'"eventSource"' in head.data and b'"eventName"' in head.data
    )


FORM = Form("cloudtrail", _recognizes, read)

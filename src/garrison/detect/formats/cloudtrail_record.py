"""A CloudTrail record as the event that detectors read."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from garrison.detect.events import ApiCall
from garrison.detect.formats.form import Bad, bad, seconds

decode = msgspec.json.Decoder(dict[str, Any], float_hook=float).decode
"""JSON of a record. Numbers larger than there are become infinite: rows are kept without a look at all of theirs."""
_VERSION = re.compile(r"\d{8}(v\d+)?$|\d{4}_\d{2}_\d{2}$")
"""What Lambda and CloudFront add to the names of their operations."""


def call_of(raw: bytes | msgspec.Raw) -> ApiCall | Bad:
    """A record's JSON as an event."""
    try:
        return event(decode(raw), bytes(raw))
    except (msgspec.MsgspecError, KeyError, TypeError, AttributeError, ValueError, RecursionError) as e:
        return bad(bytes(raw), e)


def event(record: dict[str, Any], json: bytes = b"") -> ApiCall:
    """A record, which came as `json`, as an event. Raises KeyError, TypeError, AttributeError or ValueError where it is
    none."""
    who: dict[str, Any] = record.get("userIdentity") or {}
    context: dict[str, Any] = who.get("sessionContext") or {}
    issuer: dict[str, Any] = context.get("sessionIssuer") or {}
    kind = who.get("type") or ""
    source, name = called(record["eventSource"], record["eventName"])
    response = record.get("responseElements") or {}
    error = record.get("errorCode") or ""
    if not error and name == "ConsoleLogin" and response.get("ConsoleLogin") == "Failure":
        error = record.get("errorMessage") or "Failure"
    texts = (
        record["eventID"],
        record.get("recipientAccountId") or who.get("accountId") or "",
        record.get("awsRegion") or "",
        source,
        name,
        kind,
        issuer.get("arn") or _acts(kind, who),
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
        told(record.get("readOnly")),
        record.get("eventCategory") == "Data" or record.get("managementEvent") is False,
        params if type(params) is dict else {},
        response if type(response) is dict else {},
        record,
        json,
    )


def called(source: str, name: str) -> tuple[str, str]:
    """`eventSource` and `eventName` as events have them."""
    source = source.removesuffix(".amazonaws.com")
    return source, _VERSION.sub("", name) if source in {"lambda", "cloudfront"} else name


def told(read_only: Any) -> bool | None:
    """`readOnly`, which old records have as text."""
    if isinstance(read_only, str):
        return read_only.lower() == "true"
    return read_only if isinstance(read_only, bool) else None


def _acts(kind: str, who: dict[str, Any]) -> Any:
    """Who acts, where the record names no issuer of a session."""
    if who.get("arn"):
        return of_arn(who["arn"])
    if kind == "AWSService":
        return who.get("invokedBy") or ""
    if kind == "IdentityCenterUser":
        return (who.get("onBehalfOf") or {}).get("userId") or ""
    return who.get("principalId") or who.get("accountId") or ""


def of_arn(arn: str) -> str:
    """Who acts, by the ARN of a caller: the role of a session."""
    if ":assumed-role/" not in arn:
        return arn
    # Without the issuer a role's path is not to be had: this is its ARN if it has none.
    head, _, rest = arn.partition(":assumed-role/")
    return f"{head.replace(':sts:', ':iam:', 1)}:role/{rest.split('/')[0]}"


def transferred(more: Any) -> int:
    """`additionalEventData` -> the octets that were read of an object."""
    octets = more.get("bytesTransferredOut") if isinstance(more, dict) else None
    return int(octets) if isinstance(octets, int | float) and 0 <= octets < 1 << 62 else 0

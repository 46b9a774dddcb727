"""Requests at the edge: AWS WAF's log records, and the access log that Garrison's own edge writes.

Both have one JSON object on each line. A request that was judged and served is in both, as two events: what the web
ACL did is in the one, what was answered in the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from garrison.detect.events import Event, WebRequest
from garrison.detect.formats.form import Bad, Form, Head, Origin, bad, digest, plausible, seconds

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def judged(record: dict[str, Any], raw: bytes, origin: Origin) -> WebRequest:
    """A WAF log record as an event. Raises KeyError, TypeError, ValueError ..."""
    asked: dict[str, Any] = record["httpRequest"]
    headers = {str(h.get("name", "")).lower(): str(h.get("value", "")) for h in asked.get("headers") or ()}
    arn = str(record["webaclId"])
    account, region = _place(arn, origin)
    query = asked.get("args") or ""
    return WebRequest(
        id=f"{asked['requestId']}/{arn}" if asked.get("requestId") else digest(raw),
        time=plausible(float(record["timestamp"]) / 1000),
        account=account,
        region=region,
        resource=_resource(str(record.get("httpSourceId") or ""), account, region) or arn,
        source=str(asked.get("clientIp") or ""),
        method=str(asked.get("httpMethod") or ""),
        host=str(asked.get("host") or headers.get("host") or ""),
        path=str(asked.get("uri") or "") + (f"?{query}" if query else ""),
        user_agent=headers.get("user-agent", ""),
        status=int(record.get("responseCodeSent") or 0),
        action=str(record["action"]),
        labels=tuple(str(label.get("name", "")) for label in record.get("labels") or ()),
    )


def answered(record: dict[str, Any], raw: bytes, origin: Origin) -> WebRequest:
    """A record of the edge's access log as an event. Raises KeyError, TypeError, ValueError ..."""
    arn = str(record.get("elb") or "")
    account, region = _place(arn, origin)
    return WebRequest(
        id=digest(raw),
        time=seconds(record["time"]),
        account=account,
        region=region,
        resource=arn,
        source=str(record.get("client_port") or "").rpartition(":")[0].strip("[]"),
        method=str(record.get("request_method") or ""),
        host=str(record.get("domain_name") or ""),
        path=str(record.get("request_target") or ""),
        user_agent=str(record.get("user_agent") or ""),
        status=int(record.get("elb_status_code") or 0),
        action="",
        octets=int(record.get("sent_bytes") or 0),
    )


def _place(arn: str, origin: Origin) -> tuple[str, str]:
    parts = arn.split(":")
    if len(parts) < 6:
        return origin.account, origin.region
    return parts[4] or origin.account, parts[3] or "us-east-1"


def _resource(source: str, account: str, region: str) -> str:
    """`httpSourceId` (`account-app/name/id`) as an ARN, where it is of a load balancer."""
    if source.startswith("arn:"):
        return source
    name = source.removeprefix(f"{account}-")
    return f"arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/{name}" if name.startswith("app/") else source


def request(line: bytes, origin: Origin) -> WebRequest | Bad:
    """A line of either log as an event."""
    try:
        record = _decode(line)
        raw = line.strip()
        return judged(record, raw, origin) if "webaclId" in record else answered(record, raw, origin)
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError, ValueError) as e:
        return bad(line, e)


def read(file: BinaryIO, origin: Origin) -> Iterator[Event | Bad]:
    """All records of a file."""
    for line in file:
        if line.strip():
            yield request(line, origin)


def _recognizes(head: Head) -> bool:
    return b'"webaclId"' in head.data or (b'"elb_status_code"' in head.data and b'"request_target"' in head.data)


FORM = Form("web", _recognizes, read)

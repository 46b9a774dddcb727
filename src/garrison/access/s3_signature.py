"""How a request to S3 is signed, as its condition keys see it.

Source: S3 API reference, "Amazon S3 Signature Version 4 authentication specific policy keys". `s3:signatureversion`
comes with the service's rules: what Garrison accepts is always Signature Version 4.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl

from garrison.access.call import HttpRequest
from garrison.policy.request import ContextValue


def of_s3_request(request: HttpRequest, now: float) -> dict[str, ContextValue]:
    """`s3:authType`, `s3:signatureAge` (milliseconds, of presigned requests only) and `s3:x-amz-content-sha256`."""
    context: dict[str, ContextValue] = {}
    query = dict(parse_qsl(request.query, keep_blank_values=True)) if "X-Amz-Signature=" in request.query else {}
    if request.header("authorization") is not None:
        context["s3:authtype"] = "REST-HEADER"
    elif "X-Amz-Signature" in query:
        context["s3:authtype"] = "REST-QUERY-STRING"
        signed = _signed_at(query.get("X-Amz-Date", ""))
        if signed is not None:
            context["s3:signatureage"] = str(max(0, int((now - signed) * 1000)))
    elif (request.header("content-type") or "").startswith("multipart/form-data"):
        context["s3:authtype"] = "POST"
    content = query.get("X-Amz-Content-Sha256") or request.header("x-amz-content-sha256")
    if content is not None:
        context["s3:x-amz-content-sha256"] = content
    return context


def _signed_at(date: str) -> float | None:
    try:
        return datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None

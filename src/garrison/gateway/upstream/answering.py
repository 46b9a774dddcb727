"""The upstream's answer on its way back to the client."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from garrison.aws.errors import AwsError
from garrison.gateway.upstream.ask import error_code
from garrison.gateway.upstream.client import Answer, Overdue, Unreachable
from garrison.gateway.walk import Walk

log = logging.getLogger("garrison.upstream")

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_DROPPED = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
        b"trailer", b"transfer-encoding", b"upgrade", b"date",
    }
)  # fmt: skip
"""Hop by hop (RFC 9110, section 7.6.1), and what our server says itself."""
_REQUEST_IDS = (b"x-amzn-requestid", b"x-amz-request-id")
_ERROR_LIMIT = 64 * 1024


async def told_error(answer: Answer) -> AwsError:
    """The upstream's error, for the trail. Its body stays to be passed back."""
    raw = await answer.peek(_ERROR_LIMIT)
    named = next((v.decode("latin-1") for n, v in answer.headers if n == b"x-amzn-errortype"), None)
    return AwsError(error_code(raw, named) or f"{answer.status}", "", status=answer.status)


async def pass_back(answer: Answer, walk: Walk, send: Send) -> None:
    """Send status, headers and body, the body as it comes. An answer that breaks off breaks the client's off, too."""
    headers = [(name, value) for name, value in answer.headers if name not in _DROPPED]
    names = {name for name, _ in headers}
    if names.isdisjoint(_REQUEST_IDS):
        s3 = walk.route is not None and walk.route.service == "s3"
        headers.append((b"x-amz-request-id" if s3 else b"x-amzn-requestid", walk.request_id.encode()))
    # The name under which the trail and `garrison explain` know the call.
    headers.append((b"x-garrison-request-id", walk.request_id.encode()))
    bodiless = walk.request.method == "HEAD" or answer.status in (204, 304)
    try:
        if bodiless or answer.arrived:
            body = b""
            while not bodiless and (part := await answer.read()):
                body += part
            if b"content-length" not in names and not bodiless:
                headers.append((b"content-length", b"%d" % len(body)))
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        while part := await answer.read():
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    except (Unreachable, Overdue) as e:
        log.warning("request %s: the upstream's answer broke off: %s", walk.request_id, e or "no sign of life")
        # Returning without an end makes the server close the connection: a short body must not look whole.
    finally:
        answer.done()

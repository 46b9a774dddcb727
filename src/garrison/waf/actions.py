"""What a rule does when it matches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from garrison.waf.errors import no_payments
from garrison.waf.verdict import Headers, Response

PREFIX = "x-amzn-waf-"
"""Of headers put into requests. Source: developer guide, "Custom request header insertions"."""

_TYPES = {
    "TEXT_PLAIN": "text/plain",
    "TEXT_HTML": "text/html",
    "APPLICATION_JSON": "application/json",
}

FORBIDDEN = Response(
    403,
    (("Content-Type", "text/html"),),
    b"<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n"
    b"<center><h1>403 Forbidden</h1></center>\r\n</body>\r\n</html>\r\n",
)


class Action(msgspec.Struct, frozen=True, eq=False):
    """A RuleAction or DefaultAction."""

    name: str
    """`ALLOW`, `BLOCK`, `COUNT`, `CAPTCHA`, `CHALLENGE`."""
    headers: Headers = ()
    """To put into the request, with their prefix."""
    response: Response | None = None
    """Of a block."""


def compile_action(action: Mapping[str, Any], bodies: Mapping[str, Any]) -> Action:
    """An action with exactly one member; `bodies` are the CustomResponseBodies of its web ACL or rule group."""
    ((name, params),) = action.items()
    params = params or {}
    if name == "Monetize":
        raise no_payments()
    inserted = (params.get("CustomRequestHandling") or {}).get("InsertHeaders") or ()
    return Action(
        name.upper(),
        tuple((PREFIX + header["Name"], header["Value"]) for header in inserted),
        _response(params.get("CustomResponse"), bodies) if name == "Block" else None,
    )


def _response(custom: Mapping[str, Any] | None, bodies: Mapping[str, Any]) -> Response:
    if not custom:
        return FORBIDDEN
    headers = tuple((header["Name"], header["Value"]) for header in custom.get("ResponseHeaders") or ())
    key = custom.get("CustomResponseBodyKey")
    if not key:
        return Response(custom["ResponseCode"], headers)
    body = bodies[key]
    content_type = ("Content-Type", _TYPES[body["ContentType"]])
    return Response(custom["ResponseCode"], (content_type, *headers), body["Content"].encode())

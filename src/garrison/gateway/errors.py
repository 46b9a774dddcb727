"""Errors the gateway itself answers, in the form and with the code of the protocol the client spoke."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from garrison.aws.errors import AwsError
from garrison.gateway.protocols import HttpResponse, error_response
from garrison.gateway.route import Route, Unroutable
from garrison.keys.errors import Sealed, Tampered
from garrison.services.operation import UNSUPPORTED

if TYPE_CHECKING:
    from garrison.gateway.walk import Walk

log = logging.getLogger("garrison.gateway")

INTERNAL = "InternalFailure"

_FIELDS = {
    ("signin", "AccessDeniedException"): {"error": "INSUFFICIENT_PERMISSIONS"},
    ("signin", "ValidationException"): {"error": "INVALID_REQUEST"},
}
"""Members that errors of the gateway must have in a service's own model."""


def unforeseen() -> AwsError:
    """What a client learns of an exception nobody foresaw."""
    return AwsError(
        INTERNAL,
        "The request processing has failed because of an unknown error, exception or failure.",
        status=500,
    )


def unavailable(text: str = "The request has failed due to a temporary failure of the server.") -> AwsError:
    """The database cannot be reached now. Clients try again on this status."""
    return AwsError("ServiceUnavailable", text, status=503)


def of_engine(walk: Walk, refusal: Sealed | Tampered) -> AwsError:
    """The root key is sealed, or a row of the database is not as Garrison wrote it. Clients try again on both."""
    kms = walk.route is not None and walk.route.service == "kms"
    if isinstance(refusal, Sealed):
        text = "Garrison is sealed: its root key is not open. See garrison kms status"
        return AwsError("KeyUnavailableException", text, status=500) if kms else unavailable(text)
    log.error("request %s: the database was changed by somebody else: %s", walk.request_id, refusal)
    if kms:
        return AwsError(
            "KMSInternalException", "The request was rejected because an internal exception occurred.", status=500
        )
    return unforeseen()


def not_implemented(route: Route) -> AwsError:
    """Garrison knows the operation and has not built it."""
    why = UNSUPPORTED.get((route.service, route.operation))
    text = f"Garrison does not implement {route.service}:{route.operation}"
    text += f": {why}." if why else " (yet). See docs/coverage.md"
    return AwsError("NotImplemented", text, status=501)


def throttled() -> AwsError:
    """Too many calls wait for slow work."""
    return AwsError("Throttling", "Rate exceeded", status=400)


def too_large(limit: int) -> AwsError:
    """A body over the limit."""
    return AwsError("RequestEntityTooLarge", f"The request body may have {limit} bytes.", status=413)


def spoken(error: AwsError, protocol: str) -> AwsError:
    """The error with the code this protocol has for it.

    Source: "Common errors" of the API references: AccessDenied in the query and XML protocols, AccessDeniedException in
    the JSON ones (400 in JSON 1.x, 403 in REST), UnauthorizedOperation in EC2.
    """
    json = protocol in ("json", "rest-json", "smithy-rpc-v2-cbor")
    if error.code == "AccessDenied":
        if protocol == "ec2":
            return AwsError("UnauthorizedOperation", error.message, status=403)
        if json:
            return AwsError("AccessDeniedException", error.message, status=400 if protocol == "json" else 403)
    elif error.code == "InvalidClientTokenId" and json:
        return AwsError("UnrecognizedClientException", error.message, status=400 if protocol == "json" else 403)
    elif error.code == "Throttling" and json:
        return AwsError("ThrottlingException", error.message, status=400 if protocol == "json" else 429)
    return error


def answer(walk: Walk, error: AwsError) -> HttpResponse:
    """The response for an error, however far the walk had come."""
    found = walk.route
    if found is None:
        if isinstance(error, Unroutable):
            return error_response(error.service, error.protocol, error, walk.request_id)
        return error_response(None, "query", error, walk.request_id)
    error = spoken(error, found.protocol)
    fields = _FIELDS.get((found.service, error.code))
    if fields is not None and not error.fields:
        error = AwsError(error.code, error.message, status=error.status, fields=fields)
    if walk.codec is None:
        # The caller is not known: no model is opened for it.
        return error_response(found.service, found.protocol, error, walk.request_id)
    return walk.codec.error(error, walk.request_id)

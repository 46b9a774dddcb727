"""Which operation of which service does a request call?

Asked in this order, as the protocols differ: rpc path (`smithy-protocol: rpc-v2-cbor`), `X-Amz-Target`, `Action=` in a
form or query string, and last REST method and path. The service in the SigV4 scope narrows the search; where several
services sign with one name, target prefix, API version, path or host tell them apart. Requests without a signature are
placed by target, API version and action, host, or among the operations AWS leaves unsigned.

The scope is only a hint here: it is the authentication step that must hold it against the routed service.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from garrison.access.call import HttpRequest
from garrison.aws.errors import AwsError
from garrison.aws.service_index import Entry, index
from garrison.gateway import rest_paths
from garrison.gateway.form import decode_fields

_NO_LABELS: Mapping[str, str] = {}
_SCOPE_ALIASES = {
    # Names clients sign with that no model's metadata knows (endpoint rules bring them in).
    "s3express": ("s3",),
    "s3-outposts": ("s3control", "s3"),
    "s3-object-lambda": ("s3",),
}
_S3_NAMES = ("s3", "s3-control")
_SAME_BINDING = {("s3express", "ListBuckets"): "ListDirectoryBuckets"}
"""Operations that only the scope tells apart."""


@dataclass(slots=True, frozen=True)
class Route:
    """Where a request goes."""

    service: str
    """botocore's name."""
    operation: str
    protocol: str
    """`query`, `ec2`, `json`, `rest-json`, `rest-xml` or `smithy-rpc-v2-cbor`: the one the client spoke."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Path labels by the name in the template, decoded."""
    fields: Mapping[str, str] | None = None
    """The decoded form of a query or ec2 request."""


class Unroutable(AwsError):
    """No operation answers to this request. `service` and `protocol` say how far it was understood."""

    def __init__(self, code: str, message: str, *, status: int, protocol: str, service: str | None = None) -> None:
        super().__init__(code, message, status=status)
        self.protocol = protocol
        self.service = service


def route(request: HttpRequest, unsigned: str = "") -> Route:
    """The route of a request. Raises `Unroutable` with the error code of the protocol it seems to speak.

    `unsigned` is the service a request without a signature is known to be for.
    """
    target = content_type = authorization = host = smithy = ""
    for name, value in request.headers:
        if name == "authorization":
            authorization = value
        elif name == "content-type":
            content_type = value
        elif name == "x-amz-target":
            target = value
        elif name == "host":
            host = value
        elif name == "smithy-protocol":
            smithy = value
    scope = scope_service(authorization, request.query) or unsigned
    if smithy == "rpc-v2-cbor":
        return _rpc(request, scope)
    if target:
        return _target(target, scope, host)
    if content_type.startswith("application/x-www-form-urlencoded") or "Action=" in request.query:
        found = _action(request, scope, host, content_type)
        if found is not None:
            return found
    return _rest(request, scope, host)


def scope_service(authorization: str, query: str) -> str:
    """The service in the credential scope of an `Authorization` header or of a presigned query string, else ""."""
    if authorization:
        _, found, rest = authorization.partition("Credential=")
        scope = rest.partition(",")[0].strip() if found else ""
    elif "X-Amz-Credential=" in query:
        scope = unquote(query.partition("X-Amz-Credential=")[2].partition("&")[0])
    else:
        return ""
    parts = scope.split("/")
    # AKID/date/region/service/aws4_request; SigV4A has no region.
    return parts[-2] if len(parts) >= 4 else ""


def _signing(scope: str) -> tuple[Entry, ...]:
    """Services that sign with the name in the scope."""
    if not scope:
        return ()
    known = index()
    found = known.by_signing_name.get(scope)
    if found is None:
        aliases = _SCOPE_ALIASES.get(scope, (scope,))
        found = tuple(known.services[a] for a in aliases if a in known.services)
    return found or known.by_endpoint_prefix.get(scope, ())


def _hosted(host: str) -> tuple[Entry, ...]:
    """Services whose endpoint the host name is: `iam.amazonaws.com`, `111122223333.s3-control.us-east-1.…`."""
    labels = host.partition(":")[0].lower().split(".")
    by_prefix = index().by_endpoint_prefix
    for start in range(len(labels)):
        for length in (3, 2, 1):
            found = by_prefix.get(".".join(labels[start : start + length]))
            if found:
                return found
    return ()


def _named(entries: Iterable[Entry], operation: str) -> Entry | None:
    return next((e for e in entries if operation in e.names), None)


def _rpc(request: HttpRequest, scope: str) -> Route:
    protocol = "smithy-rpc-v2-cbor"
    parts = request.path.split("/")
    if len(parts) < 5 or parts[-4] != "service" or parts[-2] != "operation":
        raise Unroutable("UnknownOperationException", "The path names no operation.", status=404, protocol=protocol)
    prefix, operation = unquote(parts[-3]), unquote(parts[-1])
    entries = index().by_target_prefix.get(prefix) or _signing(scope)
    entry = _named((e for e in entries if protocol in e.protocols), operation)
    if entry is None:
        service = entries[0].name if entries else None
        message = f"Unknown operation {operation}."
        raise Unroutable("UnknownOperationException", message, status=404, protocol=protocol, service=service)
    return Route(entry.name, operation, protocol, _NO_LABELS)


def _target(target: str, scope: str, host: str) -> Route:
    prefix, _, operation = target.rpartition(".")
    entries = index().by_target_prefix.get(prefix, ())
    if len(entries) > 1:
        hosted = _hosted(host)
        entries = tuple(sorted(entries, key=lambda e: (e.signing_name != scope, e not in hosted)))
    entry = _named((e for e in entries if "json" in e.protocols), operation)
    if entry is None:
        known = entries or _signing(scope)
        # Status as DynamoDB and KMS answer it; the message is empty there.
        raise Unroutable(
            "UnknownOperationException", "", status=400, protocol="json", service=known[0].name if known else None
        )
    return Route(entry.name, operation, "json", _NO_LABELS)


def _action(request: HttpRequest, scope: str, host: str, content_type: str) -> Route | None:
    """A query or ec2 request; None if it is none of theirs (a form may be posted to a REST service too)."""
    entries = _signing(scope) or _hosted(host)
    query = [e for e in entries if _speaks_query(e)]
    if entries and not query:
        return None
    form = content_type.startswith("application/x-www-form-urlencoded") and request.body
    fields = decode_fields(request.body.decode("utf-8", "replace") if form else request.query)
    if form and "Action" not in fields and "Action=" in request.query:
        fields = decode_fields(request.query) | fields
    action, version = fields.get("Action"), fields.get("Version")
    if not query:
        query = list(index().query_by_version.get(version or "", ()))
        if not query:
            return None
    protocol = "ec2" if query[0].protocols[0] == "ec2" else "query"
    if not action:
        raise Unroutable(
            "MissingAction",
            "The request must contain the parameter Action",
            status=400,
            protocol=protocol,
            service=query[0].name,
        )
    # `rds`, `docdb` and `neptune` share name and version: the first to know the action has it.
    entry = _named((e for e in query if e.version == version), action)
    if entry is None:
        message = f"Could not find operation {action} for version {version or 'NO_VERSION_SPECIFIED'}"
        service = next((e.name for e in query if e.version == version), query[0].name)
        raise Unroutable("InvalidAction", message, status=400, protocol=protocol, service=service)
    return Route(entry.name, action, protocol, _NO_LABELS, fields)


def _speaks_query(entry: Entry) -> bool:
    return "query" in entry.protocols or "ec2" in entry.protocols


def _rest(request: HttpRequest, scope: str, host: str) -> Route:
    hosted = _hosted(host)
    entries = _signing(scope) or hosted
    unsigned = not entries
    if unsigned:
        entries = tuple(e for e in index().services.values() if e.unsigned)
    best: tuple[tuple[object, ...], Entry, rest_paths.Match] | None = None
    for entry in entries:
        if not entry.rest:
            continue
        path = _path(entry, request.path, host)
        found = rest_paths.match(entry.name, request.method, path, request.query, request.headers)
        if found is None or (unsigned and found.operation not in entry.unsigned):
            continue
        rank = (found.score, entry in hosted)
        if best is None or rank > best[0]:
            best = (rank, entry, found)
    if best is None:
        raise _no_such_path(request, entries, unsigned)
    _, entry, found = best
    operation = _SAME_BINDING.get((scope, found.operation), found.operation)
    return Route(entry.name, operation, entry.protocols[0], found.labels)


def _path(entry: Entry, path: str, host: str) -> str:
    """The path with the bucket in front, where S3's host name carries it."""
    if entry.name == "s3":
        bucket = bucket_of(host)
        if bucket:
            return f"/{bucket}{path}"
    return path or "/"


def bucket_of(host: str) -> str:
    """The bucket of a virtual-hosted S3 request (`bucket.s3.us-east-1.amazonaws.com`), else "".

    Clients that are given `http://localhost:4590` as endpoint put the bucket before `localhost`.
    """
    labels = host.partition(":")[0].split(".")
    for i in range(len(labels) - 1, 0, -1):
        label = labels[i]
        if label in ("s3", "s3-accelerate") or (label.startswith("s3-") and label.count("-") > 1):
            return ".".join(labels[:i])
    if labels[-1] == "localhost" and labels[0] not in _S3_NAMES:
        return ".".join(labels[:-1])
    return ""


def _no_such_path(request: HttpRequest, entries: tuple[Entry, ...], unsigned: bool) -> Unroutable:
    entry = None if unsigned else next((e for e in entries if e.rest), entries[0] if entries else None)
    if entry is not None and entry.name == "s3":
        return Unroutable(
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            status=405,
            protocol="rest-xml",
            service="s3",
        )
    protocol = entry.protocols[0] if entry is not None else "rest-json"
    if protocol in ("query", "ec2"):
        return Unroutable(
            "MissingAction",
            "The request must contain the parameter Action",
            status=400,
            protocol=protocol,
            service=entry.name if entry is not None else None,
        )
    message = f"Unable to determine service/operation name to be authorized: {request.method} {request.path[:256]}"
    return Unroutable(
        "UnknownOperationException",
        message,
        status=404,
        protocol=protocol,
        service=entry.name if entry is not None else None,
    )

"""The JSON 1.0 and 1.1 protocols: `X-Amz-Target` names the operation, JSON both ways.

Source: Smithy, "AWS JSON 1.0 and 1.1 protocols"; `x-amzn-query-error`: Smithy, "awsQueryCompatible trait".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from garrison.access.call import HttpRequest
from garrison.aws.errors import AwsError
from garrison.aws.service_index import index
from garrison.gateway.protocols.codec import Params, Parse, Serialize
from garrison.gateway.protocols.error_table import Wire, wire
from garrison.gateway.protocols.json_values import JsonReader, JsonWriter, dump, load
from garrison.gateway.protocols.response import HttpResponse
from garrison.gateway.route import Route

if TYPE_CHECKING:
    from botocore.model import OperationModel


def content_type(operation: OperationModel) -> str:
    """`application/x-amz-json-1.1`, or 1.0 where the model says so."""
    return f"application/x-amz-json-{operation.metadata.get('jsonVersion', '1.1')}"


def compile_parse(operation: OperationModel) -> Parse:
    """The parser of an operation's JSON body."""
    shape = operation.input_shape
    if shape is None:
        return lambda request, route: {}
    read = JsonReader().read(shape)

    def parse(request: HttpRequest, route: Route) -> Params:
        params: Params = read(load(request.body))
        return params

    return parse


def compile_serialize(operation: OperationModel) -> Serialize:
    """The serializer of an operation's output; no output shape gives an empty body."""
    shape = operation.output_shape
    header = ("Content-Type", content_type(operation))
    if shape is None:
        return lambda output, request_id: HttpResponse(200, [("x-amzn-RequestId", request_id), header])
    write = JsonWriter().write(shape)

    def serialize(output: Params | None, request_id: str) -> HttpResponse:
        return HttpResponse(200, [("x-amzn-RequestId", request_id), header], dump(write(output or {})))

    return serialize


def error(service: str | None, error: AwsError, request_id: str, *, modelled: bool = True) -> HttpResponse:
    """`{"__type": "...", "message": "..."}`."""
    told = wire(service if modelled else None, error)
    body: dict[str, Any] = {"__type": told.shape, **json_members(told)}
    headers = [
        ("x-amzn-RequestId", request_id),
        ("Content-Type", "application/x-amz-json-1.1"),
        ("x-amzn-ErrorType", told.shape),
        *query_error(service, told),
    ]
    return HttpResponse(told.status, headers, dump(body))


def json_members(told: Wire) -> dict[str, Any]:
    """The members of an error as JSON; one that is not modelled has a `message`."""
    members: dict[str, Any] = {}
    if told.model is not None:
        members = JsonWriter().structure(told.model)(told.members)
    return members | told.unmodelled


def query_error(service: str | None, told: Wire) -> list[tuple[str, str]]:
    """`x-amzn-query-error` of services that once spoke query, so that old clients find the old code."""
    if service is None or not index().services[service].query_compatible:
        return []
    return [("x-amzn-query-error", f"{told.code};{'Receiver' if told.fault else 'Sender'}")]

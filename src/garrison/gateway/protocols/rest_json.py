"""The rest-json protocol of Lambda, GuardDuty, Inspector and most younger services.

Source: Smithy, "AWS restJson1 protocol".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from garrison.aws.errors import AwsError
from garrison.gateway.protocols import rest
from garrison.gateway.protocols.codec import Parse, Serialize
from garrison.gateway.protocols.error_table import wire
from garrison.gateway.protocols.failures import serialization_error
from garrison.gateway.protocols.json_values import JsonReader, JsonWriter, dump, load
from garrison.gateway.protocols.response import HttpResponse

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape, StructureShape

_REQUEST_ID = "x-amzn-RequestId"
_CONTENT_TYPE = "application/json"


def _reader(shape: Shape, only: frozenset[str] | None) -> rest.ReadBody:
    compiler = JsonReader()
    read = compiler.read(shape) if only is None else compiler.structure(cast("StructureShape", shape), only)
    return lambda body: read(load(body))


def _writer(shape: Shape, only: frozenset[str] | None) -> rest.WriteBody:
    compiler = JsonWriter()
    write = compiler.write(shape) if only is None else compiler.structure(cast("StructureShape", shape), only)
    return lambda value: dump(write(value))


_FORMAT = rest.BodyFormat(_reader, _writer, _CONTENT_TYPE, serialization_error, b"{}")


def compile_parse(operation: OperationModel) -> Parse:
    """The parser of an operation's request."""
    return rest.compile_parse(operation, _FORMAT)


def compile_serialize(operation: OperationModel) -> Serialize:
    """The serializer of an operation's response."""
    return rest.compile_serialize(operation, _FORMAT, _REQUEST_ID)


def error(service: str | None, error: AwsError, request_id: str, *, modelled: bool = True) -> HttpResponse:
    """`{"message": ...}` and the modelled members; the code stands in `x-amzn-ErrorType`."""
    told = wire(service if modelled else None, error)
    headers = [(_REQUEST_ID, request_id), ("Content-Type", _CONTENT_TYPE), ("x-amzn-ErrorType", told.code)]
    body: dict[str, Any] = {}
    if told.model is not None:
        rest.header_writer(told.model)(told.members, headers)
        inside = frozenset(n for n, m in told.model.members.items() if "location" not in m.serialization)
        body = JsonWriter().structure(told.model, inside)(told.members)
    return HttpResponse(told.status, headers, dump(body | told.unmodelled))

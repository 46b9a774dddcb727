"""Smithy RPC v2 with CBOR: the path names the operation, CBOR both ways.

Source: Smithy, "Smithy RPC v2 CBOR protocol". Of CBOR's tags only 1 (epoch seconds) has a meaning there; any other is
refused, so that no decoder of dates, regular expressions, big numbers or shared references can be reached.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import cbor2

from garrison.access.call import HttpRequest
from garrison.aws.errors import AwsError
from garrison.gateway.protocols.codec import Params, Parse, Serialize
from garrison.gateway.protocols.error_table import wire
from garrison.gateway.protocols.failures import MAX_DEPTH, serialization_error
from garrison.gateway.protocols.json import query_error
from garrison.gateway.protocols.json_values import JsonReader, JsonWriter
from garrison.gateway.protocols.response import HttpResponse
from garrison.gateway.route import Route

if TYPE_CHECKING:
    from botocore.model import OperationModel

_PROTOCOL = ("smithy-protocol", "rpc-v2-cbor")
_CONTENT_TYPE = ("Content-Type", "application/cbor")


def _seconds(value: Any, immutable: bool) -> Any:
    return value


def _refuse(value: Any, immutable: bool) -> Any:
    raise ValueError("a tag that has no meaning here")


class _Tags(dict[int, Callable[[Any, bool], Any]]):
    def __missing__(self, tag: int) -> Callable[[Any, bool], Any]:
        return _refuse


_TAGS = _Tags({1: _seconds})


def load(body: bytes) -> Any:
    """The value of a CBOR body; an empty one is the empty map. Raises `SerializationException`."""
    if not body:
        return {}
    try:
        return cbor2.loads(body, semantic_decoders=_TAGS, max_depth=MAX_DEPTH, strict_hashable_types=True)
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, MemoryError, RecursionError):
        raise serialization_error() from None


def compile_parse(operation: OperationModel) -> Parse:
    """The parser of an operation's CBOR body."""
    shape = operation.input_shape
    if shape is None:
        return lambda request, route: {}
    read = JsonReader(native=True).read(shape)

    def parse(request: HttpRequest, route: Route) -> Params:
        params: Params = read(load(request.body))
        return params

    return parse


def compile_serialize(operation: OperationModel) -> Serialize:
    """The serializer of an operation's output; no output shape gives an empty body."""
    shape = operation.output_shape
    if shape is None:
        return lambda output, request_id: HttpResponse(200, [("x-amzn-RequestId", request_id), _PROTOCOL])
    write = JsonWriter(native=True).write(shape)

    def serialize(output: Params | None, request_id: str) -> HttpResponse:
        headers = [("x-amzn-RequestId", request_id), _PROTOCOL, _CONTENT_TYPE]
        return HttpResponse(200, headers, cbor2.dumps(write(output or {})))

    return serialize


def error(service: str | None, error: AwsError, request_id: str, *, modelled: bool = True) -> HttpResponse:
    """`{"__type": ..., "message": ...}` in CBOR."""
    told = wire(service if modelled else None, error)
    members = (
        {"message": told.message} if told.model is None else JsonWriter(native=True).write(told.model)(told.members)
    )
    headers = [("x-amzn-RequestId", request_id), _PROTOCOL, _CONTENT_TYPE, *query_error(service, told)]
    return HttpResponse(told.status, headers, cbor2.dumps({"__type": told.shape} | members | told.unmodelled))

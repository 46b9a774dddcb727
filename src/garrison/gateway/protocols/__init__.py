"""The wire protocols, compiled from botocore's models: one codec per operation and protocol.

`codec(service, operation, protocol)` gives the four functions of an operation; it opens the service's model, so ask for
it when the caller is known. `error_response` needs no model and serves whatever goes wrong before that.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any
from typing import Protocol as Interface

from garrison.aws import models
from garrison.aws.errors import AwsError
from garrison.gateway.protocols import ec2, json, query, rest_json, rest_xml, rpc_v2_cbor
from garrison.gateway.protocols.codec import Codec, Params, Parse, Serialize
from garrison.gateway.protocols.response import HttpResponse
from garrison.gateway.protocols.validate import compile_validate

__all__ = ["Codec", "HttpResponse", "Params", "codec", "error_response"]


class _Error(Interface):
    def __call__(
        self, service: str | None, error: AwsError, request_id: str, *, modelled: bool = True
    ) -> HttpResponse: ...


_PROTOCOLS: dict[str, tuple[Callable[[Any], Parse], Callable[[Any], Serialize], _Error]] = {
    "query": (query.compile_parse, query.compile_serialize, query.error),
    "ec2": (ec2.compile_parse, ec2.compile_serialize, ec2.error),
    "json": (json.compile_parse, json.compile_serialize, json.error),
    "rest-json": (rest_json.compile_parse, rest_json.compile_serialize, rest_json.error),
    "rest-xml": (rest_xml.compile_parse, rest_xml.compile_serialize, rest_xml.error),
    "smithy-rpc-v2-cbor": (rpc_v2_cbor.compile_parse, rpc_v2_cbor.compile_serialize, rpc_v2_cbor.error),
}


@cache
def codec(service: str, operation: str, protocol: str) -> Codec:
    """The codec of an operation. Raises `AwsError` if the installed botocore does not have the operation."""
    model = models.operation(service, operation)
    compile_parse, compile_serialize, error = _PROTOCOLS[protocol]
    return Codec(
        service,
        operation,
        protocol,
        compile_parse(model),
        compile_validate(model),
        compile_serialize(model),
        partial(error, service),
    )


def error_response(service: str | None, protocol: str, error: AwsError, request_id: str) -> HttpResponse:
    """An error as the protocol shapes it, with the code and status it carries and no modelled members."""
    return _PROTOCOLS[protocol][2](service, error, request_id, modelled=False)

"""The ec2 protocol: query with other names, lists without wrappers and its own error document.

Source: Smithy, "AWS EC2 query protocol".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from garrison.aws.errors import AwsError
from garrison.aws.service_index import index
from garrison.gateway.protocols import query
from garrison.gateway.protocols.codec import Params, Parse, Serialize
from garrison.gateway.protocols.error_table import wire
from garrison.gateway.protocols.response import HttpResponse
from garrison.gateway.protocols.xml_write import XmlWriter, escape

if TYPE_CHECKING:
    from botocore.model import OperationModel

_CONTENT_TYPE = ("Content-Type", "text/xml;charset=UTF-8")
_PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n'


def compile_parse(operation: OperationModel) -> Parse:
    """The parser of an operation's form."""
    return query.compile_parse(operation, ec2=True)


def compile_serialize(operation: OperationModel) -> Serialize:
    """The serializer of an operation's output."""
    name = operation.name
    shape = operation.output_shape
    namespace = index().services[operation.service_model.service_name].namespace.rstrip("/")
    start = f'{_PROLOGUE}<{name}Response xmlns="{namespace}/"><requestId>'
    end = f"</{name}Response>"
    members = XmlWriter("iso8601").members(shape) if shape is not None else []

    def serialize(output: Params | None, request_id: str) -> HttpResponse:
        parts = [start, request_id, "</requestId>"]
        if output:
            for member, element in members:
                value = output.get(member)
                if value is not None:
                    parts.append(element(value))
        parts.append(end)
        return HttpResponse(200, [("x-amzn-RequestId", request_id), _CONTENT_TYPE], "".join(parts).encode())

    return serialize


def error(service: str | None, error: AwsError, request_id: str, *, modelled: bool = True) -> HttpResponse:
    """`<Response><Errors><Error>`; EC2 models no errors of its own."""
    told = wire(service if modelled else None, error)
    body = (
        f"{_PROLOGUE}<Response><Errors><Error><Code>{escape(told.code)}</Code><Message>{escape(told.message)}</Message>"
        f"</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    )
    return HttpResponse(told.status, [("x-amzn-RequestId", request_id), _CONTENT_TYPE], body.encode())

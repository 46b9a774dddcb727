"""The query protocol of IAM, STS and their generation: a form in, XML out.

Source: Smithy, "AWS query protocol"; layout of answers as in the services' API references.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from garrison.access.call import HttpRequest
from garrison.aws.errors import AwsError
from garrison.aws.service_index import index
from garrison.gateway.form import decode_fields
from garrison.gateway.protocols.codec import Params, Parse, Serialize
from garrison.gateway.protocols.error_table import Wire, wire
from garrison.gateway.protocols.query_tree import QueryReader, tree
from garrison.gateway.protocols.response import HttpResponse
from garrison.gateway.protocols.xml_write import XmlWriter, escape
from garrison.gateway.route import Route

if TYPE_CHECKING:
    from botocore.model import OperationModel

_CONTENT_TYPE = ("Content-Type", "text/xml")


def compile_parse(operation: OperationModel, *, ec2: bool = False) -> Parse:
    """The parser of an operation's form."""
    shape = operation.input_shape
    if shape is None:
        return lambda request, route: {}
    read = QueryReader(ec2=ec2).read(shape)

    def parse(request: HttpRequest, route: Route) -> Params:
        fields = route.fields
        if fields is None:
            fields = decode_fields(request.body.decode("utf-8", "replace") or request.query)
        params: Params = read(tree(fields))
        return params

    return parse


def compile_serialize(operation: OperationModel) -> Serialize:
    """The serializer of an operation's output."""
    name = operation.name
    shape = operation.output_shape
    namespace = index().services[operation.service_model.service_name].namespace
    start = f'<{name}Response xmlns="{namespace}">'
    wrapper = ""
    members = []
    if shape is not None:
        wrapper = str(shape.serialization.get("resultWrapper", ""))
        members = XmlWriter().members(shape)
    if wrapper:
        start += f"<{wrapper}>"
    middle = (f"</{wrapper}>" if wrapper else "") + "<ResponseMetadata><RequestId>"
    end = f"</RequestId></ResponseMetadata></{name}Response>"

    def serialize(output: Params | None, request_id: str) -> HttpResponse:
        parts = [start]
        if output:
            get = output.get
            for member, element in members:
                value = get(member)
                if value is not None:
                    parts.append(element(value))
        parts += (middle, request_id, end)
        return HttpResponse(200, [("x-amzn-RequestId", request_id), _CONTENT_TYPE], "".join(parts).encode())

    return serialize


def error(service: str | None, error: AwsError, request_id: str, *, modelled: bool = True) -> HttpResponse:
    """`<ErrorResponse>`, with the modelled members beside code and message."""
    told = wire(service if modelled else None, error)
    namespace = index().services[service].namespace if service is not None else ""
    xmlns = f' xmlns="{namespace}"' if namespace else ""
    body = (
        f"<ErrorResponse{xmlns}>\n  <Error>\n    <Type>{'Receiver' if told.fault else 'Sender'}</Type>\n"
        f"    <Code>{escape(told.code)}</Code>\n    <Message>{escape(told.message)}</Message>\n{more_members(told)}"
        f"  </Error>\n  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n"
    )
    return HttpResponse(told.status, [("x-amzn-RequestId", request_id), _CONTENT_TYPE], body.encode())


def more_members(told: Wire) -> str:
    """Elements of the modelled members that are neither code nor message."""
    if told.model is None or not told.members:
        return ""
    return "".join(
        f"    {element(told.members[name])}\n"
        for name, element in XmlWriter().members(told.model)
        if name in told.members and name.lower() not in ("message", "code")
    )

"""The rest-xml protocol of S3, CloudFront and Route 53.

Source: Smithy, "AWS restXml protocol"; S3's bare `<Error>`: Amazon S3 API reference, "Error responses".
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from garrison.aws.errors import AwsError
from garrison.aws.service_index import index
from garrison.gateway.protocols import rest
from garrison.gateway.protocols.codec import Params, Parse, Serialize
from garrison.gateway.protocols.error_table import Wire, wire
from garrison.gateway.protocols.failures import malformed_xml
from garrison.gateway.protocols.query import more_members
from garrison.gateway.protocols.response import HttpResponse
from garrison.gateway.protocols.xml_read import XmlReader, load
from garrison.gateway.protocols.xml_write import XmlWriter, escape, namespace

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape, StructureShape

_PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n'
_CONTENT_TYPE = "application/xml"
_S3_FAMILY = frozenset({"s3", "s3control"})


def _reader(shape: Shape, only: frozenset[str] | None) -> rest.ReadBody:
    compiler = XmlReader()
    read = compiler.read(shape) if only is None else compiler.structure(cast("StructureShape", shape), only)
    return lambda body: read(load(body))


def _failure(service: str) -> rest.Failure:
    if service in _S3_FAMILY:
        return lambda message: AwsError("InvalidArgument", message, status=400)
    return lambda message: malformed_xml()


def _format(service: str) -> rest.BodyFormat:
    xmlns = index().services[service].namespace

    def writer(shape: Shape, only: frozenset[str] | None) -> rest.WriteBody:
        root = str(shape.serialization.get("name", shape.name))
        if only is None:
            element = XmlWriter().element(shape, root)
            bare = f"<{root}>"
            start = bare if namespace(shape) or not xmlns else f'<{root} xmlns="{xmlns}">'
            return lambda value: (_PROLOGUE + element(value).replace(bare, start, 1)).encode()
        structure = cast("StructureShape", shape)
        members = XmlWriter().members(structure, frozenset(structure.members) - only)
        start = f'<{root} xmlns="{xmlns}">' if xmlns else f"<{root}>"

        def write(value: Params) -> bytes:
            parts = [_PROLOGUE, start]
            for name, element in members:
                member = value.get(name)
                if member is not None:
                    parts.append(element(member))
            parts.append(f"</{root}>")
            return "".join(parts).encode()

        return write

    return rest.BodyFormat(_reader, writer, _CONTENT_TYPE, _failure(service), b"")


def _request_id_header(service: str | None) -> str:
    return "x-amz-request-id" if service in _S3_FAMILY else "x-amzn-RequestId"


def compile_parse(operation: OperationModel) -> Parse:
    """The parser of an operation's request."""
    return rest.compile_parse(operation, _format(operation.service_model.service_name))


def compile_serialize(operation: OperationModel) -> Serialize:
    """The serializer of an operation's response."""
    service = operation.service_model.service_name
    return rest.compile_serialize(operation, _format(service), _request_id_header(service))


def error(service: str | None, error: AwsError, request_id: str, *, modelled: bool = True) -> HttpResponse:
    """`<ErrorResponse>`, or S3's `<Error>`; `fields["Resource"]` of the error is what S3 names."""
    told = wire(service if modelled else None, error)
    headers = [(_request_id_header(service), request_id), ("Content-Type", _CONTENT_TYPE)]
    if told.model is not None:
        rest.header_writer(told.model)(told.members, headers)
    if service == "s3":
        host_id = _host_id(request_id)
        headers.append(("x-amz-id-2", host_id))
        body = _s3_error(told, str(error.fields.get("Resource", "")), request_id, host_id)
    else:
        xmlns = index().services[service].namespace if service is not None else ""
        declared = f' xmlns="{xmlns}"' if xmlns else ""
        body = (
            f"{_PROLOGUE}<ErrorResponse{declared}><Error><Type>{'Receiver' if told.fault else 'Sender'}</Type>"
            f"<Code>{escape(told.code)}</Code><Message>{escape(told.message)}</Message>{more_members(told)}</Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    return HttpResponse(told.status, headers, body.encode())


def _s3_error(told: Wire, resource: str, request_id: str, host_id: str) -> str:
    named = f"<Resource>{escape(resource)}</Resource>" if resource else ""
    return (
        f"{_PROLOGUE}<Error><Code>{escape(told.code)}</Code><Message>{escape(told.message)}</Message>{named}"
        f"{more_members(told)}<RequestId>{request_id}</RequestId><HostId>{host_id}</HostId></Error>"
    )


def _host_id(request_id: str) -> str:
    """S3's second id, which has no meaning here beyond being stable for a request."""
    return b64encode(sha256(request_id.encode()).digest()).decode()

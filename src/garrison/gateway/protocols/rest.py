"""What rest-json and rest-xml share: members that travel in path, query string, headers, status or as the payload.

Source: Smithy, "HTTP binding traits".
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from garrison.access.call import HttpRequest
from garrison.aws.errors import AwsError
from garrison.gateway.form import decode_repeats
from garrison.gateway.protocols import json_values, text_values
from garrison.gateway.protocols.codec import Params, Parse, Serialize
from garrison.gateway.protocols.response import HttpResponse
from garrison.gateway.protocols.shapes import wire_name
from garrison.gateway.protocols.text_values import Unreadable
from garrison.gateway.route import Route

if TYPE_CHECKING:
    from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

Headers = list[tuple[str, str]]
ReadBody = Callable[[bytes], Any]
WriteBody = Callable[[Any], bytes]
Failure = Callable[[str], AwsError]
"""The protocol's error for a value that cannot be read, from a message."""

_LOCATED = frozenset({"uri", "querystring", "header", "headers", "statusCode"})


class BodyFormat(NamedTuple):
    """How a REST protocol reads and writes bodies."""

    reader: Callable[[Shape, frozenset[str] | None], ReadBody]
    """For a shape, or for some members of a structure."""
    writer: Callable[[Shape, frozenset[str] | None], WriteBody]
    content_type: str
    failure: Failure
    empty: bytes
    """The body of an operation whose output has body members but that returns nothing: what `writer` gives `{}`."""


def compile_parse(operation: OperationModel, body_format: BodyFormat) -> Parse:
    """The parser of an operation's request."""
    shape = operation.input_shape
    if shape is None:
        return lambda request, route: {}
    labels: list[tuple[str, str, text_values.Read]] = []
    query: list[tuple[str, str, Callable[[list[str]], Any]]] = []
    query_maps: list[tuple[str, bool]] = []
    headers: dict[str, tuple[str, Callable[[str], Any]]] = {}
    prefixes: list[tuple[str, str]] = []
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        wire = wire_name(member, name)
        if location == "uri":
            labels.append((name, wire, text_values.reader(member)))
        elif location == "querystring" and member.type_name == "map":
            query_maps.append((name, cast("MapShape", member).value.type_name == "list"))
        elif location == "querystring":
            query.append((name, wire, _query_reader(member)))
        elif location == "header":
            headers[wire.lower()] = (name, _header_reader(member))
        elif location == "headers":
            prefixes.append((wire.lower() if member.serialization.get("name") else "", name))
    known_query = {wire for _, wire, _ in query}
    known_query.update(p.partition("=")[0] for p in operation.http["requestUri"].partition("?")[2].split("&"))
    read_body = _body_reader(shape, body_format)

    def parse(request: HttpRequest, route: Route) -> Params:
        params: Params = {}
        try:
            for name, wire, read in labels:
                if wire in route.labels:
                    params[name] = read(route.labels[wire])
            if request.query and (query or query_maps):
                fields = decode_repeats(request.query)
                for name, wire, read_all in query:
                    if wire in fields:
                        params[name] = read_all(fields[wire])
                for name, many in query_maps:
                    rest = {
                        k: v if many else v[-1]
                        for k, v in fields.items()
                        if k not in known_query and not k.startswith("X-Amz-")
                    }
                    if rest:
                        params[name] = rest
            if headers or prefixes:
                _read_headers(request, params, headers, prefixes)
        except Unreadable as unreadable:
            text, kind = unreadable.args
            raise body_format.failure(f"Value '{str(text)[:256]}' can not be converted to {kind}") from None
        if read_body is not None:
            read_body(request.body, params)
        return params

    return parse


def _read_headers(
    request: HttpRequest,
    params: Params,
    headers: dict[str, tuple[str, Callable[[str], Any]]],
    prefixes: list[tuple[str, str]],
) -> None:
    for key, value in request.headers:
        bound = headers.get(key)
        if bound is not None:
            name, read = bound
            if name in params and isinstance(params[name], list):
                params[name] += read(value)
            else:
                params[name] = read(value)
            continue
        for prefix, name in prefixes:
            if key.startswith(prefix):
                params.setdefault(name, {})[key[len(prefix) :]] = value


def _query_reader(shape: Shape) -> Callable[[list[str]], Any]:
    if shape.type_name == "list":
        item = text_values.reader(cast("ListShape", shape).member)
        return lambda values: [item(value) for value in values]
    read = text_values.reader(shape)
    return lambda values: read(values[-1])


def _header_reader(shape: Shape) -> Callable[[str], Any]:
    if shape.type_name == "list":
        member = cast("ListShape", shape).member
        item = text_values.reader(member)
        dates = member.type_name == "timestamp" and member.serialization.get("timestampFormat", "rfc822") == "rfc822"
        return lambda value: [item(part) for part in split_list(value, dates=dates)]
    if shape.serialization.get("jsonvalue"):
        return _json_header
    read = text_values.reader(shape)
    return lambda value: read(value.strip())


def _json_header(value: str) -> Any:
    try:
        return json_values.load(b64decode(value, validate=True))
    except ValueError:
        raise Unreadable(value, "JSON") from None


def split_list(value: str, *, dates: bool = False) -> list[str]:
    """The parts of a comma-separated header, quotes undone. Dates have a comma of their own."""
    parts: list[str] = []
    current: list[str] = []
    quoted = False
    characters = iter(value)
    for character in characters:
        if character == "\\" and quoted:
            current.append(next(characters, ""))
        elif character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            parts.append("".join(current).strip())
            current = []
        else:
            current.append(character)
    parts.append("".join(current).strip())
    if dates:
        return [", ".join(parts[i : i + 2]) for i in range(0, len(parts), 2)]
    return [part for part in parts if part]


def _body_reader(shape: StructureShape, body_format: BodyFormat) -> Callable[[bytes, Params], None] | None:
    payload = shape.serialization.get("payload")
    if payload is None:
        inside = frozenset(n for n, m in shape.members.items() if m.serialization.get("location") not in _LOCATED)
        if not inside:
            return None
        read = body_format.reader(shape, inside)

        def read_members(body: bytes, params: Params) -> None:
            if body:
                params.update(read(body))

        return read_members
    member = shape.members[payload]
    required = payload in shape.metadata.get("required", ())
    if member.type_name == "blob" or member.serialization.get("eventstream"):

        def read_blob(body: bytes, params: Params) -> None:
            if body or required:
                params[payload] = body

        return read_blob
    if member.type_name == "string":

        def read_text(body: bytes, params: Params) -> None:
            if body or required:
                try:
                    params[payload] = body.decode()
                except UnicodeDecodeError:
                    raise body_format.failure("The body is not UTF-8") from None

        return read_text
    read_value = body_format.reader(member, None)

    def read_payload(body: bytes, params: Params) -> None:
        if body:
            params[payload] = read_value(body)

    return read_payload


def compile_serialize(operation: OperationModel, body_format: BodyFormat, request_id_header: str) -> Serialize:
    """The serializer of an operation's response."""
    status = int(operation.http.get("responseCode", 200))
    shape = operation.output_shape
    if shape is None:
        return lambda output, request_id: HttpResponse(status, [(request_id_header, request_id)])
    write_headers = header_writer(shape)
    status_member = next((n for n, m in shape.members.items() if m.serialization.get("location") == "statusCode"), None)
    write_body = _body_writer(shape, body_format)
    bodiless = operation.http.get("method") == "HEAD" or status in (204, 304)

    def serialize(output: Params | None, request_id: str) -> HttpResponse:
        output = output or {}
        headers: Headers = [(request_id_header, request_id)]
        write_headers(output, headers)
        body = b""
        if write_body is not None and not bodiless:
            content_type, body = write_body(output)
            if content_type and not any(name.lower() == "content-type" for name, _ in headers):
                headers.append(("Content-Type", content_type))
        code = output.get(status_member, status) if status_member is not None else status
        return HttpResponse(code, headers, body)

    return serialize


def header_writer(shape: StructureShape) -> Callable[[Params, Headers], None]:
    """The function that adds the members bound to headers."""
    single: list[tuple[str, str, text_values.Write]] = []
    prefixed: list[tuple[str, str]] = []
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        if location == "header":
            single.append((name, wire_name(member, name), _header_text(member)))
        elif location == "headers":
            prefixed.append((name, str(member.serialization.get("name", ""))))

    def write(output: Params, headers: Headers) -> None:
        for name, wire, text in single:
            value = output.get(name)
            if value is not None and value != []:
                headers.append((wire, _one_line(text(value))))
        for name, prefix in prefixed:
            for key, value in (output.get(name) or {}).items():
                headers.append((prefix + key, _one_line(value)))

    return write


def _one_line(text: str) -> str:
    """A header value cannot hold a line end, whatever was stored."""
    return " ".join(text.splitlines()) if "\n" in text or "\r" in text else text


def _header_text(shape: Shape) -> text_values.Write:
    if shape.type_name == "list":
        item = _header_text(cast("ListShape", shape).member)
        return lambda value: ",".join(_quoted(item(v)) for v in value)
    if shape.serialization.get("jsonvalue"):
        return lambda value: b64encode(json_values.dump(value)).decode()
    return text_values.writer(shape, "rfc822")


def _quoted(text: str) -> str:
    if '"' in text or ("," in text and not text.endswith("GMT")):
        escaped = text.replace('"', '\\"')
        return f'"{escaped}"'
    return text


def _body_writer(shape: StructureShape, body_format: BodyFormat) -> Callable[[Params], tuple[str, bytes]] | None:
    payload = shape.serialization.get("payload")
    if payload is None:
        inside = frozenset(n for n, m in shape.members.items() if m.serialization.get("location") not in _LOCATED)
        if not inside and shape.members:
            return None
        write = body_format.writer(shape, inside)
        return lambda output: (body_format.content_type, write(output))
    member = shape.members[payload]
    if member.type_name in ("blob", "string") or member.serialization.get("eventstream"):
        kind = "application/octet-stream" if member.type_name == "blob" else "text/plain"

        def write_raw(output: Params) -> tuple[str, bytes]:
            value = output.get(payload)
            if value is None:
                return "", b""
            return kind, value.encode() if isinstance(value, str) else value

        return write_raw
    write_value = body_format.writer(member, None)

    def write_payload(output: Params) -> tuple[str, bytes]:
        value = output.get(payload)
        return (body_format.content_type, write_value(value) if value is not None else body_format.empty)

    return write_payload

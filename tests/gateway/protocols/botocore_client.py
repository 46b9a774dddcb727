"""botocore's own client half: what its serializers send and what its parsers make of our answers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.utils import percent_encode_sequence

from garrison.access.call import HttpRequest
from garrison.aws.models import signing_name
from garrison.gateway.protocols import HttpResponse


def request_of(model: Any, protocol: str, params: dict[str, Any], host: str = "localhost:4566") -> HttpRequest:
    """What botocore's client would send."""
    sent = create_serializer(protocol, include_validation=False).serialize_to_request(params, model)
    path, _, literals = sent["url_path"].partition("?")
    query = sent["query_string"]
    query = percent_encode_sequence(query) if isinstance(query, dict) else query
    body = sent["body"]
    body = urlencode(body, doseq=True) if isinstance(body, dict) else body
    scope = f"AKIDEXAMPLE/20260102/us-east-1/{signing_name(model.service_model.service_name)}/aws4_request"
    headers = [(name.lower(), str(value)) for name, value in sent["headers"].items()]
    headers += [
        ("host", host),
        ("authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"),
    ]
    return HttpRequest(
        sent["method"],
        path,
        "&".join(part for part in (literals, query) if part),
        tuple(headers),
        body.encode() if isinstance(body, str) else body,
        "127.0.0.1",
    )


def parsed(response: HttpResponse, protocol: str, shape: Any) -> dict[str, Any]:
    """What botocore's client would make of a response."""
    headers = HeadersDict()
    for name, value in response.headers:
        headers[name] = value
    answer = {"headers": headers, "status_code": response.status, "body": response.body}
    return dict(create_parser(protocol).parse(answer, shape))

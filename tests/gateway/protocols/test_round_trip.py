"""botocore's client and our codecs understand each other, for every operation and error of the services to come."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.aws.errors import AwsError
from garrison.aws.models import service
from garrison.aws.service_index import index
from garrison.gateway.protocols import codec
from garrison.gateway.route import route
from tests.gateway.protocols.botocore_client import parsed, request_of
from tests.gateway.protocols.shape_values import ShapeValues, Style, plain, without_empty

SERVICES = [
    *("iam", "sts", "organizations", "kms", "wafv2", "shield", "guardduty", "inspector2", "inspector-scan"),
    *("artifact", "accessanalyzer", "cloudtrail", "elbv2", "cloudfront", "s3"),
]
# For what the others do not have: the ec2 protocol, CBOR, old codes of former query services, JSON in headers.
FURTHER = ["ec2", "cloudwatch", "sqs", "lex-runtime"]
STYLES: tuple[Style, ...] = ("full", "some", "least")
WIRES = [(name, protocol) for name in SERVICES + FURTHER for protocol in index().services[name].protocols]
# Deprecated, and bound to the same method and path as its successor.
SUCCEEDED = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
    "PutBucketNotification": "PutBucketNotificationConfiguration",
    # Signed for `s3express`, which this test does not do.
    "ListDirectoryBuckets": "ListBuckets",
}
# Its output names a single element and a list of it alike, so that botocore reads every element twice.
AMBIGUOUS_OUTPUT = {"GetBucketNotification"}
# Cannot tell an empty list from an absent one somewhere on their way.
BLIND_TO_EMPTY = {"rest-json", "rest-xml", "ec2"}


@pytest.mark.parametrize(("name", "protocol"), WIRES)
def test_what_botocore_sends_is_what_an_operation_sees(name: str, protocol: str) -> None:
    model = service(name)
    for operation_name in model.operation_names:
        operation = model.operation_model(operation_name)
        ours = codec(name, operation_name, protocol)
        for style in STYLES:
            values = ShapeValues(f"{name} {operation_name} {style}", style, whole_seconds=False)
            params = values.structure(operation.input_shape) if operation.input_shape is not None else {}
            request = request_of(operation, protocol, params)
            found = route(request)
            expected = SUCCEEDED.get(operation_name, operation_name)
            assert (found.service, found.operation, found.protocol) == (name, expected, protocol)
            seen = ours.parse(request, found)
            lists = protocol in BLIND_TO_EMPTY
            assert without_empty(plain(seen), lists=lists) == without_empty(plain(params), lists=lists), operation_name
            assert_breaks_nothing_but_patterns(ours.validate, plain(params))


def assert_breaks_nothing_but_patterns(validate: Any, params: dict[str, Any]) -> None:
    message = "failed to satisfy constraint: satisfy regular expression pattern"
    try:
        validate(params)
    except AwsError as error:
        message = error.message
    constraints = message.count("failed to satisfy constraint")
    assert message.count("satisfy regular expression pattern") >= constraints, message


@pytest.mark.parametrize(("name", "protocol"), WIRES)
def test_what_an_operation_returns_is_what_botocore_reads(name: str, protocol: str) -> None:
    model = service(name)
    for operation_name in model.operation_names:
        operation = model.operation_model(operation_name)
        shape = operation.output_shape
        ours = codec(name, operation_name, protocol)
        for style in STYLES:
            values = ShapeValues(f"{operation_name} {style}", style, whole_seconds=True, ascii_payload=True)
            output = values.structure(shape) if shape is not None else None
            response = ours.serialize(output, "6f6b1c1e-0000-4000-8000-000000000001")
            if (shape is not None and shape.event_stream_name) or operation_name in AMBIGUOUS_OUTPUT:
                continue
            read = parsed(response, protocol, shape)
            metadata = read.pop("ResponseMetadata")
            if shape is not None:
                assert metadata["RequestId"] == "6f6b1c1e-0000-4000-8000-000000000001"
            expected = payload_as_text(plain(output or {}), shape)
            if shape is not None and operation.http.get("method") == "HEAD":
                expected = {k: v for k, v in expected.items() if "location" in shape.members[k].serialization}
            lists = protocol in BLIND_TO_EMPTY
            assert without_empty(plain(read), lists=lists) == without_empty(expected, lists=lists), operation_name


def payload_as_text(output: dict[str, Any], shape: Any) -> dict[str, Any]:
    """botocore's parser, given a body as bytes, decodes a blob payload."""
    payload = shape.serialization.get("payload") if shape is not None else None
    if payload is not None and shape.members[payload].type_name in ("blob", "string"):
        value = output.get(payload, "")
        return {**output, payload: value.decode() if isinstance(value, bytes) else value}
    return output


@pytest.mark.parametrize(("name", "protocol"), WIRES)
def test_every_modelled_error_reaches_the_client_with_code_status_and_members(name: str, protocol: str) -> None:
    model = service(name)
    ours = codec(name, model.operation_names[0], protocol)
    shapes: list[Any] = model.error_shapes
    for shape in shapes:
        values = ShapeValues(f"{name} {shape.name}", "full", whole_seconds=True)
        fields = {k: v for k, v in values.structure(shape).items() if k.lower() not in ("message", "code")}
        error = AwsError(shape.error_code, "Why, with <brackets> & é", fields=fields)
        response = ours.error(error, "6f6b1c1e-0000-4000-8000-000000000002")
        told = parsed(response, protocol, None)
        assert told["Error"]["Code"] == shape.error_code
        assert told["Error"]["Message"] == "Why, with <brackets> & é"
        assert told["ResponseMetadata"]["RequestId"] == "6f6b1c1e-0000-4000-8000-000000000002"
        assert response.status == shape.metadata.get("error", {}).get("httpStatusCode", response.status)
        assert response.status >= 300
        read = parsed(response, protocol, shape)
        for metadata in ("ResponseMetadata", "message", "Message", "Code"):
            read.pop(metadata, None)
        lists = protocol in BLIND_TO_EMPTY
        assert without_empty(plain(read), lists=lists) == without_empty(plain(fields), lists=lists), shape.name

"""Every operation of every service is found from the request alone."""

from __future__ import annotations

import random

import pytest

from garrison.access.call import HttpRequest
from garrison.aws.models import service
from garrison.aws.service_index import index
from garrison.gateway.route import Route, Unroutable, bucket_of, route, scope_service
from tests.gateway.protocols.botocore_client import request_of
from tests.gateway.protocols.shape_values import ShapeValues

FORM = ("content-type", "application/x-www-form-urlencoded; charset=utf-8")


def signed(name: str) -> tuple[str, str]:
    scope = f"AKIDEXAMPLE/20260102/us-east-1/{name}/aws4_request"
    return "authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"


def request(method: str, path: str, query: str = "", *headers: tuple[str, str], body: bytes = b"") -> HttpRequest:
    return HttpRequest(method, path, query, headers, body, "127.0.0.1")


# Services that nothing in a request tells apart, where they have an operation of that name and path in common.
SAME_ON_THE_WIRE = [
    {"rds", "docdb", "neptune"},
    {"lambda", "lambda-core", "lambda-microvms", "lambda-web"},
    {"sms-voice", "pinpoint-sms-voice"},
    {"wisdom", "qconnect"},
    {"greengrass", "greengrassv2"},
]
# Deprecated and bound to the same method and path as a successor.
SUCCEEDED = {
    "GetBucketLifecycle",
    "PutBucketLifecycle",
    "GetBucketNotification",
    "PutBucketNotification",
    "ListDirectoryBuckets",
}


@pytest.mark.parametrize("part", range(8))
def test_operations_of_every_service_are_found(part: int) -> None:
    chosen = random.Random(20260102)
    strays = []
    for name in sorted(index().services)[part::8]:
        entry = index().services[name]
        model = service(name)
        operations = sorted(entry.names)
        for operation_name in chosen.sample(operations, min(6, len(operations))):
            operation = model.operation_model(operation_name)
            for protocol in entry.protocols:
                values = ShapeValues(f"{name} {operation_name}", "least", whole_seconds=True)
                params = values.structure(operation.input_shape) if operation.input_shape is not None else {}
                host = f"{entry.endpoint_prefix}.us-east-1.amazonaws.com"
                found = route(request_of(operation, protocol, params, host))
                if operation_name not in SUCCEEDED and not same(found, Route(name, operation_name, protocol)):
                    strays.append((name, operation_name, protocol, found))
    assert strays == []


def same(found: Route, wanted: Route) -> bool:
    services = {found.service, wanted.service}
    return (found.operation, found.protocol) == (wanted.operation, wanted.protocol) and (
        len(services) == 1 or any(services <= group for group in SAME_ON_THE_WIRE)
    )


def test_an_unsigned_call_is_placed_by_version_and_action() -> None:
    body = b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=a"
    found = route(request("POST", "/", "", FORM, body=body))
    assert (found.service, found.operation) == ("sts", "AssumeRoleWithWebIdentity")
    assert found.fields is not None
    assert found.fields["RoleArn"] == "a"


def test_an_action_may_stand_in_the_query_string() -> None:
    credential = "AKID%2F20260102%2Fus-east-1%2Fsts%2Faws4_request"
    query = f"Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Credential={credential}"
    assert route(request("GET", "/", query)).operation == "GetCallerIdentity"


def test_an_unknown_action_is_refused_with_its_version() -> None:
    with pytest.raises(Unroutable) as caught:
        route(request("POST", "/", "", signed("iam"), FORM, body=b"Action=MakeCoffee&Version=2010-05-08"))
    error = caught.value
    assert (error.code, error.status, error.protocol, error.service) == ("InvalidAction", 400, "query", "iam")
    assert error.message == "Could not find operation MakeCoffee for version 2010-05-08"


def test_an_action_without_version_is_refused() -> None:
    with pytest.raises(Unroutable, match="for version NO_VERSION_SPECIFIED"):
        route(request("POST", "/", "", signed("iam"), FORM, body=b"Action=GetUser"))


def test_a_form_without_action_is_refused() -> None:
    with pytest.raises(Unroutable) as caught:
        route(request("POST", "/", "", signed("sts"), FORM, body=b"Version=2011-06-15"))
    assert caught.value.code == "MissingAction"


@pytest.mark.parametrize("target", ["TrentService.MakeCoffee", "NobodysService.Encrypt", "TrentService", "."])
def test_an_unknown_target_is_refused_in_json(target: str) -> None:
    with pytest.raises(Unroutable) as caught:
        route(request("POST", "/", "", signed("kms"), ("x-amz-target", target)))
    assert (caught.value.code, caught.value.protocol) == ("UnknownOperationException", "json")


def test_an_unknown_rpc_path_is_refused_in_cbor() -> None:
    with pytest.raises(Unroutable) as caught:
        route(request("POST", "/service/Nobody/operation/Nothing", "", ("smithy-protocol", "rpc-v2-cbor")))
    assert (caught.value.code, caught.value.status) == ("UnknownOperationException", 404)
    assert caught.value.protocol == "smithy-rpc-v2-cbor"


def test_a_path_that_nobody_has_is_refused() -> None:
    with pytest.raises(Unroutable) as caught:
        route(request("GET", "/favicon.ico"))
    assert (caught.value.code, caught.value.status) == ("UnknownOperationException", 404)


def test_services_that_share_a_signing_name_are_told_apart_by_version() -> None:
    for version, name in (("2012-06-01", "elb"), ("2015-12-01", "elbv2")):
        body = f"Action=DescribeLoadBalancers&Version={version}".encode()
        assert route(request("POST", "/", "", signed("elasticloadbalancing"), FORM, body=body)).service == name


@pytest.mark.parametrize(
    ("method", "path", "query", "operation"),
    [
        ("GET", "/", "", "ListBuckets"),
        ("GET", "/bucket", "", "ListObjects"),
        ("GET", "/bucket/", "", "ListObjects"),
        ("GET", "/bucket", "list-type=2&prefix=a", "ListObjectsV2"),
        ("GET", "/bucket", "versioning", "GetBucketVersioning"),
        ("GET", "/bucket", "versioning=", "GetBucketVersioning"),
        ("DELETE", "/bucket", "analytics", "DeleteBucketAnalyticsConfiguration"),
        ("GET", "/bucket/a/b", "x-id=GetObject", "GetObject"),
        ("GET", "/bucket/a/b", "uploadId=1", "ListParts"),
        ("PUT", "/bucket/a/b", "uploadId=1&partNumber=2", "UploadPart"),
        ("PUT", "/bucket/a/b", "", "PutObject"),
        ("GET", "/bucket/a/b", "tagging", "GetObjectTagging"),
    ],
)
def test_s3_paths_and_query_literals(method: str, path: str, query: str, operation: str) -> None:
    found = route(request(method, path, query, signed("s3"), ("host", "localhost:4566")))
    assert (found.service, found.operation) == ("s3", operation)


def test_s3_keys_keep_their_slashes_and_encodings() -> None:
    found = route(request("GET", "/bucket//a%2Fb/%C3%A9+c/", "", signed("s3")))
    assert found.labels == {"Bucket": "bucket", "Key": "/a/b/é+c/"}


def test_a_bucket_may_stand_in_the_host_name() -> None:
    found = route(request("GET", "/a/b", "", signed("s3"), ("host", "my.bucket.s3.eu-west-1.amazonaws.com")))
    assert (found.operation, found.labels) == ("GetObject", {"Bucket": "my.bucket", "Key": "a/b"})
    assert route(request("PUT", "/", "", signed("s3"), ("host", "b.s3.localhost:4566"))).operation == "CreateBucket"
    assert bucket_of("s3.eu-west-1.amazonaws.com") == ""
    assert bucket_of("localhost:4566") == ""


def test_a_copy_is_told_from_a_put_by_its_header() -> None:
    found = route(request("PUT", "/b/k", "", signed("s3"), ("x-amz-copy-source", "/c/d")))
    assert found.operation == "CopyObject"


def test_directory_buckets_are_told_apart_by_the_scope() -> None:
    assert route(request("GET", "/", "", signed("s3express"))).operation == "ListDirectoryBuckets"


def test_unsigned_rest_calls_reach_only_operations_that_take_them() -> None:
    found = route(request("GET", "/federation/credentials", "role_name=a&account_id=b"))
    assert (found.service, found.operation) == ("sso", "GetRoleCredentials")
    with pytest.raises(Unroutable):
        route(request("GET", "/detector"))


def test_the_scope_is_read_from_header_and_query_string() -> None:
    assert scope_service(signed("iam")[1], "") == "iam"
    assert scope_service("", "X-Amz-Credential=A%2F20260102%2Fus-east-1%2Fs3%2Faws4_request&x=1") == "s3"
    assert scope_service("AWS4-ECDSA-P256-SHA256 Credential=A/20260102/s3/aws4_request, Signature=0", "") == "s3"
    for broken in ("", "Bearer x", "AWS4-HMAC-SHA256 Credential=", "AWS4-HMAC-SHA256 Credential=a/b, Signature=c"):
        assert scope_service(broken, "") == ""

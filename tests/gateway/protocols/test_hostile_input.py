"""Whatever stands in a body, the answer is an error of AWS."""

from __future__ import annotations

import random
from collections.abc import Callable

import cbor2
import pytest

from garrison.access.call import HttpRequest
from garrison.aws.errors import AwsError
from garrison.gateway.protocols import codec
from garrison.gateway.route import Route

ROUTES = {
    "query": Route("iam", "CreateUser", "query"),
    "ec2": Route("ec2", "DescribeInstances", "ec2"),
    "json": Route("kms", "CreateGrant", "json"),
    "rest-json": Route("guardduty", "CreateFilter", "rest-json", {"DetectorId": "d"}),
    "rest-xml": Route("s3", "PutBucketLifecycleConfiguration", "rest-xml", {"Bucket": "b"}),
    "smithy-rpc-v2-cbor": Route("cloudwatch", "PutMetricData", "smithy-rpc-v2-cbor"),
}


def parse(protocol: str, body: bytes, query: str = "") -> dict[str, object]:
    found = ROUTES[protocol]
    request = HttpRequest("POST", "/", query, (), body, "127.0.0.1")
    return codec(found.service, found.operation, protocol).parse(request, found)


def code(protocol: str, body: bytes) -> str:
    with pytest.raises(AwsError) as caught:
        parse(protocol, body)
    assert caught.value.status == 400
    return caught.value.code


@pytest.mark.parametrize(
    "body",
    [
        b"Tags.member.x.Key=a",
        b"Tags.member=a",
        b"Tags.member.1=a",
        b"UserName.a=b",
        b"Tags=a",
        b"Tags" + b".member.1" * 100 + b"=a",
        b"Tags.member.99999999999999999999.Key=a",
    ],
)
def test_malformed_queries(body: bytes) -> None:
    assert code("query", body) == "MalformedInput"


def test_numbers_that_are_none_in_a_query() -> None:
    for text in ("abc", "1.5", "1_0", "٣", "99999999999999", ""):
        request = HttpRequest("POST", "/", "", (), f"MaxItems={text}".encode(), "127.0.0.1")
        with pytest.raises(AwsError, match="MalformedInput"):
            codec("iam", "ListUsers", "query").parse(request, Route("iam", "ListUsers", "query"))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", ""),
        (b"[]", "Unexpected token: start of list found where not expected"),
        (b'{"KeyId": 5}', "NUMBER_VALUE cannot be converted to String"),
        (b'{"KeyId": {}}', "Start of structure or map found where not expected."),
        (b'{"Operations": "Encrypt"}', "Expected list or null"),
        (b'{"Constraints": "a"}', "Unexpected field type"),
        (b'{"DryRun": "true"}', "STRING_VALUE can not be converted to a Boolean"),
        (b'{"KeyId": "\xff"}', ""),
        (b'{"KeyId": "\\ud800"}', ""),
        (b'{"KeyId": NaN}', ""),
        (b"[" * 100_000, "Too many levels of nesting"),
        (b'{"a":' * 2000, "Too many levels of nesting"),
    ],
)
def test_malformed_json(body: bytes, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        parse("json", body)
    assert (caught.value.code, caught.value.message) == ("SerializationException", message)


@pytest.mark.parametrize(
    "body",
    [
        b"<",
        b"<a></b>",
        b"<!DOCTYPE a><LifecycleConfiguration/>",
        b'<!DOCTYPE a [<!ENTITY x "y">]><LifecycleConfiguration>&x;</LifecycleConfiguration>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b"<LifecycleConfiguration>&x;</LifecycleConfiguration>",
        b"<a>" * 5000 + b"</a>" * 5000,
        b"<LifecycleConfiguration><Rule><Expiration><Days>x</Days></Expiration></Rule></LifecycleConfiguration>",
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
    ],
)
def test_malformed_xml(body: bytes) -> None:
    assert code("rest-xml", body) == "MalformedXML"


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x81" * 100_000,
        cbor2.dumps([]),
        cbor2.dumps({"Namespace": 5}),
        cbor2.dumps({"Namespace": b"bytes"}),
        cbor2.dumps({"Namespace": cbor2.CBORTag(35, "(a+)+")}),
        cbor2.dumps({"MetricData": [{"Timestamp": "2026"}]}),
        cbor2.dumps({"MetricData": [{"Timestamp": cbor2.CBORTag(1, float("inf"))}]}),
        cbor2.dumps({"MetricData": [{"Value": 2**70}]}),
        bytes.fromhex("d81c81d81d00"),
    ],
)
def test_malformed_cbor(body: bytes) -> None:
    assert code("smithy-rpc-v2-cbor", body) == "SerializationException"


@pytest.mark.parametrize("protocol", sorted(ROUTES))
def test_noise_and_broken_copies_never_surprise(protocol: str) -> None:
    chance = random.Random(protocol)
    good = {
        "query": b"UserName=a&Tags.member.1.Key=k&Tags.member.1.Value=v",
        "ec2": b"Filter.1.Name=a&Filter.1.Value.1=b&MaxResults=5",
        "json": b'{"KeyId":"a","GranteePrincipal":"b","Operations":["Encrypt"],"DryRun":true}',
        "rest-json": b'{"name":"a","findingCriteria":{"criterion":{"a":{"gt":1,"eq":["x"]}}},"rank":1}',
        "rest-xml": b"<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status></Rule></LifecycleConfiguration>",
        "smithy-rpc-v2-cbor": cbor2.dumps({"Namespace": "a", "MetricData": [{"MetricName": "m", "Value": 1.5}]}),
    }[protocol]
    broken: list[Callable[[], bytes]] = [
        lambda: chance.randbytes(chance.randint(0, 60)),
        lambda: good[: chance.randint(0, len(good))],
        lambda: _flipped(good, chance),
        lambda: good + good,
    ]
    for _ in range(400):
        try:
            parsed = parse(protocol, chance.choice(broken)())
            codec(ROUTES[protocol].service, ROUTES[protocol].operation, protocol).validate(parsed)
        except AwsError as error:
            assert error.status in (None, 400)  # noqa: PT017


def _flipped(good: bytes, chance: random.Random) -> bytes:
    changed = bytearray(good)
    for _ in range(chance.randint(1, 4)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)

"""Answers byte for byte, and what of requests the round trips cannot show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import cbor2
import pytest

from garrison.access.call import HttpRequest
from garrison.aws.errors import AwsError
from garrison.gateway.protocols import codec, error_response, timestamps
from garrison.gateway.protocols.rest import split_list
from garrison.gateway.protocols.xml_write import escape
from garrison.gateway.route import Route

ID = "6f6b1c1e-0000-4000-8000-000000000001"


def test_a_query_answer() -> None:
    user = {
        "Path": "/",
        "UserName": "a<b",
        "UserId": "AIDAEXAMPLE",
        "Arn": "arn:aws:iam::123456789012:user/a",
        "CreateDate": datetime(2026, 1, 2, 4, 4, 5, 900000, timezone(timedelta(hours=1))),
        "Tags": [],
    }
    response = codec("iam", "GetUser", "query").serialize({"User": user}, ID)
    assert (response.status, response.headers) == (200, [("x-amzn-RequestId", ID), ("Content-Type", "text/xml")])
    assert response.body.decode() == (
        '<GetUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetUserResult><User><Path>/</Path>'
        "<UserName>a&lt;b</UserName><UserId>AIDAEXAMPLE</UserId><Arn>arn:aws:iam::123456789012:user/a</Arn>"
        "<CreateDate>2026-01-02T03:04:05Z</CreateDate><Tags></Tags></User></GetUserResult><ResponseMetadata>"
        f"<RequestId>{ID}</RequestId></ResponseMetadata></GetUserResponse>"
    )


def test_a_query_answer_without_output_has_no_result_element() -> None:
    assert codec("iam", "DeleteUser", "query").serialize(None, ID).body.decode() == (
        '<DeleteUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata>'
        f"<RequestId>{ID}</RequestId></ResponseMetadata></DeleteUserResponse>"
    )


def test_a_query_error() -> None:
    error = AwsError("NoSuchEntity", "The user with name a cannot be found.")
    response = codec("iam", "GetUser", "query").error(error, ID)
    assert response.status == 404
    assert response.body.decode() == (
        '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">\n  <Error>\n    <Type>Sender</Type>\n'
        "    <Code>NoSuchEntity</Code>\n    <Message>The user with name a cannot be found.</Message>\n  </Error>\n"
        f"  <RequestId>{ID}</RequestId>\n</ErrorResponse>\n"
    )


def test_the_services_fault_is_the_receivers() -> None:
    response = codec("iam", "GetUser", "query").error(AwsError("ServiceFailure", "Sorry"), ID)
    assert response.status == 500
    assert b"<Type>Receiver</Type>" in response.body


def test_the_status_of_an_error_is_modelled_or_its_own_or_400() -> None:
    told = codec("iam", "GetUser", "query").error
    assert told(AwsError("EntityAlreadyExists"), ID).status == 409
    assert told(AwsError("AccessDenied", status=403), ID).status == 403
    assert told(AwsError("Unheard"), ID).status == 400


def test_a_json_answer_and_error() -> None:
    ours = codec("kms", "DescribeKey", "json")
    response = ours.serialize({"KeyMetadata": {"KeyId": "é", "CreationDate": 1700000000.0}}, ID)
    assert ("Content-Type", "application/x-amz-json-1.1") in response.headers
    assert response.body.decode() == '{"KeyMetadata":{"KeyId":"é","CreationDate":1700000000}}'
    response = ours.error(AwsError("NotFoundException", "Key 'a' does not exist"), ID)
    assert response.status == 400
    assert response.body.decode() == '{"__type":"NotFoundException","message":"Key \'a\' does not exist"}'
    assert ("x-amzn-ErrorType", "NotFoundException") in response.headers


def test_a_rest_json_error_names_its_code_in_a_header() -> None:
    response = codec("guardduty", "GetDetector", "rest-json").error(AwsError("BadRequestException", "No"), ID)
    assert (response.status, response.body) == (400, b'{"message":"No"}')
    assert ("x-amzn-ErrorType", "BadRequestException") in response.headers


@pytest.mark.parametrize("protocol", ["smithy-rpc-v2-cbor", "json"])
def test_former_query_services_tell_old_clients_the_old_code(protocol: str) -> None:
    response = codec("cloudwatch", "GetDashboard", protocol).error(AwsError("ResourceNotFound", "No"), ID)
    assert response.status == 404
    assert ("x-amzn-query-error", "ResourceNotFound;Sender") in response.headers
    body = cbor2.loads(response.body) if protocol != "json" else None
    assert body in (None, {"__type": "DashboardNotFoundError", "message": "No"})


def test_cbor_answers_keep_types() -> None:
    output = {"Label": "a", "Datapoints": [{"Timestamp": 1700000000.5, "Sum": 2.0}]}
    response = codec("cloudwatch", "GetMetricStatistics", "smithy-rpc-v2-cbor").serialize(output, ID)
    assert ("smithy-protocol", "rpc-v2-cbor") in response.headers
    sent = cbor2.loads(response.body)
    assert sent["Datapoints"] == [{"Timestamp": datetime.fromtimestamp(1700000000.5, UTC), "Sum": 2.0}]


def test_an_s3_error() -> None:
    error = AwsError("NoSuchBucket", "The specified bucket does not exist", status=404, fields={"Resource": "/b"})
    response = codec("s3", "ListObjects", "rest-xml").error(error, ID)
    headers = dict(response.headers)
    assert headers["x-amz-request-id"] == ID
    assert response.body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchBucket</Code>'
        "<Message>The specified bucket does not exist</Message><Resource>/b</Resource>"
        f"<RequestId>{ID}</RequestId><HostId>{headers['x-amz-id-2']}</HostId></Error>"
    )


def test_an_ec2_error() -> None:
    response = codec("ec2", "DescribeVpcs", "ec2").error(AwsError("AuthFailure", "No", status=401), ID)
    assert response.status == 401
    assert response.body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>AuthFailure</Code>'
        f"<Message>No</Message></Error></Errors><RequestID>{ID}</RequestID></Response>"
    )


@pytest.mark.parametrize("protocol", ["query", "ec2", "json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor"])
def test_errors_before_any_service_is_known(protocol: str) -> None:
    response = error_response(None, protocol, AwsError("MissingAuthenticationToken", "Who?", status=403), ID)
    assert response.status == 403
    assert b"MissingAuthenticationToken" in response.body + repr(response.headers).encode()


def test_what_xml_cannot_hold_does_not_break_it() -> None:
    assert escape('\x00&<>"\r\ud800é\n') == "\ufffd&amp;&lt;&gt;&quot;&#xD;\ufffdé\n"


def test_stored_line_ends_cannot_split_headers() -> None:
    output = {"ETag": "a\r\nSet-Cookie: b"}
    headers = codec("s3", "PutObject", "rest-xml").serialize(output, ID).headers
    assert ("ETag", "a Set-Cookie: b") in headers


def test_gaps_in_list_numbers_close_and_order_is_numeric() -> None:
    body = b"UserName=u&TagKeys.member.10=c&TagKeys.member.2=b&TagKeys.member.1=a"
    found = Route("iam", "UntagUser", "query")
    seen = codec("iam", "UntagUser", "query").parse(HttpRequest("POST", "/", "", (), body, "127.0.0.1"), found)
    assert seen == {"UserName": "u", "TagKeys": ["a", "b", "c"]}


def test_null_members_are_absent_and_unknown_ones_ignored() -> None:
    body = b'{"KeyId":"a","GrantTokens":null,"Nonsense":[1]}'
    seen = codec("kms", "DescribeKey", "json").parse(
        HttpRequest("POST", "/", "", (), body, "127.0.0.1"), Route("kms", "DescribeKey", "json")
    )
    assert seen == {"KeyId": "a"}


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-02T03:04:05Z", 1767323045.0),
        ("2026-01-02T03:04:05.250Z", 1767323045.25),
        ("2026-01-02T04:04:05+01:00", 1767323045.0),
        ("1767323045", 1767323045.0),
        ("1767323045.25", 1767323045.25),
        ("-1", -1.0),
        ("Fri, 02 Jan 2026 03:04:05 GMT", 1767323045.0),
    ],
)
def test_timestamps_in_every_form(text: str, instant: float) -> None:
    assert timestamps.parse(text) == instant


def test_timestamps_out() -> None:
    assert timestamps.iso_seconds(1767323045.9) == "2026-01-02T03:04:05Z"
    assert timestamps.iso_millis(1767323045.25) == "2026-01-02T03:04:05.250Z"
    assert timestamps.rfc822(1767323045) == "Fri, 02 Jan 2026 03:04:05 GMT"
    assert timestamps.epoch(1767323045.0) == 1767323045
    assert timestamps.iso_seconds(-1) == "1969-12-31T23:59:59Z"


def test_lists_in_headers() -> None:
    assert split_list('a, "b,c" ,"d\\"e",') == ["a", "b,c", 'd"e']
    dates = "Fri, 02 Jan 2026 03:04:05 GMT, Sat, 03 Jan 2026 03:04:05 GMT"
    assert split_list(dates, dates=True) == ["Fri, 02 Jan 2026 03:04:05 GMT", "Sat, 03 Jan 2026 03:04:05 GMT"]

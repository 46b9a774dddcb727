"""Signatures made by botocore are taken; the same requests with anything changed are not."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from botocore import auth

from garrison.access.call import HttpRequest
from garrison.gateway import sigv4
from garrison.gateway.refusal import Refused, Why, error_of
from tests.gateway.signing import NOW, SECRET, replaced, signed, with_header

UNICODE_PATH = "/caf%C3%A9/%E6%97%A5%E6%9C%AC%20x/~a.b-c_d"


def verify(request: HttpRequest, *, service: str = "iam", now: float = NOW, secret: str = SECRET) -> sigv4.Claim:
    """Every check of a signature, in the gateway's order."""
    claim = sigv4.read_claim(request)
    if claim is None:
        raise Refused(Why.MISSING)
    sigv4.check_scope(claim, service, True)
    sigv4.check_time(claim, now)
    sigv4.check_headers(claim, request)
    sigv4.verify(claim, request, secret, sigv4.payload_hash(claim, request))
    return claim


def why(request: HttpRequest, *, service: str = "iam", now: float = NOW, secret: str = SECRET) -> Why:
    with pytest.raises(Refused) as caught:
        verify(request, service=service, now=now, secret=secret)
    return caught.value.why


SHAPES: dict[str, dict[str, Any]] = {
    "form": {},
    "empty body": {"body": b"", "method": "GET"},
    "json": {
        "service": "kms",
        "headers": {"X-Amz-Target": "TrentService.ListKeys", "Content-Type": "application/x-amz-json-1.1"},
        "body": b"{}",
    },
    "query": {"method": "GET", "body": b"", "url": "http://localhost:4590/?b=2&a=1&a=0&empty=&flag&A=%20%2F"},
    "unicode path": {"method": "GET", "body": b"", "service": "lambda", "url": f"http://localhost:4590{UNICODE_PATH}"},
    "encoded arn": {
        "method": "GET",
        "body": b"",
        "service": "lambda",
        "url": "http://localhost:4590/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A1%3Afunction%3Af?x=a%2Bb",
    },
    "spaces in headers": {"headers": {"x-amz-meta": "  a   b\tc  ", "X-Custom": " v "}},
    "token": {"token": "FwoGZXIvYXdzEXAMPLE//=="},
    "other region": {"region": "ap-southeast-2"},
    "china": {"region": "cn-north-1"},
    "date header": {"headers": {"Date": "x"}},
    "host without port": {"url": "https://iam.amazonaws.com/"},
}
S3_SHAPES: dict[str, dict[str, Any]] = {
    "object": {"method": "PUT", "body": b"hello", "url": "http://localhost:4590/bucket/a/b.txt"},
    "dots and slashes": {"method": "GET", "body": b"", "url": "http://localhost:4590/bucket//a/../b/./c//"},
    "unicode key": {"method": "GET", "body": b"", "url": f"http://localhost:4590/bucket{UNICODE_PATH}?versionId=x"},
    "subresource": {"method": "GET", "body": b"", "url": "http://localhost:4590/bucket?uploads"},
    "metadata": {"method": "PUT", "body": b"1", "headers": {"x-amz-meta-a": "b  c"}, "url": "http://h/bucket/k"},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_what_botocore_signs_is_taken(shape: str) -> None:
    request = signed(**SHAPES[shape])
    claim = verify(request, service=SHAPES[shape].get("service", "iam"))
    assert claim.token == SHAPES[shape].get("token")


@pytest.mark.parametrize("shape", SHAPES)
def test_a_url_signed_by_botocore_is_taken(shape: str) -> None:
    # botocore moves a form into the URL when it signs one; other bodies it leaves out.
    request = signed(auth.SigV4QueryAuth, **(SHAPES[shape] | {"body": b""}))
    claim = verify(request, service=SHAPES[shape].get("service", "iam"), now=NOW + 3599)
    assert claim.presigned


@pytest.mark.parametrize("signer", [auth.S3SigV4Auth, auth.S3SigV4QueryAuth])
@pytest.mark.parametrize("shape", S3_SHAPES)
def test_what_botocore_signs_for_s3_is_taken(shape: str, signer: type) -> None:
    body = {"body": b""} if signer is auth.S3SigV4QueryAuth else {}
    verify(signed(signer, service="s3", **(S3_SHAPES[shape] | body)), service="s3")


def test_an_s3_path_with_bare_characters_is_taken_when_signed_encoded() -> None:
    request = signed(auth.S3SigV4Auth, service="s3", method="GET", body=b"", url="http://h/bucket/a%28b%29")
    verify(replaced(request, path="/bucket/a(b)"), service="s3")


def test_an_encoded_slash_is_not_a_slash() -> None:
    request = signed(auth.S3SigV4Auth, service="s3", method="GET", body=b"", url="http://h/bucket/a%2Fb")
    assert why(replaced(request, path="/bucket/a/b"), service="s3") is Why.MISMATCH


def test_a_plus_is_a_space_and_not_an_encoded_plus() -> None:
    request = signed(method="GET", body=b"", url="http://h/?a=x%2By")
    assert why(replaced(request, query="a=x+y")) is Why.MISMATCH
    verify(replaced(signed(method="GET", body=b"", url="http://h/?a=x%20y"), query="a=x+y"))


def test_lower_case_and_needless_encoding_mean_the_same() -> None:
    request = signed(method="GET", body=b"", url="http://h/?a=%2F&b=c")
    verify(replaced(request, query="b=%63&a=%2f"))


def tampered() -> dict[str, tuple[HttpRequest, Why]]:
    """One request, with each of its parts changed on the way."""
    request = signed(
        url="http://localhost:4590/?b=2&a=1",
        headers={"X-Amz-Target": "T.Op", "X-Custom": "v", "Content-Type": "application/x-www-form-urlencoded"},
        token="TOKEN",
    )
    authorization = request.header("authorization") or ""
    signature = authorization[-64:]
    flipped = ("0" if signature[0] != "0" else "1") + signature[1:]

    def scope(old: str, new: str) -> HttpRequest:
        assert old in authorization
        return with_header(request, "authorization", authorization.replace(old, new, 1))

    return {
        "method": (replaced(request, method="GET"), Why.MISMATCH),
        "path": (replaced(request, path="/x"), Why.MISMATCH),
        "query value": (replaced(request, query="b=2&a=2"), Why.MISMATCH),
        "query more": (replaced(request, query="b=2&a=1&c=3"), Why.MISMATCH),
        "query repeated": (replaced(request, query="b=2&a=1&a=1"), Why.MISMATCH),
        "query less": (replaced(request, query="a=1"), Why.MISMATCH),
        "body": (replaced(request, body=b"Action=DeleteUser&Version=2010-05-08"), Why.MISMATCH),
        "body emptied": (replaced(request, body=b""), Why.MISMATCH),
        "host": (with_header(request, "host", "evil"), Why.MISMATCH),
        "target": (with_header(request, "x-amz-target", "T.Other"), Why.MISMATCH),
        "target gone": (with_header(request, "x-amz-target", None), Why.MISMATCH),
        "target twice": (replaced(request, headers=(*request.headers, ("x-amz-target", "T.Op"))), Why.MISMATCH),
        "custom": (with_header(request, "x-custom", "w"), Why.MISMATCH),
        "content type": (with_header(request, "content-type", "text/plain"), Why.MISMATCH),
        "new x-amz header": (with_header(request, "x-amz-other", "1"), Why.UNSIGNED_HEADERS),
        "date": (with_header(request, "x-amz-date", "20261124T000001Z"), Why.MISMATCH),
        "date gone": (with_header(request, "x-amz-date", None), Why.INCOMPLETE),
        "date twice": (
            replaced(request, headers=(*request.headers, ("x-amz-date", "20261124T000000Z"))),
            Why.INCOMPLETE,
        ),
        "date of no form": (with_header(request, "x-amz-date", "yesterday"), Why.INCOMPLETE),
        "date impossible": (with_header(request, "x-amz-date", "20261399T000000Z"), Why.INCOMPLETE),
        "token": (with_header(request, "x-amz-security-token", "OTHER"), Why.MISMATCH),
        "token gone": (with_header(request, "x-amz-security-token", None), Why.MISMATCH),
        "signature": (scope(signature, flipped), Why.MISMATCH),
        "signature cut": (scope(signature, signature[:-1]), Why.MISMATCH),
        "signature gone": (scope(signature, ""), Why.INCOMPLETE),
        "signature of letters": (scope(signature, "é" * 64), Why.MISMATCH),
        "scope region": (scope("us-east-1", "us-east-2"), Why.MISMATCH),
        "scope service": (scope("/iam/", "/sts/"), Why.SCOPE),
        "scope date": (scope("/20261124/", "/20261123/"), Why.SCOPE),
        "scope end": (scope("aws4_request", "aws5_request"), Why.SCOPE),
        "scope short": (scope("/iam/", "/"), Why.INCOMPLETE),
        "signed headers less": (scope("x-custom", "x-other"), Why.MISMATCH),
        "signed headers without host": (scope("host;", ""), Why.UNSIGNED_HEADERS),
        "signed headers upper": (scope("host;", "Host;"), Why.MISMATCH),
        "algorithm": (scope("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), Why.ALGORITHM),
        "other scheme": (with_header(request, "authorization", "Basic YTpi"), Why.INCOMPLETE),
        "no equals": (scope("Credential=", "Credential "), Why.INCOMPLETE),
        "no credential": (scope("Credential=", "Cred="), Why.INCOMPLETE),
        "authorization twice": (
            replaced(request, headers=(*request.headers, ("authorization", authorization))),
            Why.INCOMPLETE,
        ),
        "authorization gone": (with_header(request, "authorization", None), Why.MISSING),
    }


@pytest.mark.parametrize("part", tampered())
def test_a_request_changed_on_the_way_is_refused(part: str) -> None:
    request, reason = tampered()[part]
    assert why(request) is reason


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("a=1", "a=2", Why.MISMATCH),
        ("a=1", "a=1&x=y", Why.MISMATCH),
        ("X-Amz-Expires=3600", "X-Amz-Expires=7200", Why.MISMATCH),
        ("X-Amz-Expires=3600", "X-Amz-Expires=604801", Why.QUERY),
        ("X-Amz-Expires=3600", "X-Amz-Expires=0", Why.QUERY),
        ("X-Amz-Expires=3600", "X-Amz-Expires=-1", Why.QUERY),
        ("X-Amz-Expires=3600", "X-Amz-Expires=1e3", Why.QUERY),
        ("X-Amz-Expires=3600", "X-Amz-Expires=3600&X-Amz-Expires=3600", Why.QUERY),
        ("&X-Amz-Expires=3600", "", Why.QUERY),
        ("X-Amz-Date=20261124T000000Z", "X-Amz-Date=20261124T000001Z", Why.MISMATCH),
        ("X-Amz-Date=20261124T000000Z", "X-Amz-Date=now", Why.QUERY),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=accept", Why.UNSIGNED_HEADERS),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=", Why.QUERY),
        ("us-east-1", "eu-west-1", Why.MISMATCH),
        ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", Why.ALGORITHM),
        ("AWS4-HMAC-SHA256", "HMAC", Why.QUERY),
    ],
)
def test_a_signed_url_changed_on_the_way_is_refused(old: str, new: str, reason: Why) -> None:
    request = signed(auth.SigV4QueryAuth, method="GET", body=b"", url="http://h/?a=1")
    assert old in request.query
    assert why(replaced(request, query=request.query.replace(old, new, 1))) is reason


def test_a_signed_url_dies_when_its_time_is_over() -> None:
    request = signed(auth.SigV4QueryAuth, method="GET", body=b"", url="http://h/?a=1", expires=60)
    verify(request, now=NOW + 60)
    assert why(request, now=NOW + 61) is Why.URL_EXPIRED


def test_a_replay_is_refused_after_five_minutes() -> None:
    request = signed()
    verify(request, now=NOW + 300)
    verify(request, now=NOW - 300)
    assert why(request, now=NOW + 301) is Why.SKEWED
    assert why(request, now=NOW - 301) is Why.SKEWED


def test_s3_allows_fifteen_minutes() -> None:
    request = signed(auth.S3SigV4Auth, service="s3", method="GET", body=b"", url="http://h/b/k")
    verify(request, service="s3", now=NOW + 900)
    assert why(request, service="s3", now=NOW + 901) is Why.SKEWED


def test_another_secret_does_not_verify() -> None:
    assert why(signed(), secret=SECRET[:-1] + "x") is Why.MISMATCH


@pytest.mark.parametrize("part", ["credential", "headers", "many headers", "date"])
def test_a_claim_longer_than_any_can_be_is_refused_and_not_remembered(part: str) -> None:
    key = "A" * 60_000 if part == "credential" else "AKIARZPUZDIKAUAAAAAA"
    more = {"headers": ";x" + "y" * 9_000, "many headers": "".join(f";z{n:03}" for n in range(300))}.get(part, "")
    date = "Mon, 23 Nov 2026 00:00:00 GMT" + " " * 40_000 + "x" if part == "date" else "20261124T000000Z"
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={key}/20261124/us-east-1/iam/aws4_request, SignedHeaders=host{more}, Signature=0"
    )
    headers = (("host", "localhost"), ("authorization", authorization), ("x-amz-date", date))
    remembered = (sigv4._read_credential, sigv4._read_signed, sigv4._read_time)
    for cache in remembered:
        cache.cache_clear()
    with pytest.raises(Refused):
        sigv4.read_claim(HttpRequest("POST", "/", "", headers, b"", "127.0.0.1"))
    assert not any(
        cache.cache_info().currsize
        for cache, long in zip(remembered, ("credential", "headers", "date"), strict=True)
        if long in part
    )


def test_a_signature_in_two_places_is_refused() -> None:
    url = signed(auth.SigV4QueryAuth, method="GET", body=b"", url="http://h/?a=1")
    header = signed().header("authorization")
    assert why(with_header(url, "authorization", header)) is Why.QUERY


def test_a_body_that_is_not_the_declared_one_is_refused() -> None:
    declared = hashlib.sha256(b"one").hexdigest()
    request = signed(headers={"X-Amz-Content-SHA256": declared}, body=b"one")
    verify(request)
    assert why(replaced(request, body=b"two")) is Why.PAYLOAD
    assert why(with_header(request, "x-amz-content-sha256", "nonsense")) is Why.PAYLOAD_HEADER


def test_s3_needs_the_payload_header() -> None:
    request = signed(auth.SigV4Auth, service="s3", method="GET", body=b"", url="http://h/b/k")
    assert why(request, service="s3") is Why.PAYLOAD_MISSING


TEXTS = {
    "Signature expired: 20261124T000000Z is now earlier than 20261124T000100Z (20261124T000600Z - 5 min.)": NOW + 360,
    "Signature not yet current: 20261124T000000Z is still later than 20261123T235900Z (20261123T235400Z + 5 min.)": NOW
    - 360,
}


@pytest.mark.parametrize("text", TEXTS)
def test_skew_is_reported_in_aws_words(text: str) -> None:
    with pytest.raises(Refused) as caught:
        verify(signed(), now=TEXTS[text])
    error = error_of(caught.value, "iam", "query")
    assert (error.code, error.status, error.message) == ("SignatureDoesNotMatch", 403, text)


@pytest.mark.parametrize(
    ("reason", "service", "protocol", "code", "status"),
    [
        (Why.MISSING, "iam", "query", "MissingAuthenticationToken", 403),
        (Why.MISSING, "kms", "json", "MissingAuthenticationTokenException", 400),
        (Why.MISSING, "lambda", "rest-json", "MissingAuthenticationTokenException", 403),
        (Why.MISSING, "s3", "rest-xml", "AccessDenied", 403),
        (Why.UNKNOWN_KEY, "iam", "query", "InvalidClientTokenId", 403),
        (Why.UNKNOWN_KEY, "ec2", "ec2", "AuthFailure", 403),
        (Why.UNKNOWN_KEY, "kms", "json", "UnrecognizedClientException", 400),
        (Why.UNKNOWN_KEY, "s3", "rest-xml", "InvalidAccessKeyId", 403),
        (Why.TOKEN_EXPIRED, "sts", "query", "ExpiredToken", 403),
        (Why.TOKEN_EXPIRED, "kms", "json", "ExpiredTokenException", 400),
        (Why.MISMATCH, "cloudfront", "rest-xml", "SignatureDoesNotMatch", 403),
        (Why.MISMATCH, "kms", "json", "InvalidSignatureException", 400),
        (Why.INCOMPLETE, "iam", "query", "IncompleteSignature", 400),
        (Why.INCOMPLETE, "kms", "json", "IncompleteSignatureException", 400),
        (Why.SKEWED, "s3", "rest-xml", "RequestTimeTooSkewed", 403),
        (Why.URL_EXPIRED, "s3", "rest-xml", "AccessDenied", 403),
        (Why.QUERY, "s3", "rest-xml", "AuthorizationQueryParametersError", 400),
    ],
)
def test_each_family_of_services_has_its_own_codes(
    reason: Why, service: str, protocol: str, code: str, status: int
) -> None:
    error = error_of(Refused(reason), service, protocol)
    assert (error.code, error.status) == (code, status)


def test_every_reason_has_codes() -> None:
    for reason in Why:
        for service, protocol in (("iam", "query"), ("kms", "json"), ("s3", "rest-xml")):
            assert error_of(Refused(reason), service, protocol).code

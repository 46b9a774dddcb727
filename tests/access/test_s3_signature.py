"""How a request to S3 is signed, as its condition keys see it."""

from __future__ import annotations

import pytest

from garrison.access.call import HttpRequest
from garrison.access.s3_signature import of_s3_request

SIGNED = 1_800_000_000.0  # 2027-01-15T08:00:00Z
QUERY = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20270115T080000Z&X-Amz-Signature=ab"


def request(query: str = "", *headers: tuple[str, str]) -> HttpRequest:
    return HttpRequest("GET", "/b/k", query, headers, b"", "127.0.0.1")


def test_a_presigned_request_has_an_age_in_milliseconds() -> None:
    context = of_s3_request(request(QUERY), SIGNED + 90.5)
    assert context == {"s3:authtype": "REST-QUERY-STRING", "s3:signatureage": "90500"}


def test_a_signed_header_has_none() -> None:
    headers = (("authorization", "AWS4-HMAC-SHA256 ..."), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"))
    assert of_s3_request(request("", *headers), SIGNED) == {
        "s3:authtype": "REST-HEADER",
        "s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD",
    }


def test_a_header_is_not_taken_for_a_presigned_request_by_what_its_query_says() -> None:
    header = ("authorization", "AWS4-HMAC-SHA256 ...")
    assert of_s3_request(request("x=X-Amz-Signature=", header), SIGNED) == {"s3:authtype": "REST-HEADER"}


@pytest.mark.parametrize("query", ["", "x=X-Amz-Signature=", "prefix=a"])
def test_an_unsigned_request_has_no_type(query: str) -> None:
    assert of_s3_request(request(query), SIGNED) == {}


def test_a_date_that_is_none_gives_no_age() -> None:
    assert "s3:signatureage" not in of_s3_request(request("X-Amz-Date=x&X-Amz-Signature=ab"), SIGNED)

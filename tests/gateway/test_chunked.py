"""aws-chunked bodies: signed chunk by chunk, signed and unsigned trailers, and what can be wrong with them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import zlib

import pytest
from botocore import auth

from garrison.access.call import HttpRequest
from garrison.gateway import sigv4
from garrison.gateway.chunked import SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER, decode_chunks
from garrison.gateway.refusal import Refused, Why
from tests.gateway.signing import SECRET, replaced, signed

DATA = b"a" * 70_000 + b"the end"


class _Streaming(auth.S3SigV4Auth):
    """botocore's signer, told which payload value to sign."""

    mode = SIGNED

    def payload(self, request: object) -> str:
        return self.mode


def chunked(
    mode: str, *, trailer: str = "x-amz-checksum-crc32", checksum: bytes | None = None, size: int = 65_536
) -> HttpRequest:
    """An upload as the SDKs make one. Source of the strings to sign: Amazon S3 API reference."""
    headers = {"x-amz-decoded-content-length": str(len(DATA)), "Content-Encoding": "aws-chunked"}
    if mode != SIGNED:
        headers["x-amz-trailer"] = trailer
    signer = type("Signer", (_Streaming,), {"mode": mode})
    request = signed(signer, service="s3", method="PUT", url="http://h/bucket/key", headers=headers, body=b"")
    claim = sigv4.read_claim(request)
    assert claim is not None
    key = sigv4.signing_key(SECRET, claim.date, claim.region, "s3")
    scope = f"{claim.timestamp}\n{claim.date}/{claim.region}/s3/aws4_request"
    previous = claim.signature
    body = b""
    for at in [*range(0, len(DATA), size), len(DATA)]:
        data = DATA[at : at + size]
        head = b"%x" % len(data)
        if mode != UNSIGNED_TRAILER:
            empty, digest = hashlib.sha256(b"").hexdigest(), hashlib.sha256(data).hexdigest()
            text = f"AWS4-HMAC-SHA256-PAYLOAD\n{scope}\n{previous}\n{empty}\n{digest}"
            previous = hmac.new(key, text.encode(), "sha256").hexdigest()
            head += b";chunk-signature=" + previous.encode()
        body += head + b"\r\n" + data + (b"\r\n" if data else b"")
    if mode != SIGNED:
        value = base64.b64encode(checksum or zlib.crc32(DATA).to_bytes(4, "big")).decode()
        body += f"{trailer}:{value}\r\n".encode()
        if mode == SIGNED_TRAILER:
            digest = hashlib.sha256(f"{trailer}:{value}\n".encode()).hexdigest()
            text = f"AWS4-HMAC-SHA256-TRAILER\n{scope}\n{previous}\n{digest}"
            body += f"x-amz-trailer-signature:{hmac.new(key, text.encode(), 'sha256').hexdigest()}\r\n".encode()
    return replaced(request, body=body + b"\r\n")


def decode(request: HttpRequest, mode: str) -> bytes:
    claim = sigv4.read_claim(request)
    assert claim is not None
    sigv4.verify(claim, request, SECRET, sigv4.payload_hash(claim, request))
    return decode_chunks(claim, request, SECRET, mode)


def why(request: HttpRequest, mode: str) -> Why:
    with pytest.raises(Refused) as caught:
        decode(request, mode)
    return caught.value.why


@pytest.mark.parametrize("mode", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_chunks_become_the_body(mode: str) -> None:
    assert decode(chunked(mode), mode) == DATA


@pytest.mark.parametrize(
    ("mode", "old", "new", "reason"),
    [
        (SIGNED, b"the end", b"the eND", Why.MISMATCH),
        (SIGNED_TRAILER, b"the end", b"the eND", Why.MISMATCH),
        (UNSIGNED_TRAILER, b"the end", b"the eND", Why.CHECKSUM),
        (SIGNED, b";chunk-signature=", b";chunk-signature=0", Why.CHUNKS),
        (SIGNED, b"10000;", b"10001;", Why.MISMATCH),
        (SIGNED, b"10000;", b"zzz;", Why.CHUNKS),
        (SIGNED, b"10000;", b"-1;", Why.CHUNKS),
        (SIGNED_TRAILER, b"crc32:", b"crc32:A", Why.MISMATCH),
        (SIGNED_TRAILER, b"x-amz-trailer-signature", b"x-amz-trailer-sign", Why.CHUNKS),
        (UNSIGNED_TRAILER, b"crc32:", b"crc32:A", Why.CHECKSUM),
        (UNSIGNED_TRAILER, b"x-amz-checksum-crc32:", b"x-amz-checksum-sha1:", Why.CHUNKS),
        (UNSIGNED_TRAILER, b"x-amz-checksum-crc32:", b"no colon", Why.CHUNKS),
    ],
)
def test_a_changed_chunk_is_refused(mode: str, old: bytes, new: bytes, reason: Why) -> None:
    request = chunked(mode)
    assert old in request.body
    assert why(replaced(request, body=request.body.replace(old, new, 1)), mode) is reason


@pytest.mark.parametrize("mode", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_a_body_that_breaks_off_is_refused(mode: str) -> None:
    body = chunked(mode).body
    for end in (
        0,
        1,
        50,
        70_000,
        len(body) - 100,
        body.rindex(b"0\r\n") if mode == UNSIGNED_TRAILER else len(body) - 120,
    ):
        assert why(replaced(chunked(mode), body=body[:end]), mode) in (Why.CHUNKS, Why.MISMATCH)


def test_chunks_cannot_be_swapped_or_dropped() -> None:
    request = chunked(SIGNED, size=10_000)
    size = 4 + len(";chunk-signature=") + 64 + 2 + 10_000 + 2
    first, second = request.body[:size], request.body[size : 2 * size]
    assert why(replaced(request, body=second + first + request.body[2 * size :]), SIGNED) is Why.MISMATCH
    assert why(replaced(request, body=second + request.body[2 * size :]), SIGNED) is Why.MISMATCH


# The check values of each algorithm for "123456789" are those of the catalogue of CRC algorithms.
@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [
        ("crc32", bytes.fromhex("cbf43926")),
        ("crc32c", bytes.fromhex("e3069283")),
        ("crc64nvme", bytes.fromhex("ae8b14860a799888")),
        ("sha1", hashlib.sha1(b"123456789").digest()),
        ("sha256", hashlib.sha256(b"123456789").digest()),
    ],
)
def test_each_checksum_is_the_one_its_name_says(algorithm: str, digest: bytes) -> None:
    from garrison.gateway.chunked import _CHECKSUMS

    assert _CHECKSUMS[algorithm](b"123456789") == digest


def test_checksums_of_no_known_algorithm_are_refused() -> None:
    assert why(chunked(UNSIGNED_TRAILER, trailer="x-amz-checksum-md4"), UNSIGNED_TRAILER) is Why.CHUNKS


def test_only_s3_takes_streaming_payloads() -> None:
    request = signed(headers={"x-amz-content-sha256": SIGNED})
    claim = sigv4.read_claim(request)
    assert claim is not None
    with pytest.raises(Refused) as caught:
        sigv4.payload_hash(claim, request)
    assert caught.value.why is Why.PAYLOAD_HEADER

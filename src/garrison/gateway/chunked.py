"""The aws-chunked content encoding: bodies signed chunk by chunk, and checksums that trail them.

Source: Amazon S3 API reference, "Signature calculations for the authorization header: transferring payload in multiple
chunks" and "... including trailing headers".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import zlib
from collections.abc import Callable
from functools import lru_cache

from garrison.access.call import HttpRequest
from garrison.gateway.refusal import Refused, Why
from garrison.gateway.sigv4 import EMPTY_SHA256, TERMINATOR, Claim, signing_key

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?")
BROKEN = "The request body terminated unexpectedly"


def decode_chunks(claim: Claim, request: HttpRequest, secret: str, mode: str) -> bytes:
    """The body inside the chunks, each proved by its signature, the whole by its trailing checksum.

    Raises `Refused` for a chunk that is not what was signed, a body that breaks off, or a checksum that differs.
    """
    if mode not in (SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER):
        raise Refused(Why.PAYLOAD_HEADER)
    signed = mode != UNSIGNED_TRAILER
    key = signing_key(secret, claim.date, claim.region, claim.service)
    scope = f"{claim.timestamp}\n{claim.date}/{claim.region}/{claim.service}/{TERMINATOR}"
    previous = claim.signature
    raw = request.body
    chunks: list[bytes] = []
    at = 0
    while True:
        end = raw.find(b"\r\n", at, at + 128)
        head = SIZE.fullmatch(raw, at, end) if end >= 0 else None
        if head is None:
            raise Refused(Why.CHUNKS, BROKEN)
        size = int(head[1], 16)
        data = raw[end + 2 : end + 2 + size]
        if len(data) != size:
            raise Refused(Why.CHUNKS, BROKEN)
        if signed:
            text = f"AWS4-HMAC-SHA256-PAYLOAD\n{scope}\n{previous}\n{EMPTY_SHA256}\n{hashlib.sha256(data).hexdigest()}"
            previous = prove(key, text, head[2])
        at = end + 2 + size
        if size == 0:
            break
        if raw[at : at + 2] != b"\r\n":
            raise Refused(Why.CHUNKS, BROKEN)
        chunks.append(data)
        at += 2
    body = b"".join(chunks)
    declared = request.header("x-amz-decoded-content-length")
    if declared is None or not (declared.isascii() and declared.isdigit()) or int(declared[:12]) != len(body):
        raise Refused(
            Why.CHUNKS, "You did not provide the number of bytes specified by the Content-Length HTTP header."
        )
    given, signature = trailers(raw[at:])
    if mode == SIGNED:
        if given or signature is not None:
            raise Refused(Why.CHUNKS, BROKEN)
        return body
    wanted = {name.strip().lower() for name in (request.header("x-amz-trailer") or "").split(",") if name.strip()}
    if wanted != set(given):
        raise Refused(Why.CHUNKS, "The request's trailing headers are not those its x-amz-trailer header names.")
    if signed:
        lines = "".join(f"{name}:{given[name]}\n" for name in sorted(given))
        digest = hashlib.sha256(lines.encode("latin-1")).hexdigest()
        prove(key, f"AWS4-HMAC-SHA256-TRAILER\n{scope}\n{previous}\n{digest}", signature)
    for name, value in given.items():
        _check(name, value, body)
    return body


def prove(key: bytes, text: str, signature: bytes | None) -> str:
    """The signature over `text`, if it is the one given. Raises `Refused`."""
    expected = hmac.digest(key, text.encode("latin-1"), "sha256").hex()
    if signature is None or not hmac.compare_digest(expected.encode(), signature):
        raise Refused(Why.MISMATCH)
    return expected


def trailers(raw: bytes) -> tuple[dict[str, str], bytes | None]:
    """Trailing headers and the signature over them. Some clients end their lines with a bare newline."""
    found: dict[str, str] = {}
    signature: bytes | None = None
    for line in raw.split(b"\n"):
        line = line.strip()
        if not line:
            continue
        name, colon, value = line.partition(b":")
        key = name.strip().lower().decode("latin-1")
        if not colon or key in found or signature is not None:
            raise Refused(Why.CHUNKS, BROKEN)
        if key == "x-amz-trailer-signature":
            signature = value.strip()
        else:
            found[key] = value.strip().decode("latin-1")
    return found, signature


def _check(name: str, value: str, body: bytes) -> None:
    algorithm = name.removeprefix("x-amz-checksum-")
    digest = _CHECKSUMS.get(algorithm) if algorithm != name else None
    if digest is None:
        raise Refused(Why.CHUNKS, f"The trailing header '{name[:64]}' is not one of the checksums S3 knows.")
    try:
        given = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        given = b""
    if not hmac.compare_digest(given, digest(body)):
        raise Refused(Why.CHECKSUM, f"The {algorithm.upper()} you specified did not match the calculated checksum.")


CRC32C = 0x82F63B78
CRC64NVME = 0x9A6C9329AC4BC9B5
"""Reflected polynomials."""


@lru_cache(maxsize=2)
def crc_table(polynomial: int) -> tuple[int, ...]:
    """The table of a reflected CRC."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)
        table.append(value)
    return tuple(table)


def _crc(body: bytes, polynomial: int, bits: int) -> bytes:
    table = crc_table(polynomial)
    ones = (1 << bits) - 1
    crc = ones
    for byte in body:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return (crc ^ ones).to_bytes(bits // 8, "big")


_CHECKSUMS: dict[str, Callable[[bytes], bytes]] = {
    "crc32": lambda body: zlib.crc32(body).to_bytes(4, "big"),
    "crc32c": lambda body: _crc(body, CRC32C, 32),
    "crc64nvme": lambda body: _crc(body, CRC64NVME, 64),
    "sha1": lambda body: hashlib.sha1(body, usedforsecurity=False).digest(),
    "sha256": lambda body: hashlib.sha256(body).digest(),
}

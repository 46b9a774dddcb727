"""The aws-chunked encoding, decoded and verified while it streams.

The rules are those of `gateway.chunked`, which has the whole body at hand; here what is known is passed on as it comes.
A chunk's signature is checked at its end, and the last piece waits for everything (`incoming.Incoming.proved`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from garrison.access.call import HttpRequest
from garrison.gateway.chunked import BROKEN, SIGNED, SIGNED_TRAILER, SIZE, UNSIGNED_TRAILER, prove, trailers
from garrison.gateway.refusal import Refused, Why
from garrison.gateway.sigv4 import EMPTY_SHA256, TERMINATOR, Claim, signing_key
from garrison.gateway.upstream.checksum import Checksum

_MAX_LINE = 128
_MAX_TRAILER = 16 * 1024


class Unchunk:
    """Decodes one body. Raises `Refused` from `feed` and `finish`."""

    def __init__(self, claim: Claim, request: HttpRequest, secret: str | None, mode: str) -> None:
        if mode not in (SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER):
            raise Refused(Why.PAYLOAD_HEADER)
        self._mode = mode
        # Strangers, in permissive mode, have no secret to prove anything with.
        self._signed = mode != UNSIGNED_TRAILER and secret is not None
        self._key = signing_key(secret or "", claim.date, claim.region, claim.service)
        self._scope = f"{claim.timestamp}\n{claim.date}/{claim.region}/{claim.service}/{TERMINATOR}"
        self._previous = claim.signature
        self._pending = b""
        self._left = 0
        """Bytes of the open chunk still to come."""
        self._open = False
        self._ended = False
        self._signature: bytes | None = None
        self._hash = hashlib.sha256()
        named = request.header("x-amz-trailer") if mode != SIGNED else None
        self._wanted = {name.strip().lower() for name in (named or "").split(",") if name.strip()}
        self._checksums: dict[str, Checksum] = {}
        for name in self._wanted:
            algorithm = name.removeprefix("x-amz-checksum-")
            try:
                if algorithm == name:
                    raise KeyError(name)
                self._checksums[name] = Checksum(algorithm)
            except KeyError:
                text = f"The trailing header '{name[:64]}' is not one of the checksums S3 knows."
                raise Refused(Why.CHUNKS, text) from None

    def feed(self, data: bytes) -> list[bytes]:
        """The content in the next piece."""
        raw = self._pending + data if self._pending else data
        at = 0
        found: list[bytes] = []
        while not self._ended:
            if self._open and self._left:
                part = raw[at : at + self._left]
                if not part:
                    break
                at += len(part)
                self._left -= len(part)
                if self._signed:
                    self._hash.update(part)
                for checksum in self._checksums.values():
                    checksum.update(part)
                found.append(part)
            elif self._open:
                if len(raw) - at < 2:
                    break
                if raw[at : at + 2] != b"\r\n":
                    raise Refused(Why.CHUNKS, BROKEN)
                at += 2
                self._prove_chunk()
                self._open = False
            else:
                end = raw.find(b"\r\n", at, at + _MAX_LINE)
                if end < 0:
                    if len(raw) - at >= _MAX_LINE:
                        raise Refused(Why.CHUNKS, BROKEN)
                    break
                head = SIZE.fullmatch(raw, at, end)
                if head is None:
                    raise Refused(Why.CHUNKS, BROKEN)
                at = end + 2
                self._left = int(head[1], 16)
                self._signature = head[2]
                self._hash = hashlib.sha256()
                if self._left == 0:
                    self._prove_chunk()
                    self._ended = True
                else:
                    self._open = True
        self._pending = raw[at:]
        if self._ended and len(self._pending) > _MAX_TRAILER:
            raise Refused(Why.CHUNKS, BROKEN)
        return found

    def finish(self) -> None:
        """The end: trailing headers are those announced, signed where they must be, and tell the content's checksum."""
        if not self._ended:
            raise Refused(Why.CHUNKS, BROKEN)
        given, signature = trailers(self._pending)
        if self._mode == SIGNED:
            if given or signature is not None:
                raise Refused(Why.CHUNKS, BROKEN)
            return
        if self._wanted != set(given):
            raise Refused(Why.CHUNKS, "The request's trailing headers are not those its x-amz-trailer header names.")
        if self._signed:
            lines = "".join(f"{name}:{given[name]}\n" for name in sorted(given))
            digest = hashlib.sha256(lines.encode("latin-1")).hexdigest()
            prove(self._key, f"AWS4-HMAC-SHA256-TRAILER\n{self._scope}\n{self._previous}\n{digest}", signature)
        for name, value in given.items():
            try:
                told = base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                told = b""
            if not hmac.compare_digest(told, self._checksums[name].digest()):
                algorithm = name.removeprefix("x-amz-checksum-").upper()
                raise Refused(Why.CHECKSUM, f"The {algorithm} you specified did not match the calculated checksum.")

    def _prove_chunk(self) -> None:
        if self._signed:
            text = (
                f"AWS4-HMAC-SHA256-PAYLOAD\n{self._scope}\n{self._previous}\n{EMPTY_SHA256}\n{self._hash.hexdigest()}"
            )
            self._previous = prove(self._key, text, self._signature)

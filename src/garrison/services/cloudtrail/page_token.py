"""NextToken: where a page ended, bound to what was asked."""

from __future__ import annotations

import base64
import binascii
import hashlib
import math

import msgspec

from garrison.aws.errors import AwsError
from garrison.trail.log import Cursor


class _Token(msgspec.Struct, frozen=True, array_like=True):
    check: bytes
    time: float
    id: str


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Token)


def seal_token(cursor: Cursor, asked: bytes) -> str:
    """A token for the page after `cursor`. It holds no secret: the caller has just been shown that event."""
    time, id = cursor
    return base64.urlsafe_b64encode(_encoder.encode(_Token(_check(cursor, asked), time, id))).decode()


def open_token(token: str, asked: bytes) -> Cursor:
    """Where to go on. Raises InvalidNextTokenException for a token made up, altered, or given for another question."""
    try:
        found = _decoder.decode(base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True))
    except (ValueError, UnicodeEncodeError, binascii.Error, msgspec.MsgspecError):
        raise _invalid() from None
    cursor = (found.time, found.id)
    if not math.isfinite(found.time) or found.check != _check(cursor, asked):
        raise _invalid()
    return cursor


def _check(cursor: Cursor, asked: bytes) -> bytes:
    return hashlib.sha256(asked + _encoder.encode(cursor)).digest()[:12]


def _invalid() -> AwsError:
    return AwsError(
        "InvalidNextTokenException",
        "The token is not valid, or was previously used in a request with different parameters.",
        status=400,
    )

"""Lists in pages: `NextToken` and `MaxResults` in, `NextToken` out.

A token holds the key after which the next page begins. It is worth nothing to another operation.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.organizations.errors import invalid

Item = TypeVar("Item")

DEFAULT_RESULTS = 20
"""Also the most (API reference, `MaxResults`)."""


def page(call: Call, items: Iterable[Item], key: Callable[[Item], str]) -> tuple[list[Item], dict[str, Any]]:
    """One page of items in the order of their unique keys, and the answer's paging member."""
    limit = int(call.params.get("MaxResults") or DEFAULT_RESULTS)
    after = _after(call)
    ordered = sorted(((key(item), item) for item in items), key=lambda pair: pair[0])
    rest = [(name, item) for name, item in ordered if after is None or name > after]
    shown = [item for _, item in rest[:limit]]
    if len(rest) <= limit:
        return shown, {}
    return shown, {"NextToken": _token(call, rest[limit - 1][0])}


def _token(call: Call, key: str) -> str:
    text = key.encode()
    return base64.urlsafe_b64encode(_mark(call, text) + text).decode()


def _after(call: Call) -> str | None:
    token = call.params.get("NextToken")
    if token is None:
        return None
    try:
        raw = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        key = raw[4:].decode()
    except (binascii.Error, UnicodeError):
        raise _bad() from None
    if raw[:4] != _mark(call, raw[4:]):
        raise _bad()
    return key


def _mark(call: Call, key: bytes) -> bytes:
    """Tells our tokens from others'. Not a secret: a forged one shows only what the caller may list anyway."""
    return zlib.crc32(call.operation.encode() + b"\0" + key).to_bytes(4, "big")


def _bad() -> AwsError:
    return invalid("INVALID_NEXT_TOKEN", "You provided a value for NextToken that isn't valid.")

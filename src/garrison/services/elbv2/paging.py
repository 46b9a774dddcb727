"""Lists in pages: `Marker` and `PageSize` in, `NextMarker` out. A marker is the key the page before ended with."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from garrison.access.call import Call
from garrison.services.elbv2.errors import validation

Item = TypeVar("Item")

MOST = 400
"""Also the default (API reference, `PageSize`)."""


def page(call: Call, items: Iterable[Item], key: Callable[[Item], str]) -> tuple[list[Item], dict[str, Any]]:
    """One page of items in the order of their unique keys, and the answer's paging member."""
    limit = int(call.params.get("PageSize") or MOST)
    after = _after(call)
    ordered = sorted(((key(item), item) for item in items), key=lambda pair: pair[0])
    rest = [pair for pair in ordered if after is None or pair[0] > after]
    shown = [item for _, item in rest[:limit]]
    if len(rest) <= limit:
        return shown, {}
    return shown, {"NextMarker": _marker(call, rest[limit - 1][0])}


def _marker(call: Call, key: str) -> str:
    text = key.encode()
    return base64.urlsafe_b64encode(_mark(call, text) + text).decode()


def _after(call: Call) -> str | None:
    marker = call.params.get("Marker")
    if not marker:
        return None
    try:
        raw = base64.b64decode(marker.encode(), altchars=b"-_", validate=True)
        if raw[:4] != _mark(call, raw[4:]):
            raise ValueError
        return raw[4:].decode()
    except (binascii.Error, ValueError):
        raise validation(f"'{marker}' is not a valid marker") from None


def _mark(call: Call, key: bytes) -> bytes:
    return zlib.crc32(call.operation.encode() + b"\0" + key).to_bytes(4, "big")

"""Lists in pages: `Limit` and `Marker` in, `NextMarker` and `Truncated` out.

A marker holds the name after which the next page begins. It is worth nothing to another operation.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from garrison.access.call import Call
from garrison.services.kms.errors import error

Item = TypeVar("Item")


def limit(call: Call, default: int, most: int) -> int:
    """Items on a page. What is over the most, which the model does not know for every list, is cut to it."""
    return min(int(call.params.get("Limit", default)), most)


def after(call: Call) -> str:
    """The name the page before ended with; empty for the first. Raises `InvalidMarkerException`."""
    marker = call.params.get("Marker")
    if marker is None:
        return ""
    try:
        raw = base64.b64decode(marker.encode(), altchars=b"-_", validate=True)
        name = raw[4:].decode()
    except (binascii.Error, UnicodeError):
        raise error("InvalidMarker") from None
    if raw[:4] != _mark(call, raw[4:]):
        raise error("InvalidMarker")
    return name


def page(
    call: Call,
    member: str,
    items: Sequence[Item],
    size: int,
    name: Callable[[Item], str],
    shown: Callable[[Item], Any],
) -> dict[str, Any]:
    """A page, of items that begin after the marker; one more than `size` of them says that there is another page."""
    on = items[:size]
    answer: dict[str, Any] = {member: [shown(item) for item in on], "Truncated": len(items) > size}
    if len(items) > size:
        text = name(on[-1]).encode()
        answer["NextMarker"] = base64.urlsafe_b64encode(_mark(call, text) + text).decode()
    return answer


def sliced(items: Sequence[Item], name: Callable[[Item], str], after: str, size: int) -> list[Item]:
    """Of items in no order at all: those after a name, in the order of names, as `page` takes them."""
    ordered = sorted((item for item in items if name(item) > after), key=name)
    return ordered[: size + 1]


def _mark(call: Call, name: bytes) -> bytes:
    """Tells our markers from others'. Not a secret: a forged one shows only what the caller may list anyway."""
    return zlib.crc32(call.operation.encode() + b"\0" + name).to_bytes(4, "big")

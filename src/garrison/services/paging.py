"""Lists in pages, whatever the service calls their members.

A token holds the key after which the next page begins - a key, not a number - so that what is added or deleted between
two pages neither hides nor repeats anything else. It is worth nothing to another operation.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Iterable
from typing import TypeVar

from garrison.access.call import Call

Item = TypeVar("Item")


class BadToken(Exception):
    """The token is not one this operation gave out. The service says so in its own words."""


def cut(
    call: Call, items: Iterable[Item], key: Callable[[Item], str], *, limit: int, token: str | None
) -> tuple[list[Item], str | None]:
    """At most `limit` items in the order of their keys, after those `token` tells of; and the next page's token."""
    after = None if token is None else opened(call, token)
    ordered = sorted(((key(item), n, item) for n, item in enumerate(items)), key=lambda entry: entry[:2])
    rest = [(name, item) for name, _, item in ordered if after is None or name > after]
    shown = [item for _, item in rest[:limit]]
    return shown, None if len(rest) <= limit else sealed(call, rest[limit - 1][0])


def sealed(call: Call, key: str) -> str:
    """The token of the page that begins after `key`."""
    text = key.encode()
    return base64.urlsafe_b64encode(_mark(call, text) + text).decode()


def opened(call: Call, token: str) -> str:
    """The key in a token. Raises `BadToken`."""
    try:
        raw = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        key = raw[4:].decode()
    except (binascii.Error, UnicodeError):
        raise BadToken from None
    if raw[:4] != _mark(call, raw[4:]):
        raise BadToken
    return key


def _mark(call: Call, key: bytes) -> bytes:
    """Tells our tokens from others'. Not a secret: a forged one shows only what the caller may list anyway."""
    return zlib.crc32(call.operation.encode() + b"\0" + key).to_bytes(4, "big")

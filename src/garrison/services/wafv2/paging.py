"""Lists in pages: `NextMarker` and `Limit` in, `NextMarker` out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from garrison.access.call import Call
from garrison.services.paging import BadToken, cut
from garrison.waf.errors import invalid

Item = TypeVar("Item")

MOST = 100
"""Also the default (API reference, `Limit`)."""


def page(call: Call, items: Iterable[Item], key: Callable[[Item], str]) -> tuple[list[Item], dict[str, Any]]:
    """One page of items in the order of their unique keys, and the answer's paging member.

    Raises `WAFInvalidParameterException` for a marker this operation did not give out.
    """
    marker = call.params.get("NextMarker")
    try:
        shown, token = cut(call, items, key, limit=int(call.params.get("Limit") or MOST), token=marker)
    except BadToken:
        raise invalid("ENTITY_LIMIT", str(marker), "The parameter contains formatting that is not valid.") from None
    return shown, {} if token is None else {"NextMarker": token}

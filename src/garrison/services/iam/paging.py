"""Lists in pages: `Marker` and `MaxItems` in, `IsTruncated` and `Marker` out.

A marker holds the place after which the next page begins - a key, not a number - so that what is added or deleted
between two pages neither hides nor repeats anything else. It is worth nothing to another operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.paging import BadToken, cut, opened, sealed
from garrison.store import Kind, Reader, Resource

T = TypeVar("T", bound=msgspec.Struct)
Item = TypeVar("Item")

DEFAULT_ITEMS = 100
"""Source: IAM API reference, `MaxItems`."""


def page(
    call: Call,
    reader: Reader,
    kind: Kind[T],
    *,
    parent: str = "",
    keep: Callable[[Resource[T]], bool] | None = None,
) -> tuple[list[Resource[T]], dict[str, Any]]:
    """One page of the account's resources of a kind that `keep` lets through, and the answer's paging members.

    Raises `ValidationError` for a marker this operation did not give out.
    """
    limit = _limit(call)
    after = _after(call) or ""
    rows: list[Resource[T]] = []
    while len(rows) <= limit:
        chunk = reader.page(kind, call.account, parent=parent, after=after, limit=limit + 1)
        rows += chunk if keep is None else [row for row in chunk if keep(row)]
        if len(chunk) <= limit:
            break
        after = chunk[-1].name
    if len(rows) <= limit:
        return rows, {"IsTruncated": False}
    del rows[limit:]
    return rows, {"IsTruncated": True, "Marker": sealed(call, rows[-1].name)}


def page_of(
    call: Call, items: Iterable[Item], key: Callable[[Item], str], *, most: int | None = None
) -> tuple[list[Item], dict[str, Any]]:
    """One page of items at hand, in the order of their unique keys, and the answer's paging members.

    `most`: end the page there even if the caller would take more.
    """
    limit = _limit(call) if most is None else min(_limit(call), most)
    try:
        shown, token = cut(call, items, key, limit=limit, token=call.params.get("Marker"))
    except BadToken:
        raise _invalid() from None
    return shown, {"IsTruncated": False} if token is None else {"IsTruncated": True, "Marker": token}


def under(prefix: str | None) -> Callable[[Resource[Any]], bool] | None:
    """The filter `PathPrefix` means: a plain prefix of the path."""
    if prefix is None or prefix == "/":
        return None
    return lambda row: row.body.path.startswith(prefix)


def _limit(call: Call) -> int:
    return int(call.params.get("MaxItems") or DEFAULT_ITEMS)


def _after(call: Call) -> str | None:
    marker = call.params.get("Marker")
    if marker is None:
        return None
    try:
        return opened(call, marker)
    except BadToken:
        raise _invalid() from None


def _invalid() -> AwsError:
    return AwsError("ValidationError", "Invalid Marker.", status=400)

"""Lists in pages: `NextToken` and `MaxResults` in, `NextToken` out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from garrison.access.call import Call
from garrison.services.organizations.errors import invalid
from garrison.services.paging import BadToken, cut

Item = TypeVar("Item")

DEFAULT_RESULTS = 20
"""Also the most (API reference, `MaxResults`)."""


def page(call: Call, items: Iterable[Item], key: Callable[[Item], str]) -> tuple[list[Item], dict[str, Any]]:
    """One page of items in the order of their unique keys, and the answer's paging member."""
    limit = int(call.params.get("MaxResults") or DEFAULT_RESULTS)
    try:
        shown, token = cut(call, items, key, limit=limit, token=call.params.get("NextToken"))
    except BadToken:
        raise invalid("INVALID_NEXT_TOKEN", "You provided a value for NextToken that isn't valid.") from None
    return shown, {} if token is None else {"NextToken": token}

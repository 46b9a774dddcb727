"""Lists in pages: `NextToken` and `MaxResults` in, `NextToken` out. `MaxResults` 0 is as good as none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.paging import BadToken, cut

Item = TypeVar("Item")

DEFAULT_RESULTS = 20
"""Source: API reference, `MaxResults`: "The default setting is 20"."""


def page(call: Call, items: Iterable[Item], key: Callable[[Item], str]) -> tuple[list[Item], dict[str, Any]]:
    """One page of items in the order of their unique keys, and the answer's paging member."""
    limit = int(call.params.get("MaxResults") or DEFAULT_RESULTS)
    try:
        shown, token = cut(call, items, key, limit=limit, token=call.params.get("NextToken"))
    except BadToken:
        code = "InvalidParameterException" if call.operation == "ListAttacks" else "InvalidPaginationTokenException"
        raise AwsError(code, "The provided pagination token is invalid.", status=400) from None
    return shown, {} if token is None else {"NextToken": token}

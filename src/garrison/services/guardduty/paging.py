"""Lists in pages: `NextToken` and `MaxResults` in, `NextToken` out (the empty string is as good as no token)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from garrison.access.call import Call
from garrison.services.guardduty.errors import bad
from garrison.services.paging import BadToken, cut, opened, sealed

Item = TypeVar("Item")

MOST = 50
"""Also the default (API reference, `maxResults`: "The default value is 50. The maximum value is 50")."""
_BAD_TOKEN = "The request is rejected because the input token is invalid."  # noqa: S105


def page(
    call: Call, items: Iterable[Item], key: Callable[[Item], str], *, most: int = MOST
) -> tuple[list[Item], dict[str, Any]]:
    """One page of items in the order of their unique keys, and the answer's paging member."""
    try:
        shown, token = cut(call, items, key, limit=_limit(call, most), token=call.params.get("NextToken") or None)
    except BadToken:
        raise bad(_BAD_TOKEN) from None
    return shown, {} if token is None else {"NextToken": token}


def sorted_page(
    call: Call, items: Sequence[Item], key: Callable[[Item], str], *, most: int = MOST
) -> tuple[list[Item], dict[str, Any]]:
    """One page of items that are sorted already: the token names the last one shown.

    If that is gone by then, its place is too, and the list begins anew after what was shown before it: the token also
    says how many that were.
    """
    limit = _limit(call, most)
    start = 0
    token = call.params.get("NextToken") or None
    if token is not None:
        try:
            number, _, last = opened(call, token).partition(" ")
            start = int(number)
        except (BadToken, ValueError):
            raise bad(_BAD_TOKEN) from None
        place = next((n for n, item in enumerate(items) if key(item) == last), None)
        start = start if place is None else place + 1
    shown = list(items[start : start + limit])
    if not shown or start + limit >= len(items):
        return shown, {}
    return shown, {"NextToken": sealed(call, f"{start + limit} {key(shown[-1])}")}


def _limit(call: Call, most: int) -> int:
    given = call.params.get("MaxResults")
    if given is not None and not 1 <= int(given) <= most:
        raise bad(f"The request is rejected because the input maxResults is not between 1 and {most}.")
    return int(given or most)

"""Lists in pages: `nextToken` and `maxResults` in, `nextToken` out, in any order that was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from garrison.access.call import Call
from garrison.services.inspector2.errors import invalid
from garrison.services.paging import BadToken, opened, sealed

Item = TypeVar("Item")
Key = Callable[[Item], tuple[Any, ...]]


def page(
    call: Call, items: Iterable[Item], key: Key[Item], *, default: int, descending: bool = False
) -> tuple[list[Item], dict[str, Any]]:
    """One page of items in the order of their unique keys (numbers and texts), and the answer's paging member.

    The token holds the key after which the next page begins, so that what comes and goes between two pages neither
    hides nor repeats anything else. Raises `ValidationException` for a token that is none.
    """
    limit = int(call.params.get("maxResults") or default)
    after = _after(call)
    ordered = sorted(((key(item), n, item) for n, item in enumerate(items)), key=_by, reverse=descending)
    if after is not None:
        try:
            ordered = [entry for entry in ordered if (entry[0] < after if descending else entry[0] > after)]
        except TypeError:
            raise _bad_token() from None
    shown = [item for _, _, item in ordered[:limit]]
    if len(ordered) <= limit:
        return shown, {}
    return shown, {"nextToken": sealed(call, json.dumps(ordered[limit - 1][0]))}


def _by(entry: tuple[tuple[Any, ...], int, Any]) -> tuple[Any, ...]:
    return entry[0]


def _after(call: Call) -> tuple[Any, ...] | None:
    token = call.params.get("nextToken")
    if not token:
        return None
    try:
        found = json.loads(opened(call, token))
    except (BadToken, ValueError):
        raise _bad_token() from None
    if not isinstance(found, list):
        raise _bad_token()
    return tuple(tuple(part) if isinstance(part, list) else part for part in found)


def _bad_token() -> Exception:
    return invalid("The provided nextToken is invalid.", "nextToken")

"""How events are indexed by their attributes: by eight bytes for each (account, attribute, value), side by side.

One row holds all that an event is found by, in the order of time: adding it touches one page, where a row for each
attribute would touch as many pages as attributes. Looking up walks these rows from the newest on, apart from the events
themselves; they are small enough that a million take a fraction of a second. Two attributes with the same eight bytes
are a matter of one in billions of billions, and of an event too many in a list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

ACROSS_ACCOUNTS = frozenset({"RequestId"})
"""Attributes found without knowing the account."""

_OF_ONE_EVENT = frozenset({"EventId", "RequestId"})
"""Attributes whose values hardly come again: not worth remembering."""


def _mark(account: str, attribute: str, value: str) -> bytes:
    scope = "" if attribute in ACROSS_ACCOUNTS else account
    return hashlib.blake2b(f"{scope}\0{attribute}\0{value}".encode(), digest_size=8).digest()


_remembered = lru_cache(maxsize=4096)(_mark)


def event_marks(account: str, keys: Sequence[tuple[str, str]]) -> bytes:
    """What an event is indexed by: the mark of its account, and one for each attribute."""
    marks = [_remembered(account, "", "")]
    marks += [
        (_mark if attribute in _OF_ONE_EVENT else _remembered)(account, attribute, value) for attribute, value in keys
    ]
    return b"".join(marks)


def lookup_marks(account: str | None, keys: Sequence[tuple[str, str]]) -> list[bytes]:
    """The marks to look for, all of which must be there; none means all events.

    Raises `ValueError` where an account is needed and none is given.
    """
    if account is None and any(attribute not in ACROSS_ACCOUNTS for attribute, _ in keys):
        raise ValueError("events are looked up by attributes within one account")
    if not keys:
        return [] if account is None else [_mark(account, "", "")]
    return [_mark(account or "", attribute, value) for attribute, value in keys]

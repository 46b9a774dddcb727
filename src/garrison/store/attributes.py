"""How events are indexed by their attributes: by a 64-bit number for each (account, attribute, value).

The numbers keep the index at a fraction of the size of the events. Two attributes with one number are a matter of one
in billions of billions, and of an event too many in a list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

ACROSS_ACCOUNTS = frozenset({"RequestId"})
"""Attributes found without knowing the account."""


@lru_cache(maxsize=8192)
def attribute_hash(account: str, attribute: str, value: str) -> int:
    """The number an attribute is indexed by."""
    scope = "" if attribute in ACROSS_ACCOUNTS else account
    digest = hashlib.blake2b(f"{scope}\0{attribute}\0{value}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def event_hashes(account: str, keys: Sequence[tuple[str, str]]) -> list[int]:
    """The numbers an event is indexed by: its account's own, and one for each attribute."""
    return [attribute_hash(account, "", ""), *(attribute_hash(account, *key) for key in keys)]


def lookup_hashes(account: str | None, keys: Sequence[tuple[str, str]]) -> list[int]:
    """The numbers to look for, all of which must be there; none means all events.

    Raises `ValueError` where an account is needed and none is given.
    """
    if account is None and any(attribute not in ACROSS_ACCOUNTS for attribute, _ in keys):
        raise ValueError("events are looked up by attributes within one account")
    if not keys:
        return [] if account is None else [attribute_hash(account, "", "")]
    return [attribute_hash(account or "", attribute, value) for attribute, value in keys]

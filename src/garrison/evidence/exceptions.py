"""Failures somebody answers for: until when, for what reason, and who said so.

An exception is a record like any other, and so is its revocation; what is in force is told by reading them in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from garrison.policy.glob import matches

DAY = 86400
LONGEST = 366 * DAY
"""Seconds an exception may last: whoever still means it then says so again."""


class Granted(msgspec.Struct, frozen=True):
    """One exception."""

    id: str
    check: str
    subject: str
    """Which subjects: an ARN, in which `*` and `?` are wildcards."""
    account: str
    """The account it holds in; `*` for all."""
    owner: str
    """Who answers for it."""
    reason: str
    granted: int
    """When, in seconds since the epoch."""
    expires: int
    by: str = ""
    """Who entered it."""

    def covers(self, check: str, account: str, subject: str, now: float) -> bool:
        """Whether a failure is excepted at `now`."""
        return (
            self.check == check
            and now < self.expires
            and self.account in ("*", account)
            and matches(self.subject, subject)
        )


def standing(records: Iterable[Mapping[str, Any]]) -> list[Granted]:
    """Exceptions that were not revoked, expired ones included, out of all records in order."""
    found: dict[str, Granted] = {}
    for record in records:
        if record.get("type") == "exception":
            one = msgspec.convert({k: record[k] for k in Granted.__struct_fields__ if k in record}, Granted)
            found[one.id] = one
        elif record.get("type") == "revocation":
            found.pop(str(record.get("exception")), None)
    return list(found.values())

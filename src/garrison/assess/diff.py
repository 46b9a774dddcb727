"""What changed between two assessments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from garrison.checks.check import Result, Severity, Status

Change = Literal["fixed", "new", "excepted", "no longer excepted", "no longer known", "gone", "still failing"]


class Difference(msgspec.Struct, frozen=True):
    """One failure that came, went, or stayed."""

    change: Change
    check: str
    severity: Severity
    title: str
    account: str
    subject: str
    reason: str


def difference(before: Iterable[Result], after: Iterable[Result]) -> list[Difference]:
    """Compare failures by check, account and subject, gravest first.

    A failure that is not there any more is *fixed* only if the check was asked of the account again and could be
    answered; if it could not, nobody knows (*no longer known*), and if it was not asked, it is *gone*.
    """
    old, new = _failing(before), _failing(after)
    standing: dict[tuple[str, str], set[Status]] = {}
    for result in after:
        standing.setdefault((result.check, result.account), set()).add(result.status)
    found: list[Difference] = []
    for key, was in old.items():
        now = new.get(key)
        if now is None:
            statuses = standing.get((was.check, was.account))
            change: Change = "gone" if statuses is None else "fixed"
            if statuses is not None and Status.NOT_AVAILABLE in statuses:
                change = "no longer known"
            found.append(_told(change, was))
        elif was.status is now.status:
            if now.status is Status.FAIL:
                found.append(_told("still failing", now))
        else:
            found.append(_told("excepted" if now.status is Status.EXCEPTED else "no longer excepted", now))
    found += [_told("new", now) for key, now in new.items() if key not in old]
    order = ("critical", "high", "medium", "low")
    return sorted(found, key=lambda d: (order.index(d.severity), d.check, d.account, d.subject))


def _failing(results: Iterable[Result]) -> dict[tuple[str, str, str, str], Result]:
    return {
        (r.check, r.account, r.outcome.subject, str(r.outcome.observed.get("key", ""))): r
        for r in results
        if r.status in (Status.FAIL, Status.EXCEPTED)
    }


def _told(change: Change, r: Result) -> Difference:
    return Difference(change, r.check, r.severity, r.title, r.account, r.outcome.subject, r.outcome.reason)

"""One assessment: every check of every account."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

import msgspec

from garrison.checks.check import SEVERITIES, Check, Result, Severity, Status
from garrison.checks.collect.collector import Collector, Source
from garrison.checks.run import applies, ask
from garrison.evidence.canonical import digest
from garrison.evidence.exceptions import Granted
from garrison.evidence.redact import redacted


class FactRead(msgspec.Struct, frozen=True):
    """A fact that was read, or not."""

    account: str
    name: str
    sha256: str
    """Of its canonical form, without secrets; empty if it could not be read."""
    why: str = ""
    """Why it could not."""


class Assessment(msgspec.Struct, frozen=True):
    """What came of one assessment."""

    source: Source
    accounts: tuple[str, ...]
    started: float
    finished: float
    """Seconds since the epoch."""
    checks: tuple[Check, ...]
    not_tried: tuple[str, ...]
    """Ids of behavioural checks that were not to act there."""
    results: tuple[Result, ...]
    facts: tuple[FactRead, ...]

    @property
    def complete(self) -> bool:
        """Whether everything that was to be looked at could be."""
        return not any(r.status is Status.NOT_AVAILABLE for r in self.results)

    def failures(self, at_least: Severity) -> list[Result]:
        """Failures as grave as that, or graver. What somebody answers for is none."""
        return failures(self.results, at_least)


def failures(results: Iterable[Result], at_least: Severity) -> list[Result]:
    """Failures as grave as that, or graver."""
    grave = SEVERITIES[: SEVERITIES.index(at_least) + 1]
    return [r for r in results if r.status is Status.FAIL and r.severity in grave]


def assess(
    collector: Collector,
    checks: Iterable[Check],
    *,
    act: bool = False,
    exceptions: Sequence[Granted] = (),
    tell: Callable[[str], None] = lambda text: None,
    clock: Callable[[], float] = time.time,
) -> Assessment:
    """Ask the checks of every account of the collector. `act`: behavioural checks may act there.

    `tell` hears which account it is at; `clock` tells the time there. Raises `CollectError` where nothing can be had at
    all.
    """
    started = clock()
    accounts = tuple(collector.accounts())
    asked = tuple(checks)
    reading = [check for check in asked if not check.behavioural]
    trying = [check for check in asked if check.behavioural]
    results: list[Result] = []
    facts: list[FactRead] = []
    for account in accounts:
        tell(account)
        snapshot = collector.snapshot(account)
        for check in reading:
            if applies(check, snapshot):
                results += ask(check, snapshot)
        if act and trying:
            probe = collector.probe(account)
            for check in trying:
                results += ask(check, snapshot, probe)
        facts += [FactRead(account, name, digest(redacted(value))) for name, value in sorted(snapshot.facts.items())]
        facts += [FactRead(account, name, "", why.why) for name, why in sorted(snapshot.unread.items())]
    now = clock()
    return Assessment(
        source=collector.source,
        accounts=accounts,
        started=started,
        finished=now,
        checks=asked if act else tuple(reading),
        not_tried=() if act else tuple(check.id for check in trying),
        results=tuple(_excepted(result, exceptions, now) for result in results),
        facts=tuple(facts),
    )


def _excepted(result: Result, exceptions: Sequence[Granted], now: float) -> Result:
    if result.status is not Status.FAIL:
        return result
    for one in exceptions:
        if one.covers(result.check, result.account, result.outcome.subject, now):
            outcome = msgspec.structs.replace(result.outcome, status=Status.EXCEPTED)
            return msgspec.structs.replace(result, outcome=outcome, exception=one.id)
    return result

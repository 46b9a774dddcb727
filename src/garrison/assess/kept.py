"""Assessments as they were kept, for whoever may see some of the accounts they looked at.

A run never changes once it is written, so each is read once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from pathlib import Path

import msgspec

from garrison.assess.ledger import Ledger, LedgerError, Run
from garrison.assess.records import about, results
from garrison.checks import load
from garrison.checks.check import SEVERITIES, Result, Severity, Status
from garrison.evidence.record import Record


class Kept(msgspec.Struct, frozen=True):
    """One assessment, as far as somebody may see it."""

    run: Run
    about: Record
    accounts: tuple[str, ...]
    """Those that were looked at and may be seen."""
    results: tuple[tuple[str, Result], ...]
    """Each with the hash of its record."""

    @property
    def finished(self) -> int:
        return int(self.about["finished"])

    @property
    def whole(self) -> bool:
        """Whether three in four of the checks were asked that are asked without being named: the catalogue grows, and
        what an older one found whole is no part."""
        return 4 * len(_usual() & self.asked) >= 3 * len(_usual())

    @property
    def asked(self) -> frozenset[str]:
        """Ids of the checks that were asked."""
        return frozenset(self.about["checks"])

    def compares(self, later: Kept) -> bool:
        """Whether it asked enough of what a later one did to be held against it: three in four of the checks."""
        return 4 * len(self.asked & later.asked) >= 3 * len(later.asked)

    @property
    def statuses(self) -> dict[Status, int]:
        """Results by status."""
        return dict(Counter(result.status for _, result in self.results))

    @property
    def failures(self) -> dict[Severity, int]:
        """Failures nobody answers for, by severity, gravest first."""
        counted = Counter(result.severity for _, result in self.results if result.status is Status.FAIL)
        return {severity: counted[severity] for severity in SEVERITIES}


def assessments(evidence: Path, accounts: Collection[str]) -> Iterator[Kept]:
    """Those that looked at any of the accounts, newest first. Raises `LedgerError` for evidence that cannot be read."""
    for run in reversed(Ledger(evidence).runs()):
        found = _seen(run, accounts)
        if found is not None:
            yield found


def assessment(evidence: Path, accounts: Collection[str], id: str | None = None) -> Kept:
    """That of an id; without one the newest whole one, else the newest. Raises `LedgerError` where there is none."""
    newest: Kept | None = None
    for one in assessments(evidence, accounts):
        if id is not None:
            if one.run.id == id:
                return one
        elif one.whole:
            return one
        newest = newest or one
    if id is not None or newest is None:
        raise LedgerError("There has been no assessment yet." if id is None else f"There is no assessment {id}.")
    return newest


def speaks_of(checks: Collection[str], asked: Collection[str]) -> bool:
    """Whether a run that asked some checks tells how a framework of `checks` stands: three in four of those that are
    asked without being named."""
    wanted = _usual() & set(checks)
    return bool(wanted) and 4 * len(wanted & set(asked)) >= 3 * len(wanted)


def _seen(run: Run, accounts: Collection[str]) -> Kept | None:
    told, found = _read(run, run.path.stat().st_mtime_ns)
    if told is None:
        return None
    mine = tuple(account for account in told["accounts"] if account in accounts)
    if not mine:
        return None
    return Kept(run, told, mine, tuple(one for one in found if one[1].account in mine))


@cache
def _usual() -> frozenset[str]:
    return frozenset(one.id for one in load().values() if not one.behavioural and not one.on_request)


@lru_cache(maxsize=64)
def _read(run: Run, changed: int) -> tuple[Record | None, tuple[tuple[str, Result], ...]]:
    records = list(run.records())
    told = about(records)
    if told is None:
        return None, ()
    return told, tuple((str(record["hash"]), result) for record, result in results(records))

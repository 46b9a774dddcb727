"""Audits as the evidence has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from garrison.assess.ledger import Ledger, LedgerError, Run
from garrison.assess.verified import intact
from garrison.checks.check import Status


class AuditRun(msgspec.Struct, frozen=True):
    """One audit there was."""

    run: str
    """Id of the run in the evidence."""
    number: int
    checklist: str
    version: str
    title: str
    accounts: tuple[str, ...]
    period: str
    when: int
    """Seconds since the epoch."""


class ItemEvidence(msgspec.Struct, frozen=True):
    """What an audit found of one item in one account."""

    item: str
    version: int
    checklist: str
    domain: str
    """Its title."""
    account: str
    question: str
    examined: str
    status: Status
    """Of what ran."""
    checks: tuple[dict[str, Any], ...]
    """`check`, `status`, `severity`, `subject`, `reason`, `fix`."""
    missing: tuple[str, ...]
    procedures: tuple[dict[str, Any], ...]
    sample: dict[str, Any] | None
    """`population`, `size`, `period`, `members` ([subject, what is to be looked at]), `ask`."""
    unread: str
    attest: str
    """What a person must attest; "" where nothing is."""
    manual: bool
    """Whether it needs an attestation at all: for what `attest` says, or for the sample."""
    valid_days: int
    digest: str
    """What an attestation is over."""
    hash: str
    """Of the record: which evidence this is."""
    when: int
    valid_until: int


class Audited(msgspec.Struct, frozen=True):
    """One audit with what it found."""

    run: AuditRun
    items: tuple[ItemEvidence, ...]


def audits(evidence: Path, account: str | None = None) -> list[AuditRun]:
    """Audits there were, newest first; only those that looked at `account`. Raises `LedgerError`."""
    found = []
    for run in reversed(Ledger(evidence).runs()):
        told = _told(run)
        if told is not None and (account is None or account in told.accounts):
            found.append(told)
    return found


def audit(evidence: Path, named: str = "latest", account: str | None = None) -> Audited:
    """One audit: that of a run (see `Ledger.run`), or the `latest` (that looked at `account`). Raises `LedgerError`."""
    ledger = Ledger(evidence)
    if named == "latest":
        there = audits(evidence, account)
        if not there:
            raise LedgerError("There was no audit yet. garrison audit run makes one.")
        named = there[0].run
    run = ledger.run(named)
    told = _told(run)
    if told is None:
        raise LedgerError(f"Run {run.id} was no audit.")
    return Audited(told, tuple(one for one in _items(run) if account in (None, one.account)))


def verified_audit(evidence: Path, named: str, account: str) -> Audited:
    """Like `audit`, of evidence that was verified whole. Raises `LedgerError` if it is not what was written."""
    intact(evidence)
    return audit(evidence, named, account)


def _told(run: Run) -> AuditRun | None:
    return _told_of(run.path, run.id, run.number)


@lru_cache(maxsize=512)
def _told_of(path: Path, id: str, number: int) -> AuditRun | None:
    """A run's file never changes: what it is is read once."""
    for record in Run(number, id, path).records():
        if record.get("type") == "audit":
            told = {k: v for k, v in record.items() if k in AuditRun.__struct_fields__}
            with _as_written(path):
                return msgspec.convert({**told, "run": id, "number": number}, AuditRun)
    return None


def _items(run: Run) -> Iterator[ItemEvidence]:
    for record in run.records():
        if record.get("type") == "audit-item":
            with _as_written(run.path):
                found = msgspec.convert({k: record[k] for k in ItemEvidence.__struct_fields__}, ItemEvidence)
            yield found


@contextmanager
def _as_written(path: Path) -> Iterator[None]:
    """Says of records that are not in the form of this version that they are not."""
    try:
        yield
    except (KeyError, msgspec.ValidationError) as e:
        raise LedgerError(f"{path.name} is of an audit this version cannot read: {e}") from e

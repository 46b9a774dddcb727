"""One audit: every item of a checklist, asked of accounts now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from garrison.assess.audit.checklist import Checklist, Item
from garrison.assess.audit.populations import Drawn, draw
from garrison.assess.audit.procedures import PROCEDURES, Procedure
from garrison.assess.ledger import Ledger
from garrison.assess.records import records as assessment_records
from garrison.assess.run import Assessment
from garrison.checks.api import NotRead
from garrison.checks.check import Result, Status
from garrison.checks.collect.collector import Collector
from garrison.checks.snapshot import Snapshot
from garrison.evidence.canonical import digest
from garrison.evidence.record import Record
from garrison.evidence.redact import redacted

_VOLATILE = frozenset({"days", "days_ago", "days_unused", "eventID", "events", "found", "by", "examined"})
"""Members of what checks observed that move without anything having changed."""
_WORST = (Status.FAIL, Status.EXCEPTED, Status.NOT_AVAILABLE, Status.PASS, Status.NOT_APPLICABLE)
"""From the worst to the best. What is excepted failed: somebody answers for it, and it is not met."""


class Found(msgspec.Struct, frozen=True):
    """What an audit found of one item in one account."""

    item: Item
    account: str
    status: Status
    """Of all that ran; `NOT_APPLICABLE` where nothing did, or nothing had anything to look at."""
    checks: tuple[Result, ...]
    missing: tuple[str, ...]
    """Checks of the item that were not asked of the account: behavioural ones that might not act, say."""
    procedures: tuple[Procedure, ...]
    drawn: Drawn | None
    unread: str
    """Why no sample could be drawn."""
    digest: str
    """Of everything found that an attestation rests on: the same as long as nothing changes."""

    @property
    def manual(self) -> bool:
        """Whether a person must say: a sample of nothing asks for nobody."""
        return bool(self.item.attest) or (self.drawn is not None and self.drawn.size > 0)


def perform(
    checklist: Checklist, collector: Collector, assessed: Assessment, ledger: Ledger, *, period: str
) -> Iterator[Found]:
    """Every item in every account that was assessed. The collector is the one the assessment was made with."""
    for account in assessed.accounts:
        snapshot = collector.snapshot(account)
        by_check: dict[str, list[Result]] = {}
        for result in assessed.results:
            if result.account == account:
                by_check.setdefault(result.check, []).append(result)
        ran: dict[str, Procedure] = {}
        for item in checklist.items:
            for name in item.procedures:
                ran.setdefault(name, PROCEDURES[name](snapshot, ledger))
            yield _one(checklist, item, snapshot, by_check, [ran[name] for name in item.procedures], period)


def _one(
    checklist: Checklist,
    item: Item,
    snapshot: Snapshot,
    by_check: dict[str, list[Result]],
    procedures: list[Procedure],
    period: str,
) -> Found:
    results = tuple(result for check in item.checks for result in by_check.get(check, ()))
    # A check about the organization is asked of its management account alone; elsewhere it is not missing.
    managed = snapshot.management not in (None, snapshot.account)
    missing = tuple(
        check for check in item.checks if check not in by_check and not (managed and check.startswith("organizations."))
    )
    drawn, unread = None, ""
    if item.sample is not None:
        try:
            drawn = draw(item.sample.of, snapshot, item.sample.size, period)
        except NotRead as e:
            unread = str(e)
    seen = [r.status for r in results] + [p.status for p in procedures]
    if missing or unread:
        seen.append(Status.NOT_AVAILABLE)
    status = min(seen, key=_WORST.index, default=Status.NOT_APPLICABLE)
    return Found(
        item, snapshot.account, status, results, missing, tuple(procedures), drawn, unread,
        digest(_rests_on(checklist, item, snapshot.account, results, missing, procedures, drawn)),
    )  # fmt: skip


def _rests_on(
    checklist: Checklist,
    item: Item,
    account: str,
    results: Iterable[Result],
    missing: Iterable[str],
    procedures: Iterable[Procedure],
    drawn: Drawn | None,
) -> dict[str, Any]:
    """What may not change under an attestation: the question, what checks said of what, and the sample."""
    said = [
        [r.check, r.version, r.outcome.subject, r.status.value, redacted(_lasting(r.outcome.observed))] for r in results
    ]
    return {
        "checklist": checklist.id,
        "item": item.id,
        "version": item.version,
        "account": account,
        "attest": item.attest,
        "checks": sorted(said, key=lambda one: (str(one[0]), str(one[2]), digest(one))),
        "missing": sorted(missing),
        "procedures": [[p.name, p.status.value, redacted(p.observed)] for p in procedures],
        "sample": None
        if drawn is None
        else redacted({"period": drawn.period, "members": [list(m) for m in drawn.members]}),
    }


def _lasting(observed: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in observed.items() if k not in _VOLATILE}


def audit_records(
    checklist: Checklist, assessed: Assessment, found: Iterable[Found], *, period: str, valid: int
) -> Iterator[Record]:
    """An audit as evidence: the assessment it rests on, what was asked, and what was found of each item.

    `valid` is for how many seconds what was found is taken to tell the present.
    """
    yield from assessment_records(assessed)
    when = int(assessed.finished)
    yield {
        "type": "audit",
        "checklist": checklist.id,
        "version": checklist.version,
        "title": checklist.title,
        "accounts": list(assessed.accounts),
        "period": period,
        "items": len(checklist.items),
        "when": when,
    }
    domains = {domain.id: domain.title for domain in checklist.domains}
    for one in found:
        item = one.item
        yield {
            "type": "audit-item",
            "checklist": checklist.id,
            "item": item.id,
            "version": item.version,
            "domain": domains[item.domain],
            "account": one.account,
            "question": item.question,
            "examined": item.examined,
            "status": one.status.value,
            "checks": [_check(r) for r in one.checks],
            "missing": list(one.missing),
            "procedures": [msgspec.to_builtins(p) for p in one.procedures],
            "sample": None
            if one.drawn is None or item.sample is None
            else {**msgspec.to_builtins(one.drawn), "ask": item.sample.ask},
            "unread": one.unread,
            "attest": item.attest,
            "manual": one.manual,
            "valid_days": item.valid_days,
            "digest": one.digest,
            "when": when,
            "valid_until": when + valid,
        }


def _check(result: Result) -> dict[str, Any]:
    outcome = result.outcome
    return {
        "check": result.check,
        "status": outcome.status.value,
        "severity": result.severity,
        "subject": outcome.subject,
        "reason": outcome.reason,
        "fix": list(outcome.fix.commands) if outcome.fix is not None else [],
    }

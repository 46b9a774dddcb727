"""What the last assessment of an account said, in the form the responsibility matrix takes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from garrison.assess.ledger import Ledger
from garrison.assess.records import about, results
from garrison.checks.check import Result, Status
from garrison.evidence.record import Record
from garrison.responsibility.results import CheckResult, CheckStatus

_TOLD: dict[Status, CheckStatus] = {
    Status.FAIL: "FAIL",
    Status.NOT_AVAILABLE: "NOT_AVAILABLE",
    Status.EXCEPTED: "EXCEPTED",
    Status.PASS: "PASS",
    Status.NOT_APPLICABLE: "NOT_APPLICABLE",
}
"""From the worst to the best."""


def latest(directory: Path, account: str) -> list[CheckResult]:
    """One result for each check, of the newest assessment that looked at the account; empty if none ever did.

    Raises `LedgerError` for evidence that cannot be read.
    """
    for run in reversed(Ledger(directory).runs()):
        records = list(run.records())
        told = about(records)
        if told is not None and account in told["accounts"]:
            return _folded(results(records), account)
    return []


def _folded(found: Iterable[tuple[Record, Result]], account: str) -> list[CheckResult]:
    by_check: dict[str, list[tuple[Record, Result]]] = {}
    for record, result in found:
        if result.account == account:
            by_check.setdefault(result.check, []).append((record, result))
    return [_one(several) for several in by_check.values()]


def _one(several: list[tuple[Record, Result]]) -> CheckResult:
    order = list(_TOLD)
    record, worst = min(several, key=lambda one: order.index(one[1].status))
    fix = worst.outcome.fix
    return CheckResult(
        check=worst.check,
        status=_TOLD[worst.status],
        when=float(record["when"]),
        cells=worst.cells,
        evidence=str(record["hash"])[:12],
        title=worst.title,
        severity=worst.severity,
        fails=sum(result.status is Status.FAIL for _, result in several),
        subjects=sum(result.outcome.examined for _, result in several),
        fix=fix.commands[0] if fix is not None and fix.commands else "",
    )

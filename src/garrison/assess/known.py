"""What is known of an account: the last word of every check that looks at accounts.

Only evidence that verifies counts: a matrix told from altered records would be worse than none.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from garrison.assess.latest import latest
from garrison.assess.ledger import Ledger, LedgerError
from garrison.checks import load
from garrison.responsibility import CheckResult

_Stamp = tuple[tuple[str, int, int], ...]


def results(evidence: Path, account: str) -> list[CheckResult]:
    """What the account's last assessment said, and of every other check of the catalogue that it has not run.

    `evidence` is the directory assessments leave their records in. Raises `LedgerError` if what lies there cannot be
    read or is not what was written.
    """
    said = _verified(evidence, _stamp(evidence), account)
    seen = {result.check for result in said}
    silent = [
        CheckResult(one.id, "NOT_RUN", 0, one.cells, title=one.title, severity=one.severity)
        for one in load().values()
        if one.id not in seen
    ]
    return [*said, *silent]


def _stamp(evidence: Path) -> _Stamp:
    """What changes whenever a file of the evidence does."""
    try:
        found = [(path, path.stat()) for path in evidence.rglob("*") if path.is_file()]
    except FileNotFoundError:  # a file that was there a moment ago
        found = []
    return tuple(sorted((str(path), told.st_mtime_ns, told.st_size) for path, told in found))


@lru_cache(maxsize=64)
def _verified(evidence: Path, stamp: _Stamp, account: str) -> tuple[CheckResult, ...]:
    found = Ledger(evidence).verify()
    if not found.intact:
        first = found.problems[0]
        raise LedgerError(
            f"The evidence in {evidence} is not what was written ({first.where}: {first.what}), so nothing is told"
            " from it. garrison evidence verify says more."
        )
    return tuple(latest(evidence, account))

"""What is known of an account: the last word of every check that looks at accounts.

Only evidence that verifies counts: a matrix told from altered records would be worse than none.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from garrison.assess.latest import latest
from garrison.assess.verified import Stamp, intact, stamp
from garrison.checks import load
from garrison.responsibility import CheckResult


def results(evidence: Path, account: str) -> list[CheckResult]:
    """What the account's last assessment said, and of every other check of the catalogue that it has not run.

    `evidence` is the directory assessments leave their records in. Raises `LedgerError` if what lies there cannot be
    read or is not what was written.
    """
    said = _told(evidence, stamp(evidence), account)
    seen = {result.check for result in said}
    silent = [
        CheckResult(one.id, "NOT_RUN", 0, one.cells, title=one.title, severity=one.severity)
        for one in load().values()
        if one.id not in seen
    ]
    return [*said, *silent]


@lru_cache(maxsize=64)
def _told(evidence: Path, stamp: Stamp, account: str) -> tuple[CheckResult, ...]:
    intact(evidence)
    return tuple(latest(evidence, account))

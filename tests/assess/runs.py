"""An assessment that was recorded, with a name in it that means to be markup."""

from __future__ import annotations

from pathlib import Path

from garrison.assess.ledger import Ledger, Run
from garrison.assess.records import records
from garrison.assess.run import Assessment
from garrison.assess.signers import LocalSigner
from garrison.checks import load
from garrison.checks.check import Fix, Outcome, Result, Status
from garrison.checks.collect.collector import Source


def result(check: str, status: Status, subject: str = "arn:aws:iam::111122223333:root", reason: str = "so") -> Result:
    fix = Fix(("aws iam do-it",), "111122223333") if status is Status.FAIL else None
    outcome = Outcome(status, subject, reason, {}, fix)
    return Result(check, 1, "title", "high", (), False, "111122223333", outcome)


def recorded(place: Path) -> Run:
    found = [
        result("iam.root-mfa", Status.FAIL, reason="<script>alert(1)</script> #[eval] 日本 =cmd()"),
        result("iam.root-use", Status.PASS),
        result("iam.user-mfa", Status.NOT_AVAILABLE),
    ]
    assessment = Assessment(
        Source("files", "here"), ("111122223333",), 1e9, 1e9 + 5, tuple(load().values()), (), tuple(found), ()
    )
    return Ledger(place / "evidence").append(records(assessment), LocalSigner(place))

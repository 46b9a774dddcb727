"""A call without a signature is refused."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, behaviour, failed, passed
from garrison.checks.probe import Probe
from garrison.checks.snapshot import Snapshot


@behaviour(
    "iam.unsigned-call",
    "A call that nobody signed is refused",
    severity="critical",
    cells=("iam/identity/customer", "*/identity/customer"),
    why="Whoever reaches the address has everything.",
)
def unsigned_call(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
    answer = probe.call("iam", "ListUsers", keys=None)
    observed = {"status": answer.status, "code": answer.code}
    if answer.ok:
        fix = Fix(
            (),
            account.account,
            "Whatever answers there asks nobody who they are: run garrison up without --permissive.",
        )
        yield failed(account.root, "a call without a signature was answered", observed, fix=fix)
    else:
        yield passed(account.root, f"a call without a signature was refused ({answer.code})", observed)

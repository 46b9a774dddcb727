"""A call signed with a wrong secret is refused."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, behaviour, failed, passed
from garrison.checks.probe import Keys, Probe
from garrison.checks.snapshot import Snapshot


@behaviour(
    "iam.forged-signature",
    "A call signed with somebody's key id and another secret is refused",
    severity="critical",
    cells=("iam/identity/customer", "*/identity/customer"),
    why="Key ids stand in logs and code; only the secret proves anything.",
)
def forged_signature(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
    own = probe.own
    forged = Keys(own.access_key_id, own.secret_access_key[::-1], own.session_token)
    answer = probe.call("iam", "ListUsers", keys=forged)
    observed = {"status": answer.status, "code": answer.code}
    if answer.ok:
        fix = Fix((), account.account, "Whatever answers there verifies no signatures.")
        yield failed(account.root, "a call with a forged signature was answered", observed, fix=fix)
    else:
        yield passed(account.root, f"a forged signature was refused ({answer.code})", observed)

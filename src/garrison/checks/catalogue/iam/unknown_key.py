"""A key nobody has is refused."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, behaviour, failed, passed
from garrison.checks.probe import Keys, Probe
from garrison.checks.snapshot import Snapshot


@behaviour(
    "iam.unknown-key",
    "A call signed with a key that nobody has is refused",
    severity="critical",
    cells=("iam/identity/customer", "*/identity/customer"),
    why="Otherwise any two words are credentials.",
)
def unknown_key(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
    made_up = Keys("AKIAZZZZZZZZZZZZZZZZ", "not-a-secret-of-anybody-at-all-0000000000")
    answer = probe.call("iam", "ListUsers", keys=made_up)
    observed = {"status": answer.status, "code": answer.code}
    if answer.ok:
        fix = Fix((), account.account, "Whatever answers there takes any key: run garrison up without --permissive.")
        yield failed(account.root, "a made-up access key was taken", observed, fix=fix)
    else:
        yield passed(account.root, f"a made-up access key was refused ({answer.code})", observed)

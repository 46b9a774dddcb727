"""Who was given nothing can do nothing."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, behaviour, failed, passed
from garrison.checks.probe import Probe
from garrison.checks.snapshot import Snapshot


@behaviour(
    "iam.new-user",
    "A new user without policies is refused everything it tries",
    severity="critical",
    cells=("iam/identity/customer", "*/identity/customer"),
    why="If permissions were not needed, no policy would mean anything.",
)
def new_user(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
    tried = (("iam", "ListUsers"), ("iam", "ListRoles"), ("iam", "GetAccountSummary"))
    with probe.user() as person:
        answers = {f"{s}:{o}": probe.call(s, o, keys=person.keys) for s, o in tried}
    let = [name for name, answer in answers.items() if answer.ok]
    observed = {name: answer.code or "allowed" for name, answer in answers.items()}
    if let:
        fix = Fix(
            (),
            account.account,
            "Whatever answers there does not enforce policies: run garrison up without --permissive.",
        )
        yield failed(account.root, f"a user without policies was allowed {', '.join(let)}", observed, fix=fix)
    else:
        yield passed(account.root, "a user without policies was refused everything", observed)

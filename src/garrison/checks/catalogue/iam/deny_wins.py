"""A Deny wins over every Allow."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, behaviour, failed, not_applicable, passed
from garrison.checks.probe import Probe
from garrison.checks.snapshot import Snapshot


@behaviour(
    "iam.deny-wins",
    "A user that is allowed everything and denied one thing is refused that thing",
    severity="critical",
    cells=("iam/identity/customer", "*/identity/customer"),
    why="Every guard rail is a Deny.",
)
def deny_wins(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
    policies = (
        {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:ListRoles", "Resource": "*"},
    )
    with probe.user(policies) as person:
        allowed = probe.call("iam", "ListUsers", keys=person.keys)
        denied = probe.call("iam", "ListRoles", keys=person.keys)
    observed = {"iam:ListUsers": allowed.code or "allowed", "iam:ListRoles": denied.code or "allowed"}
    if denied.ok:
        fix = Fix(
            (),
            account.account,
            "Whatever answers there does not enforce policies: run garrison up without --permissive.",
        )
        yield failed(account.root, "what a policy denies was allowed", observed, fix=fix)
    elif not allowed.ok:
        yield not_applicable(account.root, f"nothing else is allowed here either ({allowed.code})")
    else:
        yield passed(account.root, "the Deny was obeyed, and the Allow beside it", observed)

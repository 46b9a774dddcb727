"""A permissions boundary binds."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, behaviour, failed, passed
from garrison.checks.probe import Probe
from garrison.checks.snapshot import Snapshot


@behaviour(
    "iam.boundary-binds",
    "A user that is allowed everything is refused what its permissions boundary leaves out",
    severity="high",
    cells=("iam/identity/customer", "*/identity/customer"),
    why="Whoever may make users makes them with a boundary, or makes itself an administrator.",
)
def boundary_binds(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    boundary = f"arn:{account.partition}:iam::aws:policy/AmazonS3ReadOnlyAccess"
    with probe.user([everything], boundary=boundary) as person:
        answer = probe.call("iam", "ListUsers", keys=person.keys)
    observed = {"iam:ListUsers": answer.code or "allowed"}
    if answer.ok:
        fix = Fix(
            (),
            account.account,
            "Whatever answers there does not enforce policies: run garrison up without --permissive.",
        )
        yield failed(account.root, "a permissions boundary was not obeyed", observed, fix=fix)
    else:
        yield passed(account.root, "the permissions boundary was obeyed", observed)

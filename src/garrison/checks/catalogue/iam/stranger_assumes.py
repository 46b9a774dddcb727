"""Strangers are refused the roles that trust only the account's own."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, behaviour, each, failed
from garrison.checks.probe import Probe
from garrison.checks.reasoning.roles import assumable
from garrison.checks.snapshot import Snapshot
from garrison.replay.world import Entity

MOST = 25


@behaviour(
    "iam.stranger-assumes",
    "A user whom no role's trust policy means, and that may assume nothing, is refused every role",
    severity="critical",
    cells=("iam/identity/customer",),
    needs=("authorization-details",),
    why="A role that lets in whoever asks gives its permissions to everybody.",
)
def stranger_assumes(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
    # Roles of the account's services are tried too: a service's role that a user can take is a way up.
    roles = assumable(account)[:MOST]
    if not roles:
        yield from each(account, roles, lambda role: None, "roles")
        return
    with probe.user() as person:

        def test(role: Entity) -> Outcome | None:
            asked = {"RoleArn": role.arn, "RoleSessionName": "probe", "DurationSeconds": 900}
            answer = probe.call("sts", "AssumeRole", asked, keys=person.keys)
            if not answer.ok:
                return None
            fix = Fix(
                (), account.account, "See its trust policy: it lets in principals that no policy allows to assume it."
            )
            reason = f"a user without policies could assume {role.name}"
            return failed(role.arn, reason, {"sts:AssumeRole": "allowed"}, fix=fix)

        yield from each(account, roles, test, "roles tried")

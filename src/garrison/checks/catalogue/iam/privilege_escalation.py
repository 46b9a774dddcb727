"""Nobody can make himself an administrator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, check, each, failed
from garrison.checks.reasoning.asking import Who, people
from garrison.checks.reasoning.escalation import Step, escalations, steps_of
from garrison.checks.reasoning.removal import denied
from garrison.checks.snapshot import Snapshot


@check(
    "iam.privilege-escalation",
    "Nobody who is no administrator can become one",
    severity="high",
    cells=("iam/identity/customer", "*/identity/customer"),
    needs=("authorization-details",),
    why="Permissions that look small (pass a role, make a key, write a policy) are all of them together.",
)
def privilege_escalation(account: Snapshot) -> Iterator[Outcome]:
    paths = escalations(account)

    def test(who: Who) -> Outcome | None:
        path = paths.get(who.arn)
        if path is None:
            return None
        steps = steps_of(account, who.arn)
        granting = who.may(path[0].actions[0], path[0].target).policy
        observed: dict[str, Any] = {"path": [str(step) for step in path]}
        if granting is not None:
            observed["first_step_allowed_by"] = granting.name
        command = denied(who.arn, "no-escalation", *_denials(steps))
        note = "It denies the steps and nothing else; better still, take them out of the policy that allows them."
        reason = f"{who.entity.name} can become an administrator in {len(path)} step{'s' if len(path) > 1 else ''}"
        return failed(who.arn, reason, observed, fix=Fix((command,), account.account, note))

    return each(account, people(account), test, "users and roles")


def _denials(steps: list[Step]) -> Iterator[dict[str, Any]]:
    """Statements that deny the first action of each step, on all it could be taken on."""
    by_action: dict[str, set[str]] = {}
    for step in steps:
        by_action.setdefault(step.actions[0], set()).add(step.target)
    alike: dict[tuple[str, ...], list[str]] = {}
    for action, targets in by_action.items():
        alike.setdefault(tuple(sorted(targets)), []).append(action)
    for resources, actions in sorted(alike.items()):
        yield {"Action": sorted(actions), "Resource": list(resources)}

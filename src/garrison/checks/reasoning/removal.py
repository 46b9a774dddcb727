"""Commands that take away what a principal may do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from garrison.checks.check import aws
from garrison.checks.reasoning.asking import Written
from garrison.checks.snapshot import Snapshot
from garrison.policy.alone import alone, makes_administrator
from garrison.replay.world import Entity


def kind_and_name(arn: str) -> tuple[str, str]:
    """`user` and `ana`, of the ARN of a user, group or role."""
    kind, _, rest = arn.split(":", 5)[5].partition("/")
    return kind, rest.rpartition("/")[2]


def without_inline(carrier: str, policy: str) -> str:
    """The command that deletes an inline policy."""
    kind, name = kind_and_name(carrier)
    return aws("iam", f"delete-{kind}-policy", **{f"{kind}_name": name, "policy_name": policy})


def without_attached(carrier: str, policy_arn: str) -> str:
    """The command that detaches a managed policy."""
    kind, name = kind_and_name(carrier)
    return aws("iam", f"detach-{kind}-policy", **{f"{kind}_name": name, "policy_arn": policy_arn})


def without(policy: Written) -> tuple[str, ...]:
    """The commands after which a policy speaks for nobody."""
    if policy.inline:
        return (without_inline(policy.carrier, policy.name),)
    return tuple(without_attached(carrier, policy.carrier) for carrier in policy.attached)


def administration_removed(account: Snapshot, entity: Entity) -> tuple[str, ...]:
    """The commands that take from a user or role each policy that makes it an administrator by itself, its groups' by
    leaving the group."""
    world = account.world
    commands = [*_own_administration(account, entity)]
    for name in entity.groups:
        group = world.named(entity.account, "group", name)
        if group is not None and any(True for _ in _own_administration(account, group)):
            commands.append(aws("iam", "remove-user-from-group", group_name=name, user_name=entity.name))
    return tuple(commands)


def _own_administration(account: Snapshot, entity: Entity) -> Iterable[str]:
    for name, text in entity.inline.items():
        if _administrates(text):
            yield without_inline(entity.arn, name)
    for arn in entity.attached:
        policy = account.world.policy(arn)
        if policy is not None and _administrates(policy.text):
            yield without_attached(entity.arn, arn)


def _administrates(text: str) -> bool:
    plan = alone(text)
    return plan is not None and makes_administrator(plan)


def denied(arn: str, policy: str, *statements: Mapping[str, Any]) -> str:
    """The command that gives a user or role an inline policy of these denials."""
    kind, name = kind_and_name(arn)
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", **s} for s in statements]}
    return aws(
        "iam", f"put-{kind}-policy",
        **{f"{kind}_name": name, "policy_name": policy, "policy_document": json.dumps(document)},
    )  # fmt: skip

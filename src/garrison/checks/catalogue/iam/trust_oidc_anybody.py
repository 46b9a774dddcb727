"""Roles for identity providers say whom they mean."""

from __future__ import annotations

import json
from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.reasoning.roles import assumable, providers
from garrison.checks.snapshot import Snapshot
from garrison.policy.evaluate import Plan
from garrison.policy.outsiders import UNNAMED
from garrison.policy.principal import Federated
from garrison.policy.request import Request, Stack
from garrison.replay.world import Entity


@check(
    "iam.trust-oidc-anybody",
    "Roles for an OpenID Connect provider say whose tokens they take",
    severity="critical",
    cells=("iam/identity/customer",),
    needs=("authorization-details",),
    why="The provider of a code host vouches for everybody's pipelines, not only for yours.",
)
def trust_oidc_anybody(account: Snapshot) -> Iterator[Outcome]:
    def test(role: Entity) -> Iterator[Outcome]:
        for provider in providers(account, role):
            host = provider.rpartition("oidc-provider/")[2]
            somebody = Federated(provider, f"repo:{UNNAMED}/{UNNAMED}:ref:refs/heads/main", "sts.amazonaws.com")
            given = {f"{host}:sub": somebody.subject, f"{host}:aud": "sts.amazonaws.com"}
            if enters(account, somebody, role, {k.lower(): v for k, v in given.items()}):
                document = {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Federated": provider},
                            "Action": "sts:AssumeRoleWithWebIdentity",
                            "Condition": {
                                "StringEquals": {f"{host}:aud": "sts.amazonaws.com"},
                                "StringLike": {f"{host}:sub": "repo:YOUR-ORGANIZATION/YOUR-REPOSITORY:*"},
                            },
                        }
                    ],
                }
                command = aws(
                    "iam", "update-assume-role-policy", role_name=role.name, policy_document=json.dumps(document)
                )
                fix = Fix((command,), account.account, "Put in whose tokens they are before running it.")
                reason = f"{role.name} takes tokens of {host} whoever they are for"
                yield failed(role.arn, reason, {"provider": provider}, fix=fix)

    roles = [role for role in assumable(account) if any(True for _ in providers(account, role))]
    return each(account, roles, test, "roles for OpenID Connect providers")


def enters(account: Snapshot, somebody: Federated, role: Entity, given: dict[str, str]) -> bool:
    """Whether a trust policy takes somebody's token."""
    trust = account.world.trust(role)
    if trust is None:
        return False
    stack = Stack(resource=trust, resource_required=True)
    request = Request(somebody, "sts:AssumeRoleWithWebIdentity", role.arn, role.account, given)
    return Plan(stack).evaluate(request).allowed

"""Roles that other organizations' accounts may assume demand an external id."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.reasoning.asking import foreign, may_enter
from garrison.checks.reasoning.roles import assumable, trusting_account
from garrison.checks.snapshot import Snapshot
from garrison.policy.outsiders import EVERYTHING, STRANGER, trusted_accounts, user_of
from garrison.policy.request import Stack
from garrison.replay.world import Entity


@check(
    "iam.trust-outside-organization",
    "Roles that accounts outside the organization may assume demand an external id",
    severity="high",
    cells=("iam/identity/customer",),
    needs=("authorization-details",),
    why="A vendor that works for many is talked into working on your account for somebody else (the confused deputy).",
)
def trust_outside_organization(account: Snapshot) -> Iterator[Outcome]:
    stranger = user_of(STRANGER)
    stack = Stack(identity=EVERYTHING)

    def test(role: Entity) -> Iterator[Outcome]:
        if may_enter(account, stranger, stack, role, foreign(stranger)):
            return  # that is iam.trust-open-to-world
        trust = account.world.trust(role)
        for other, principals in ({} if trust is None else trusted_accounts(trust.document)).items():
            if account.inside(other):
                continue
            if any(may_enter(account, who, stack, role, foreign(who)) for who in principals):
                command = aws(
                    "iam", "update-assume-role-policy", role_name=role.name,
                    policy_document=trusting_account(other, external_id=f"{account.account}-{role.name}"),
                )  # fmt: skip
                note = "Tell the other side the external id; where nobody there should come in, delete the role."
                reason = (
                    f"{role.name} lets in account {other}, which is not of the organization, without an external id"
                )
                yield failed(role.arn, reason, {"account": other}, fix=Fix((command,), account.account, note))

    return each(account, assumable(account), test, "roles")

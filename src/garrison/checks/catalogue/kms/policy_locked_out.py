"""Somebody can still change each key's policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from garrison.checks.check import Fix, Outcome, check, each, failed
from garrison.checks.reasoning.asking import people
from garrison.checks.reasoning.keys import unread, with_policy
from garrison.checks.snapshot import Snapshot
from garrison.policy.evaluate import Plan
from garrison.policy.outsiders import compiled
from garrison.policy.principal import Root
from garrison.policy.request import AttachedPolicy, PolicyType, Request, Stack


@check(
    "kms.policy-locked-out",
    "Somebody of the account can change each key's policy",
    severity="high",
    cells=("kms/encryption/customer",),
    needs=("keys", "authorization-details"),
    why="A key nobody administers is one nobody can save, rotate or take from a thief.",
)
def policy_locked_out(account: Snapshot) -> Iterator[Outcome]:
    def test(key: dict[str, Any]) -> Outcome | None:
        document = compiled(key["Policy"], PolicyType.RESOURCE)
        if document is None:
            return None
        policy = AttachedPolicy(document, PolicyType.RESOURCE, "key policy")
        root = Stack(resource=policy, resource_required=True)
        question = Request(Root(account.account), "kms:PutKeyPolicy", key["Arn"], account.account, {})
        if Plan(root).evaluate(question).allowed or any(
            Plan(replace(who.stack, resource=policy, resource_required=True))
            .evaluate(Request(who.principal, "kms:PutKeyPolicy", key["Arn"], account.account, who.context))
            .allowed
            for who in people(account)
        ):
            return None
        fix = Fix((), account.account, "Only AWS Support can put that right; encrypt anew under another key meanwhile.")
        return failed(key["Arn"], "nobody can change the key's policy", {"aliases": key["Aliases"]}, fix=fix)

    yield from unread(account, "Policy")
    yield from each(account, with_policy(account), test, "keys")

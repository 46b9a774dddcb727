"""Who administers the account: whoever may write what policies say, of anybody, can do everything."""

from __future__ import annotations

from garrison.checks.reasoning.asking import Who, grants, people
from garrison.checks.snapshot import Snapshot
from garrison.policy.evaluate import Plan
from garrison.policy.outsiders import UNNAMED

WITNESSES = (
    ("iam:AttachRolePolicy", "role"),
    ("iam:PutRolePolicy", "role"),
    ("iam:AttachUserPolicy", "user"),
    ("iam:PutUserPolicy", "user"),
    ("iam:CreatePolicyVersion", "policy"),
)


def _resource(account: str, kind: str) -> str:
    return f"arn:aws:iam::{account}:{kind}/{UNNAMED}"


def administers(who: Who) -> bool:
    """Whether a principal administers its account, by everything that speaks for and against it."""
    account = who.entity.account
    return all(who.may(action, _resource(account, kind)).allowed for action, kind in WITNESSES)


def makes_administrator(plan: Plan) -> bool:
    """Whether policies, by themselves, make whoever has them an administrator."""
    return all(grants(plan, action, _resource("000000000001", kind)) for action, kind in WITNESSES)


def administrators(account: Snapshot) -> list[Who]:
    """The account's administrators."""
    found: list[Who] | None = account.memory.get("administrators")
    if found is None:
        found = account.memory["administrators"] = [who for who in people(account) if administers(who)]
    return found

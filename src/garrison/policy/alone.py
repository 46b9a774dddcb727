"""What identity policies allow by themselves, as if nothing else spoke for or against their owner.

Whoever has them has signed in with MFA, over TLS, from an address of nobody's: what it may do then it can do whenever
it wants.
"""

from __future__ import annotations

from garrison.policy.document import Document
from garrison.policy.evaluate import Plan
from garrison.policy.outsiders import STRANGER, UNNAMED, compiled, user_of
from garrison.policy.request import AttachedPolicy, ContextValue, PolicyType, Request, Stack

SIGNED_IN: dict[str, ContextValue] = {
    "aws:multifactorauthpresent": "true",
    "aws:multifactorauthage": "60",
    "aws:securetransport": "true",
    "aws:sourceip": "203.0.113.77",
    "aws:requestedregion": "us-east-1",
    "aws:viaawsservice": "false",
}
_NOBODY = user_of(STRANGER)
WITNESSES = (
    ("iam:AttachRolePolicy", "role"),
    ("iam:PutRolePolicy", "role"),
    ("iam:AttachUserPolicy", "user"),
    ("iam:PutUserPolicy", "user"),
    ("iam:CreatePolicyVersion", "policy"),
)
"""Whoever may do all of these to anything writes its own permissions: it is an administrator."""


def alone(text: str) -> Plan | None:
    """An identity policy by itself; None for a text that is none."""
    document: Document | None = compiled(text, PolicyType.IDENTITY)
    if document is None:
        return None
    return Plan(Stack(identity=(AttachedPolicy(document, PolicyType.IDENTITY, "policy"),)))


def grants(plan: Plan, action: str, resource: str = "*") -> bool:
    """Whether a plan of policies alone allows an action on a resource of whoever's it is attached to."""
    return plan.evaluate(Request(_NOBODY, action, resource, STRANGER, {**SIGNED_IN})).allowed


def makes_administrator(plan: Plan) -> bool:
    """Whether policies, by themselves, make whoever has them an administrator."""
    return all(grants(plan, action, witness(STRANGER, kind)) for action, kind in WITNESSES)


def witness(account: str, kind: str) -> str:
    """A resource of an account that no policy means in particular."""
    return f"arn:aws:iam::{account}:{kind}/{UNNAMED}"

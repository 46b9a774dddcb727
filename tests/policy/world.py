"""Short ways to write principals, policies and stacks in tests."""

from __future__ import annotations

import json
from typing import Any

from garrison.policy.document import Document
from garrison.policy.evaluate import evaluate
from garrison.policy.principal import (
    Anonymous,
    AssumedRoot,
    Federated,
    FederatedUser,
    Principal,
    RoleSession,
    Root,
    Service,
    User,
)
from garrison.policy.request import AttachedPolicy, Context, Decision, PolicyType, Request, Stack

A, B = "111111111111", "222222222222"
ANA = User(A, f"arn:aws:iam::{A}:user/team/ana", "AIDAAAAAAAAAAAAAAAANA")
SESSION = RoleSession(A, f"arn:aws:iam::{A}:role/path/Ops", "AROAAAAAAAAAAAAAAAOPS", "night")
FEDERATED_USER = FederatedUser(A, "fay", ANA.arn, ANA.id)
ROOT = Root(A)
ASSUMED_ROOT = AssumedRoot(A, "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials")
SERVICE = Service("ec2.amazonaws.com")
ANONYMOUS = Anonymous()
FEDERATED = Federated(f"arn:aws:iam::{A}:oidc-provider/id.example.com", "fay")

OBJECT = "arn:aws:s3:::box/key"
ACTION = "s3:GetObject"


def statement(effect: str = "Allow", action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any], version: str | None = "2012-10-17") -> str:
    doc: dict[str, Any] = {} if version is None else {"Version": version}
    return json.dumps(doc | {"Statement": list(statements)}, indent=1)


def policy(kind: PolicyType, text: str | dict[str, Any], arn: str | None = None) -> AttachedPolicy:
    """An attached policy of a text, or of one statement."""
    body = document(text) if isinstance(text, dict) else text
    return AttachedPolicy(Document.parse(body, kind), kind, f"a {kind}", arn=arn)


def identity(*statements: dict[str, Any], version: str | None = "2012-10-17") -> AttachedPolicy:
    return policy(PolicyType.IDENTITY, document(*statements, version=version))


def of_resource(principal: Any = "*", effect: str = "Allow", **more: Any) -> AttachedPolicy:
    return policy(
        PolicyType.RESOURCE, {"Effect": effect, "Action": "*", "Resource": "*", "Principal": principal, **more}
    )


def ask(
    stack: Stack,
    principal: Principal = ANA,
    *,
    action: str = ACTION,
    resource: str = OBJECT,
    account: str | None = A,
    context: Context | None = None,
) -> Decision:
    return evaluate(Request(principal, action, resource, account, context or {}), stack)


def allowed(stack: Stack, principal: Principal = ANA, **how: Any) -> bool:
    return ask(stack, principal, **how).allowed


def condition_holds(
    operator: str,
    values: Any,
    actual: Any,
    *,
    key: str = "aws:test",
    version: str | None = "2012-10-17",
    **context: Any,
) -> bool:
    """Whether a statement with that one condition applies; `actual` None leaves the key out."""
    ctx: dict[str, Any] = {name.replace("__", ":").lower(): value for name, value in context.items()}
    if actual is not None:
        ctx[key.lower()] = actual
    only = identity(statement(Condition={operator: {key: values}}), version=version)
    return allowed(Stack(identity=[only]), context=ctx)

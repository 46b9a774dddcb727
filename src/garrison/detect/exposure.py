"""Whom a resource's new policy lets in, as the policy engine decides it: everybody, every AWS account, named accounts.

What is asked for is taken from the policy itself: the actions and resources its Allow statements speak of, with a
name nobody gave to anything where it has a wildcard. Whether the whole policy then allows it - its Deny statements,
its conditions - is the engine's to say, about callers from an address of nobody's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from garrison.policy.document import Document
from garrison.policy.outsiders import STRANGER, UNNAMED, compiled, open_to, trusted_accounts, user_of
from garrison.policy.principal import Anonymous, Principal, RoleSession
from garrison.policy.request import ContextValue, PolicyType

_MOST = 400
"""Questions about one policy: a longer one is judged by its first statements."""

_PROBES: Mapping[str, tuple[str, ...]] = {
    "s3": (
        "s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:DeleteObject", "s3:GetObjectVersion", "s3:PutObjectAcl",
        "s3:PutBucketPolicy", "s3:GetBucketAcl", "s3:DeleteBucket",
    ),
    "sts": ("sts:AssumeRole",),
    "lambda": ("lambda:InvokeFunction", "lambda:UpdateFunctionCode", "lambda:GetFunction", "lambda:InvokeFunctionUrl"),
}  # fmt: skip
"""Of each service, actions that stand for what a wildcard covers."""

ANYWHERE: Mapping[str, ContextValue] = {
    "aws:multifactorauthpresent": "true",
    "aws:securetransport": "true",
    "aws:sourceip": "203.0.113.77",
    "aws:viaawsservice": "false",
    "aws:principalisawsservice": "false",
    "lambda:functionurlauthtype": "NONE",
}
"""What is known of a request from an address of nobody's."""


class Exposure(NamedTuple):
    """Who else gets in by a policy."""

    anonymous: bool
    """Without credentials."""
    everyone: bool
    """Any AWS account's users, if their account lets them."""
    accounts: Mapping[str, frozenset[str]]
    """Named accounts that are not the user's own, each with actions they are let in for."""

    @property
    def outside(self) -> bool:
        """Whether anybody from outside gets in."""
        return self.anonymous or self.everyone or bool(self.accounts)


NOBODY = Exposure(False, False, {})


def text_of(policy: Any) -> str:
    """A policy as CloudTrail has it: an object, its text, or that percent-encoded."""
    if isinstance(policy, str):
        return unquote(policy) if policy.lstrip().startswith("%") else policy
    return json.dumps(policy)


def exposure(policy: Any, service: str, resource: str, owner: str, own: Callable[[str], bool]) -> Exposure:
    """Whom a policy of a resource of account `owner` lets in; nobody where it is not a policy. `own`: whether an
    account is the user's."""
    kind = PolicyType.TRUST if service == "sts" else PolicyType.RESOURCE
    text = text_of(policy)
    document = compiled(text, kind)
    if document is None:
        return NOBODY
    asked = list(_questions(document, service, resource))[:_MOST]

    def let_in(who: Principal, id: str = "") -> Iterator[str]:
        given = _given(who) | ({"sts:externalid": id} if id else {})
        for action, what in asked:
            if open_to(text, kind, action, who, what, owner, given):
                yield action

    anonymous = service != "sts" and any(True for _ in let_in(Anonymous()))
    everyone = any(True for id in ("", *_external_ids(document)) for _ in let_in(user_of(STRANGER), id))
    accounts: dict[str, frozenset[str]] = {}
    if not everyone:
        for account, people in trusted_accounts(document).items():
            if account != owner and not own(account):
                granted = frozenset(action for who in people for action in let_in(who))
                if granted:
                    accounts[account] = granted
    return Exposure(anonymous, everyone, accounts)


def _questions(document: Document, service: str, resource: str) -> Iterator[tuple[str, str]]:
    seen = set()
    for statement in document.statements:
        if not statement.allow:
            continue
        actions = [a for a in _PROBES.get(service, ()) if statement.action(a.lower())]
        actions += [a for a in statement.values.get("Action", ()) if "*" not in a and "?" not in a]
        for written in statement.values.get("Resource", (resource,)):
            what = resource if written == "*" else written.replace("*", UNNAMED).replace("?", "x")
            for action in actions:
                if (action, what) not in seen:
                    seen.add((action, what))
                    yield action, what


def _external_ids(document: Document) -> list[str]:
    """Ids a trust policy asks for. They are no secrets (IAM user guide, "The confused deputy problem"): they tell a
    partner's customers apart, and where everybody is trusted, everybody may send one."""
    conditions = (condition for statement in document.statements for condition in statement.conditions)
    return [value for each in conditions if each.key.lower() == "sts:externalid" for value in each.values]


def _given(who: Principal) -> dict[str, ContextValue]:
    """What is known of a caller from outside the organization."""
    given = dict(ANYWHERE)
    if isinstance(who, Anonymous):
        return given | {
            "aws:principaltype": "Anonymous",
            "aws:principalaccount": "anonymous",
            "aws:userid": "anonymous",
        }
    arn = who.role_arn if isinstance(who, RoleSession) else who.arn
    kind = "AssumedRole" if isinstance(who, RoleSession) else "User"
    account = who.account or ""
    return given | {
        "aws:principaltype": kind, "aws:principalarn": arn, "aws:principalaccount": account, "aws:userid": who.user_id,
    }  # fmt: skip

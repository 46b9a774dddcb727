"""Asking of a resource's own policy whom it lets in: anybody, or accounts it names.

Whoever is asked about is allowed everything by its own account, so that the resource's policy alone decides. Strangers
are users of an account nobody has: whoever is let in from it is let in from everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from garrison.policy.document import Document
from garrison.policy.evaluate import Plan
from garrison.policy.grant import account_of
from garrison.policy.principal import Principal, RoleSession, User
from garrison.policy.reader import PolicyError
from garrison.policy.request import AttachedPolicy, ContextValue, PolicyType, Request, Stack

UNNAMED = "zq7-named-by-nobody"
"""Name of resources that no policy means in particular."""
STRANGER = "000000000001"
"""An account nobody has: whoever is let in from it is let in from everywhere."""
_ID = "AIDAZZZZZZZZZZZZZZZZZ"

EVERYTHING = (
    AttachedPolicy(
        Document.parse(
            '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}', PolicyType.IDENTITY
        ),
        PolicyType.IDENTITY,
        "everything",
    ),
)


def compiled(text: str, kind: PolicyType) -> Document | None:
    """A policy, or None for a text that is none (an export may hold anything)."""
    try:
        return Document.parse(text, kind)
    except PolicyError:
        return None


def open_to(text: str, kind: PolicyType, action: str, principal: Principal, resource: str, owner: str,
            given: Mapping[str, ContextValue]) -> bool:  # fmt: skip
    """Whether a resource's own policy lets in a principal whose own policies allow it everything."""
    document = compiled(text, kind)
    if document is None:
        return False
    stack = Stack(identity=EVERYTHING, resource=AttachedPolicy(document, kind, "policy"), resource_required=True)
    return Plan(stack).evaluate(Request(principal, action, resource, owner, given)).allowed


def user_of(account: str, name: str = UNNAMED) -> User:
    """A user of another account, whom nobody names."""
    return User(account, f"arn:aws:iam::{account}:user/{name}", _ID)


def named(document: Document, kind: str) -> Iterator[str]:
    """What a policy lets in, of one kind of principal, as it is written."""
    for statement in document.statements:
        if statement.allow:
            for value in statement.values.get("Principal", ()):
                if value.startswith(f"{kind}:"):
                    yield value.partition(":")[2]


def trusted_accounts(document: Document) -> dict[str, list[User | RoleSession]]:
    """Accounts a resource's policy names, whole or by somebody of theirs: each with whom to ask the engine about."""
    found: dict[str, list[User | RoleSession]] = {}
    for entry in named(document, "AWS"):
        whole = account_of(entry)
        if whole is not None:
            found.setdefault(whole, []).append(user_of(whole))
            continue
        parts = entry.split(":", 5)
        if len(parts) == 6 and parts[4].isdigit():
            name = parts[5].rpartition("/")[2] or UNNAMED
            if parts[5].startswith("user/"):
                found.setdefault(parts[4], []).append(User(parts[4], entry, _ID))
            else:
                someone = RoleSession(parts[4], entry, "AROAZZZZZZZZZZZZZZZZZ", name)
                found.setdefault(parts[4], []).append(someone)
    return found

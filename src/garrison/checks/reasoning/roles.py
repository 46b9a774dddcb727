"""Whom roles trust, as their trust policies name them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from garrison.checks.reasoning.asking import UNNAMED, user_of
from garrison.checks.snapshot import Snapshot
from garrison.policy.document import Document
from garrison.policy.grant import account_of
from garrison.policy.principal import RoleSession, User
from garrison.replay.world import Entity


def assumable(account: Snapshot) -> list[Entity]:
    """Roles with a trust policy, but for those of AWS's own services."""
    return [
        e for e in account.world.entities.values()
        if e.kind == "role" and e.trust is not None and ":role/aws-service-role/" not in e.arn
    ]  # fmt: skip


def _named(document: Document, kind: str) -> Iterator[str]:
    """What a policy lets in, of one kind of principal, as it is written."""
    for statement in document.statements:
        if statement.allow:
            for value in statement.values.get("Principal", ()):
                if value.startswith(f"{kind}:"):
                    yield value.partition(":")[2]


def trusted_accounts(document: Document) -> dict[str, list[User | RoleSession]]:
    """Accounts a resource's policy names, whole or by somebody of theirs: each with whom to ask the engine about."""
    found: dict[str, list[User | RoleSession]] = {}
    for entry in _named(document, "AWS"):
        whole = account_of(entry)
        if whole is not None:
            found.setdefault(whole, []).append(user_of(whole))
            continue
        parts = entry.split(":", 5)
        if len(parts) == 6 and parts[4].isdigit():
            name = parts[5].rpartition("/")[2] or UNNAMED
            if parts[5].startswith("user/"):
                found.setdefault(parts[4], []).append(User(parts[4], entry, "AIDAZZZZZZZZZZZZZZZZZ"))
            else:
                someone = RoleSession(parts[4], entry, "AROAZZZZZZZZZZZZZZZZZ", name)
                found.setdefault(parts[4], []).append(someone)
    return found


def providers(account: Snapshot, role: Entity) -> Iterator[str]:
    """The OpenID Connect providers a trust policy takes tokens of."""
    trust = account.world.trust(role)
    for entry in () if trust is None else _named(trust.document, "Federated"):
        if ":saml-provider/" not in entry:
            yield entry


def trusting_account(account: str, *, external_id: str | None = None) -> str:
    """A trust policy that lets in whom an account allows to assume the role; with an external id, who knows it."""
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "sts:AssumeRole",
    }
    if external_id is not None:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

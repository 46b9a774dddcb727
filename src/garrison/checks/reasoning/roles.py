"""Whom roles trust, as their trust policies name them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from garrison.checks.snapshot import Snapshot
from garrison.policy.outsiders import named
from garrison.replay.world import Entity


def assumable(account: Snapshot) -> list[Entity]:
    """Roles with a trust policy, but for those of AWS's own services."""
    return [
        e for e in account.world.entities.values()
        if e.kind == "role" and e.trust is not None and ":role/aws-service-role/" not in e.arn
    ]  # fmt: skip


def providers(account: Snapshot, role: Entity) -> Iterator[str]:
    """The OpenID Connect providers a trust policy takes tokens of."""
    trust = account.world.trust(role)
    for entry in () if trust is None else named(trust.document, "Federated"):
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

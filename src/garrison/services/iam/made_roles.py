"""Roles other services make: the access role of a new account, and service-linked roles."""

from __future__ import annotations

import json

from garrison.aws import service_linked_roles
from garrison.aws.ids import unique_id
from garrison.services.iam.resources import ATTACHED, EPOCH, ROLE, Role
from garrison.services.iam.trust import store_principals
from garrison.store import Transaction


class MadeRoles:
    """The one `access.roles.RoleMaker`."""

    def role(
        self, tx: Transaction, partition: str, account: str, name: str, trust: str, policy_arn: str, *, now: float
    ) -> None:
        """Make a role with a trust policy and one managed policy. One of that name that is there already stays."""
        _make(tx, account, name, Role(trust=store_principals(tx, trust, partition)), policy_arn, now)

    def service_linked_role(self, tx: Transaction, partition: str, account: str, service: str, *, now: float) -> None:
        """Make the service-linked role of a service principal if it is not there."""
        known = service_linked_roles.of_service(service)
        assert known is not None, service
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        body = Role(
            trust=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            path=f"/aws-service-role/{service}/",
            service_linked=True,
        )
        _make(tx, account, known.named(None), body, known.policy_arn(partition), now)


def _make(tx: Transaction, account: str, name: str, body: Role, policy_arn: str | None, now: float) -> None:
    if tx.get(ROLE, account, name) is not None:
        return
    row = tx.insert(ROLE, account, name, body, id=unique_id("AROA"), created=now)
    if policy_arn is not None:
        tx.link(ATTACHED, account, row.id, policy_arn)
    tx.bump(EPOCH, account)

"""The three kinds of entities policies are put on - users, groups and roles - as far as policies care."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.iam import quotas
from garrison.services.iam.errors import no_such_entity
from garrison.services.iam.resources import GROUP, ROLE, USER, Group, Role, User
from garrison.store import Kind, Reader, Resource

Body = User | Group | Role


@dataclass(frozen=True, slots=True)
class Owner:
    """One kind of entity, in IAM's words and with IAM's limits."""

    kind: Kind[Any]
    noun: str
    """`user`: in ARNs and messages."""
    member: str
    """`UserName`: the parameter that names it."""
    inline_bytes: int
    """Limit of all its inline policies together. Source: IAM user guide, "IAM and AWS STS quotas"."""
    attachment_quota: str
    """`PoliciesPerUser`"""


USERS = Owner(USER, "user", "UserName", quotas.USER_POLICY_SIZE, "PoliciesPerUser")
GROUPS = Owner(GROUP, "group", "GroupName", quotas.GROUP_POLICY_SIZE, "PoliciesPerGroup")
ROLES = Owner(ROLE, "role", "RoleName", quotas.ROLE_POLICY_SIZE, "PoliciesPerRole")
OWNERS = (USERS, GROUPS, ROLES)


def entity_arn(partition: str, account: str, noun: str, path: str, name: str) -> str:
    """`arn:aws:iam::A:user/path/name`"""
    return f"arn:{partition}:iam::{account}:{noun}{path}{name}"


def arn_of(partition: str, owner: Owner, row: Resource[Any]) -> str:
    """The ARN of one user, group or role."""
    return entity_arn(partition, row.account, owner.noun, row.body.path, row.name)


def load(reader: Reader, owner: Owner, account: str, name: str) -> Resource[Any]:
    """The entity with that name. Raises `NoSuchEntity`."""
    row = reader.get(owner.kind, account, name)
    if row is None:
        raise no_such_entity(owner.noun, name)
    return row


def named(reader: Reader, owner: Owner, call: Call) -> Resource[Any]:
    """The entity the call's parameter names. Raises `NoSuchEntity`."""
    return load(reader, owner, call.account, call.params[owner.member])


def modifiable(row: Resource[Any]) -> Resource[Any]:
    """The row, unless only AWS may change it. Raises `UnmodifiableEntity` for service-linked roles."""
    if isinstance(row.body, Role) and row.body.service_linked:
        raise AwsError(
            "UnmodifiableEntity",
            f"Cannot perform the operation on the protected role '{row.name}' - this role is only modifiable by AWS",
        )
    return row

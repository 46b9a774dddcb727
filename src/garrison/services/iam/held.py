"""Every policy a user, group or role holds, one by one: for the simulator, for context keys, for access advice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError
from garrison.services.iam import managed, owners
from garrison.services.iam.errors import no_such_entity
from garrison.services.iam.owners import GROUPS, OWNERS, USERS, Owner
from garrison.services.iam.resources import ATTACHED, GROUP, MEMBER
from garrison.store import Reader, Resource


class Entity(msgspec.Struct, frozen=True, eq=False):
    """A user, group or role."""

    owner: Owner
    row: Resource[Any]
    arn: str


class Held(msgspec.Struct, frozen=True, eq=False):
    """One policy an entity holds, inline or attached."""

    entity: Entity
    name: str
    document: str
    arn: str | None = None
    """The managed policy's ARN; None for inline policies."""


def entity(reader: Reader, account: str, arn: str) -> Entity:
    """The user, group or role of the account that an ARN names, path and all.

    Raises `InvalidInput` for what is no such ARN, `NoSuchEntity` for what there is not.
    """
    parts = Arn.parse(arn)
    noun, _, tail = ("", "", "") if parts is None else parts.resource.partition("/")
    owner = next((one for one in OWNERS if one.noun == noun), None)
    if parts is None or owner is None or parts.service != "iam" or parts.region or not tail:
        raise AwsError("InvalidInput", f"ARN {arn} is not valid.")
    name = tail.rpartition("/")[2]
    row = reader.get(owner.kind, parts.account, name) if parts.account == account else None
    if row is None or owners.arn_of(parts.partition, owner, row).lower() != arn.lower():
        raise no_such_entity(owner.noun, name)
    return Entity(owner, row, owners.arn_of(parts.partition, owner, row))


def own(reader: Reader, one: Entity) -> Iterator[Held]:
    """The entity's own policies: inline by name, then attached."""
    for name, document in sorted(one.row.body.inline.items()):
        yield Held(one, name, document)
    for link in reader.targets(ATTACHED, one.row.id):
        policy = managed.find(reader, link.target)
        if policy is not None:
            yield Held(one, policy.name, policy.document, policy.arn)


def held(reader: Reader, one: Entity) -> Iterator[Held]:
    """The entity's own policies, and of a user also those of its groups."""
    yield from own(reader, one)
    if one.owner is USERS:
        for group in groups(reader, one):
            yield from own(reader, group)


def groups(reader: Reader, user: Entity) -> Iterator[Entity]:
    """The groups a user belongs to."""
    partition = user.arn.split(":", 2)[1]
    for link in reader.targets(MEMBER, user.row.id):
        row = reader.by_id(GROUP, link.target)
        if row is not None:
            yield Entity(GROUPS, row, owners.arn_of(partition, GROUPS, row))

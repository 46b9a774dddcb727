"""Which policies are attached to what, and what a policy is, whoever manages it."""

from __future__ import annotations

import msgspec

from garrison.access import organization as hook
from garrison.services.organizations import aws_policies, tree
from garrison.services.organizations.arns import aws_policy_arn, policy_arn
from garrison.services.organizations.errors import not_found
from garrison.services.organizations.resources import POLICY, Organization, Policy, attached_relation
from garrison.store import Link, Reader, Resource, Transaction


class Found(msgspec.Struct, frozen=True):
    """A policy as every answer about it needs it."""

    id: str
    arn: str
    name: str
    type: str
    description: str
    content: str
    row: Resource[Policy] | None
    """None for AWS's own."""


def bump(tx: Transaction) -> None:
    """What binds accounts has changed: the very next call, in whatever process, is decided anew."""
    tx.bump(hook.EPOCH, "")


def of_row(partition: str, org: Resource[Organization], row: Resource[Policy]) -> Found:
    """A policy of the organization's own."""
    arn = policy_arn(partition, org, row.parent, row.id)
    return Found(row.id, arn, row.name, row.parent, row.body.description, row.body.content, row)


def of_aws(partition: str, policy: aws_policies.AwsPolicy) -> Found:
    """One of AWS's."""
    arn = aws_policy_arn(partition, policy.type, policy.id)
    return Found(policy.id, arn, policy.name, policy.type, policy.description, policy.content, None)


def find(reader: Reader, partition: str, org: Resource[Organization], id: str) -> Found | None:
    """The policy with that id, or None."""
    own = aws_policies.find(id)
    if own is not None:
        return of_aws(partition, own)
    row = reader.by_id(POLICY, id)
    return None if row is None or row.account != org.account else of_row(partition, org, row)


def load(reader: Reader, partition: str, org: Resource[Organization], id: str) -> Found:
    """Raises `PolicyNotFoundException`."""
    found = find(reader, partition, org, id)
    if found is None:
        raise not_found("Policy", "a policy")
    return found


def on(reader: Reader, org: Resource[Organization], policy_type: str, node: str) -> list[Link]:
    """What is attached to a root, unit or account, in the order it was attached."""
    return [link for link in reader.targets(attached_relation(policy_type), node) if link.account == org.account]


def carriers(reader: Reader, org: Resource[Organization], found: Found) -> list[str]:
    """The ids of what carries a policy."""
    links = reader.sources(attached_relation(found.type), found.id)
    return [link.source for link in links if link.account == org.account]


def attach(tx: Transaction, org: Resource[Organization], policy_type: str, policy: str, node: str) -> None:
    """Attach, behind whatever is attached already."""
    held = on(tx, org, policy_type, node)
    position = held[-1].position + 1 if held else 0
    tx.link(attached_relation(policy_type), org.account, node, policy, position=position)


def detach(tx: Transaction, policy_type: str, policy: str, node: str) -> bool:
    """Detach; False if it was not attached."""
    return tx.unlink(attached_relation(policy_type), node, policy)


def detach_all(tx: Transaction, org: Resource[Organization], node: str) -> None:
    """What leaves the tree carries nothing with it."""
    for policy_type in org.body.policy_types:
        for link in on(tx, org, policy_type, node):
            detach(tx, policy_type, link.target, node)


def attach_defaults(tx: Transaction, org: Resource[Organization], node: str) -> None:
    """What everything new in the tree carries: AWS's policies of the enabled types."""
    for policy_type in org.body.policy_types:
        default = aws_policies.of_type(policy_type)
        if default is not None:
            attach(tx, org, policy_type, default.id, node)


def enable(tx: Transaction, org: Resource[Organization], policy_type: str) -> None:
    """AWS's policy of the type, if there is one, goes on everything in the tree."""
    default = aws_policies.of_type(policy_type)
    if default is not None:
        for node in tree.all_nodes(tx, org):
            attach(tx, org, policy_type, default.id, node)


def disable(tx: Transaction, org: Resource[Organization], policy_type: str) -> None:
    """Every attachment of the type is gone, for good."""
    for node in tree.all_nodes(tx, org):
        for link in on(tx, org, policy_type, node):
            detach(tx, policy_type, link.target, node)

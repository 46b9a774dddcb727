"""ARNs of Organizations: every one names the management account and the organization."""

from __future__ import annotations

from garrison.services.organizations.resources import Organization
from garrison.store import Resource


def arn(partition: str, org: Resource[Organization], what: str, tail: str) -> str:
    """`arn:aws:organizations::MANAGEMENT:what/o-.../tail`."""
    return f"arn:{partition}:organizations::{org.account}:{what}/{org.id}/{tail}"


def organization_arn(partition: str, org: Resource[Organization]) -> str:
    return f"arn:{partition}:organizations::{org.account}:organization/{org.id}"


def node_arn(partition: str, org: Resource[Organization], node: str) -> str:
    """The ARN of a root, unit or account by its id."""
    what = "root" if node.startswith("r-") else "ou" if node.startswith("ou-") else "account"
    return arn(partition, org, what, node)


def policy_arn(partition: str, org: Resource[Organization], policy_type: str, policy: str) -> str:
    return arn(partition, org, "policy", f"{policy_type.lower()}/{policy}")


def aws_policy_arn(partition: str, policy_type: str, policy: str) -> str:
    """Of a policy AWS manages, which belongs to no organization."""
    return f"arn:{partition}:organizations::aws:policy/{policy_type.lower()}/{policy}"

"""Which services have a service-linked role: its name, its policy, and whether it takes a suffix.

`data/service_linked_roles.tsv` is made by `scripts/build_service_linked_roles.py`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

DOMAIN = ".amazonaws.com"
PREFIX = "AWSServiceRoleFor"


class ServiceLinkedRole(msgspec.Struct, frozen=True):
    """The service-linked role of one service principal."""

    principal: str
    """`autoscaling.amazonaws.com`"""
    name: str
    """`AWSServiceRoleForAutoScaling`"""
    policy: str | None
    """Name of the AWS managed policy under `/aws-service-role/`; None where the service writes its own."""
    takes_suffix: bool

    def policy_arn(self, partition: str) -> str | None:
        """The managed policy's ARN."""
        return None if self.policy is None else f"arn:{partition}:iam::aws:policy/aws-service-role/{self.policy}"

    def named(self, suffix: str | None) -> str:
        """The role's name, with a suffix if there is one."""
        return self.name if suffix is None else f"{self.name}_{suffix}"


@cache
def _all() -> dict[str, ServiceLinkedRole]:
    text = (files("garrison.aws") / "data" / "service_linked_roles.tsv").read_text()
    found = (line.split("\t") for line in text.splitlines())
    return {
        principal + DOMAIN: ServiceLinkedRole(
            principal + DOMAIN, PREFIX + name, None if policy == "-" else policy, bool(suffix)
        )
        for principal, name, policy, suffix in found
    }


def of_service(principal: str) -> ServiceLinkedRole | None:
    """The role of a service principal, or None. Principals are case-sensitive (API reference, AWSServiceName)."""
    return _all().get(principal)


def services() -> tuple[str, ...]:
    """Every service principal that has one."""
    return tuple(_all())

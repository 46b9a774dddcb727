"""`PolicyExclusionList`: policies a simulation is to leave out, by their type, their ARN or their owner.

Source: IAM API reference, PolicyIdentifier. Identifiers that match nothing are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws import managed_policies
from garrison.aws.errors import AwsError
from garrison.policy.glob import matches
from garrison.services.iam.held import Held

_ARN = re.compile(r"arn:[a-z-]+:iam::(?:\d{12}|aws):policy/(?:[A-Za-z0-9.,+@=_-]+/)*[A-Za-z0-9+=,.@_*?-]+")


class Excluded(msgspec.Struct, frozen=True):
    """What is left out."""

    types: frozenset[str]
    arns: tuple[str, ...]
    inline: tuple[tuple[str, str, str], ...]
    """(policy name, `user`/`group`/`role`, name pattern of the entity)"""

    def names(self, arn: str) -> bool:
        """Whether a managed policy is left out by its ARN."""
        return any(matches(pattern, arn) for pattern in self.arns)

    def covers(self, policy: Held) -> bool:
        """Whether one of the principal's own policies is left out."""
        if policy.arn is not None:
            kind = "aws-managed" if managed_policies.is_aws_managed(policy.arn) else "user-managed"
            return kind in self.types or self.names(policy.arn)
        holder = policy.entity
        return "inline" in self.types or any(
            name == policy.name and noun == holder.owner.noun and matches(pattern, holder.row.name)
            for name, noun, pattern in self.inline
        )


def exclusions(call: Call) -> Excluded:
    """The call's exclusions. Raises `InvalidInput`; its texts are guesses."""
    types: set[str] = set()
    arns: list[str] = []
    inline: list[tuple[str, str, str]] = []
    for identifier in call.params.get("PolicyExclusionList") or ():
        _one(identifier)
        if (arn := identifier.get("PolicyArn")) is not None:
            if not _ARN.fullmatch(arn) or arn.count("*") > 1:
                raise AwsError("InvalidInput", f"ARN {arn} is not valid.")
            arns.append(arn)
        elif (policy := identifier.get("InlinePolicyIdentifier")) is not None:
            inline.append((policy["PolicyName"], policy["AttachmentType"], policy["AttachmentName"]))
        else:
            types.add(identifier["PolicyType"])
    return Excluded(frozenset(types), tuple(arns), tuple(inline))


def _one(identifier: Mapping[str, Any]) -> None:
    if len(identifier) != 1:
        raise AwsError(
            "InvalidInput",
            "Specify exactly one of PolicyType, PolicyArn and InlinePolicyIdentifier to exclude policies.",
        )

"""The policies AWS manages in every organization: the ones that allow everything."""

from __future__ import annotations

import msgspec

from garrison.services.organizations.resources import RCP, SCP

FULL_ACCESS = "p-FullAWSAccess"
RCP_FULL_ACCESS = "p-RCPFullAWSAccess"


class AwsPolicy(msgspec.Struct, frozen=True):
    """A policy nobody can change."""

    id: str
    name: str
    type: str
    description: str
    content: str


_POLICIES = (
    AwsPolicy(
        FULL_ACCESS,
        "FullAWSAccess",
        SCP,
        "Allows access to every operation",
        '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "*",\n'
        '      "Resource": "*"\n    }\n  ]\n}',
    ),
    AwsPolicy(
        RCP_FULL_ACCESS,
        "RCPFullAWSAccess",
        RCP,
        "Allows access to every resource",
        '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": "*",\n'
        '      "Action": "*",\n      "Resource": "*"\n    }\n  ]\n}',
    ),
)

_BY_ID = {policy.id: policy for policy in _POLICIES}
_BY_TYPE = {policy.type: policy for policy in _POLICIES}


def find(id: str) -> AwsPolicy | None:
    """The policy with that id, or None."""
    return _BY_ID.get(id)


def of_type(policy_type: str) -> AwsPolicy | None:
    """The policy of that type, attached to everything when the type is enabled; None for management policies."""
    return _BY_TYPE.get(policy_type)

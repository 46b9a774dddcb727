"""Roles handed to a service: `iam:PassRole`, which the service reference does not mention.

Source: IAM user guide, "Grant a user permissions to pass a role to an AWS service". Every operation that takes a role
for a service to use needs it, so the parameters of all operations are searched for members named like one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from garrison.aws.reference.rules import ServiceRules

if TYPE_CHECKING:
    from botocore.model import Shape, StructureShape

_ARN = re.compile(r"(^|[a-z])(Role|role)(Arn|ARN)$|^role_?arn$|^(I|i)am(Service)?RoleArn$|[Rr]oleA(rn|RN)$")
_ROLE = re.compile(r"^(role|serviceRole|executionRole|ServiceRole|ExecutionRole|Role|IamRole|iamRole|jobRole|JobRole)$")
_READS = re.compile(r"^(Get|List|Describe|Search|BatchGet|Delete|Check|Validate|Detect|Untag|Remove|Cancel|Stop|Test)")
_NOT_PASSED = frozenset({"sts", "iam", "sso", "sso-admin", "cognito-identity", "rolesanywhere", "signin"})
"""Services whose role ARNs are the thing acted on, or are assumed by somebody else's federation."""

# "<prefix>.amazonaws.com" for every service not named here: right for most, and where it is not, policies that name
# the service principal deny. Source of those named: IAM user guide, "AWS services that work with IAM".
_PRINCIPALS = {
    "ecs": "ecs-tasks.amazonaws.com",
    "emr": "elasticmapreduce.amazonaws.com",
    "events": "events.amazonaws.com",
    "logs": "logs.amazonaws.com",
    "stepfunctions": "states.amazonaws.com",
    "eks": "eks.amazonaws.com",
    "opensearch": "es.amazonaws.com",
    "es": "es.amazonaws.com",
    "dms": "dms.amazonaws.com",
    "rds": "rds.amazonaws.com",
    "pipes": "pipes.amazonaws.com",
    "config": "config.amazonaws.com",
    "ssm": "ssm.amazonaws.com",
}

_DEPTH = 5


def role_paths(service: str, operation: str, shape: StructureShape | None) -> list[str]:
    """Parameter paths of an operation that hold a role (ARN, or name where a service takes one)."""
    if shape is None or service in _NOT_PASSED or _READS.match(operation):
        return []
    found: list[str] = []
    _scan(shape, "", _DEPTH, (), found)
    return found


def _scan(shape: Shape, path: str, depth: int, seen: tuple[str, ...], found: list[str]) -> None:
    if shape.type_name == "list":
        _scan(shape.member, path + "[]", depth, seen, found)  # type: ignore[attr-defined]
        return
    if shape.type_name != "structure" or depth == 0 or shape.name in seen:
        return
    for name, member in shape.members.items():  # type: ignore[attr-defined]
        inner = f"{path}.{name}" if path else name
        if member.type_name == "string":
            if (_ARN.search(name) or _ROLE.match(name)) and not member.enum:
                found.append(inner)
        else:
            _scan(member, inner, depth - 1, (*seen, shape.name), found)


def passed_to(service: str, prefix: str, path: str, rules: ServiceRules) -> str | None:
    """The service principal a role at `path` is passed to; None if it is not passed at all."""
    named = rules.pass_role.get(path) or rules.pass_role.get("*")
    if named is not None:
        return None if named == "no" else named
    return _PRINCIPALS.get(service, f"{prefix}.amazonaws.com")

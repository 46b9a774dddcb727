"""Details of resources: what a sender says of one, checked against the API's own model, and completed from its id."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from garrison.aws import models
from garrison.services.inspector2.errors import invalid
from garrison.services.inspector2.resources import CODE_REPOSITORY, EC2, ECR, LAMBDA

MEMBER = {
    EC2: "awsEc2Instance",
    ECR: "awsEcrContainerImage",
    LAMBDA: "awsLambdaFunction",
    CODE_REPOSITORY: "codeRepository",
}
"""Type of a resource -> its member of ResourceDetails."""
_SHAPE = {
    EC2: "AwsEc2InstanceDetails",
    ECR: "AwsEcrContainerImageDetails",
    LAMBDA: "AwsLambdaFunctionDetails",
    CODE_REPOSITORY: "CodeRepositoryDetails",
}
_IDS = {
    EC2: re.compile(r"i-(?:[0-9a-z]{8}|[0-9a-z]{17})"),
    ECR: re.compile(
        r"arn:[a-z-]+:ecr:[a-z0-9-]+:(?P<registry>\d{12}):repository/(?P<name>[a-zA-Z0-9._/-]+)/(?P<hash>sha256:[a-z0-9]{64})"
    ),
    LAMBDA: re.compile(
        r"arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:(?P<name>[a-zA-Z0-9_.-]+)(?::(?P<version>\$LATEST|[a-zA-Z0-9_-]+))?"
    ),
    CODE_REPOSITORY: re.compile(
        r"arn:[a-z-]+:inspector2:[a-z0-9-]+:\d{12}:codesecurity-integration/[a-f0-9-]{36}/project-[a-f0-9-]{36}"
    ),
}


@cache
def _members(type: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Member -> kind of its value, and what it may be if that is listed."""
    shape: Any = models.service("inspector2").shape_for(_SHAPE[type])
    return {
        name: (member.type_name, tuple(getattr(member, "enum", ()) or ())) for name, member in shape.members.items()
    }


def checked_id(type: str, id: str, account: str) -> re.Match[str]:
    """Raises `ValidationException` for an id that is none of its type, or of another account."""
    found = _IDS[type].fullmatch(id)
    if found is None:
        raise invalid(f"The resourceId is not that of an {type}.", "resourceId")
    if id.startswith("arn:") and id.split(":")[4] != account:
        raise invalid("The resource is not one of this account.", "resourceId")
    return found


def completed(type: str, id: re.Match[str], given: Any) -> dict[str, Any]:
    """The details, with what the id says. Raises `ValidationException`."""
    if not isinstance(given, dict):
        raise invalid("details has to be an object.", "details")
    for name, value in given.items():
        known = _members(type).get(name)
        if known is None:
            raise invalid(f"{name} is no detail of an {type}.", "details")
        if not _fits(value, known[0], known[1]):
            raise invalid(f"details.{name} has to be a {known[0]}.", "details")
    said: dict[str, Any] = {}
    if type == ECR:
        said = {"registry": id["registry"], "repositoryName": id["name"], "imageHash": id["hash"]}
    elif type == LAMBDA:
        version = id["version"] or "$LATEST"
        said = {"functionName": id["name"], "version": version if version.isdigit() else "$LATEST"}
    return {**said, **given, **({} if type != ECR else said)}


def _fits(value: Any, kind: str, allowed: tuple[str, ...]) -> bool:
    if kind == "string":
        return isinstance(value, str) and 0 < len(value) <= 2048 and (not allowed or value in allowed)
    if kind == "list":
        return isinstance(value, list) and len(value) <= 200 and all(isinstance(v, str) and v for v in value)
    if kind == "timestamp":
        return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e11
    if kind in ("integer", "long"):
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "structure":
        return isinstance(value, dict) and all(isinstance(v, str | list) for v in value.values())
    return isinstance(value, bool)

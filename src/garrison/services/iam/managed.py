"""Managed policies of both kinds - the account's own and those of AWS - as one thing to look up, list and attach."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws import managed_policies as aws_managed
from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError
from garrison.services.iam.resources import ATTACHED, BOUNDARY, POLICY, ManagedPolicy, PolicyVersion
from garrison.store import Reader, Resource

_ARN = re.compile(r"arn:[a-z-]+:iam::(\d{12}|aws):policy/(?:[A-Za-z0-9.,+@=_-]+/)*[A-Za-z0-9+=,.@_-]+")


class Policy(msgspec.Struct, frozen=True):
    """A managed policy, wherever it comes from."""

    arn: str
    id: str
    name: str
    path: str
    default_version: str
    created: float
    updated: float
    description: str | None
    tags: dict[str, str]
    attachable: bool
    service_only: bool = False
    """Only service-linked roles may carry it."""
    row: Resource[ManagedPolicy] | None = None
    """Its row; None for AWS managed policies."""

    @property
    def versions(self) -> tuple[PolicyVersion, ...]:
        """Newest first. Of an AWS managed policy only the default version is known."""
        if self.row is not None:
            return tuple(sorted(self.row.body.versions, key=lambda v: int(v.id[1:]), reverse=True))
        policy = aws_managed.get(self.arn)
        assert policy is not None
        return (PolicyVersion(policy.version, policy.document, policy.updated),)

    @property
    def document(self) -> str:
        """The default version's document."""
        if self.row is None:
            return self.versions[0].document
        return next(v.document for v in self.row.body.versions if v.id == self.default_version)


def of_row(partition: str, row: Resource[ManagedPolicy]) -> Policy:
    """A customer managed policy."""
    body = row.body
    return Policy(
        arn=f"arn:{partition}:iam::{row.account}:policy{body.path}{row.name}",
        id=row.id,
        name=row.name,
        path=body.path,
        default_version=body.default_version,
        created=row.created,
        updated=row.updated,
        description=body.description,
        tags=body.tags,
        attachable=True,
        row=row,
    )


def of_aws(policy: aws_managed.AwsManagedPolicy) -> Policy:
    """An AWS managed policy."""
    return Policy(
        arn=policy.arn,
        id=policy.id,
        name=policy.name,
        path=policy.path,
        default_version=policy.version,
        created=policy.created,
        updated=policy.updated,
        description=policy.description,
        tags={},
        # AWS shows even service-linked roles' policies as attachable, and refuses to attach them.
        attachable=True,
        service_only=not policy.attachable,
    )


def find(reader: Reader, arn: str) -> Policy | None:
    """The managed policy with that ARN, of any account or of AWS, or None. The whole path must be right."""
    parts = Arn.parse(arn)
    if parts is None or parts.service != "iam" or parts.region:
        return None
    if parts.account == "aws":
        policy = aws_managed.get(arn)
        return None if policy is None else of_aws(policy)
    kind, slash, tail = parts.resource.partition("/")
    if kind != "policy" or not slash:
        return None
    row = reader.get(POLICY, parts.account, tail.rpartition("/")[2])
    if row is None or f"{row.body.path}{row.name}" != f"/{tail}":
        return None
    return of_row(parts.partition, row)


def check_arn(arn: str) -> None:
    """Raises `InvalidInput` for what cannot be a managed policy's ARN."""
    if not _ARN.fullmatch(arn):
        raise AwsError("InvalidInput", f"ARN {arn} is not valid.")


def load(reader: Reader, call: Call, arn: str) -> Policy:
    """The policy at `arn` as the caller's account sees it. Raises `InvalidInput` or `NoSuchEntity`."""
    check_arn(arn)
    policy = _visible(reader, call, arn)
    if policy is None:
        raise AwsError("NoSuchEntity", f"Policy {arn} was not found.")
    return policy


def load_attachable(reader: Reader, call: Call, arn: str) -> Policy:
    """The policy at `arn`, to be attached. Raises `InvalidInput` or `NoSuchEntity`."""
    check_arn(arn)
    policy = _visible(reader, call, arn)
    if policy is None:
        raise AwsError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")
    return policy


def load_own(reader: Reader, call: Call, arn: str) -> Resource[ManagedPolicy]:
    """The row of a policy the account may change. Raises `AccessDenied` for AWS managed policies."""
    check_arn(arn)
    if aws_managed.is_aws_managed(arn):
        # Nobody's policies reach AWS's own, so to AWS this is a call nothing allows.
        action = f"iam:{call.operation}"
        raise AwsError(
            "AccessDenied",
            f"User: {call.caller.principal.arn} is not authorized to perform: {action} on resource: policy {arn}",
            status=403,
        )
    policy = load(reader, call, arn)
    assert policy.row is not None
    return policy.row


def _visible(reader: Reader, call: Call, arn: str) -> Policy | None:
    parts = Arn.parse(arn)
    if parts is None or parts.account not in (call.account, "aws") or parts.partition != call.partition:
        return None
    return find(reader, arn)


def attachments(reader: Reader, account: str, arn: str) -> int:
    """To how many users, groups and roles of the account the policy is attached."""
    return sum(link.account == account for link in reader.sources(ATTACHED, arn))


def boundary_uses(reader: Reader, account: str, arn: str) -> int:
    """For how many users and roles of the account it is the permissions boundary."""
    return sum(link.account == account for link in reader.sources(BOUNDARY, arn))


def described(reader: Reader, account: str, policy: Policy) -> dict[str, Any]:
    """The members every answer about a managed policy has."""
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default_version,
        "AttachmentCount": attachments(reader, account, policy.arn),
        "PermissionsBoundaryUsageCount": boundary_uses(reader, account, policy.arn),
        "IsAttachable": policy.attachable,
        "CreateDate": policy.created,
        "UpdateDate": policy.updated,
    }

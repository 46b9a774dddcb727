"""Managed policies: create, read, list, delete, tag. Their versions are in `policy_versions`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws import managed_policies as aws_managed
from garrison.aws.errors import AwsError
from garrison.aws.ids import unique_id
from garrison.services.iam import documents, managed, quotas, tags
from garrison.services.iam.errors import over_quota
from garrison.services.iam.managed import Policy
from garrison.services.iam.paging import page_of
from garrison.services.iam.resources import EPOCH, POLICY, ManagedPolicy, PolicyVersion
from garrison.services.operation import Output, operation
from garrison.store import AlreadyExists, Reader, Transaction


def check_document(document: str) -> None:
    """Raises `MalformedPolicyDocument` or `LimitExceeded` for what cannot be a managed policy."""
    documents.check_identity(document)
    if documents.measured(document) > quotas.POLICY_SIZE:
        raise over_quota("PolicySize", quotas.POLICY_SIZE)


@operation("iam", "CreatePolicy", access="write")
def create_policy(call: Call, tx: Transaction) -> Output:
    params = call.params
    name, document = params["PolicyName"], params["PolicyDocument"]
    check_document(document)
    given = tags.given(call)
    quota = quotas.adjusted(call.runtime, "PoliciesPerAccount", quotas.POLICIES)
    if tx.count(POLICY, call.account) >= quota:
        raise over_quota("PoliciesPerAccount", quota)
    body = ManagedPolicy(
        default_version="v1",
        versions=(PolicyVersion("v1", document, call.now),),
        next_version=2,
        path=params.get("Path", "/"),
        description=params.get("Description"),
        tags=given,
    )
    try:
        row = tx.insert(POLICY, call.account, name, body, id=unique_id("ANPA"), created=call.now)
    except AlreadyExists:
        raise AwsError(
            "EntityAlreadyExists", f"A policy called {name} already exists. Duplicate names are not allowed."
        ) from None
    # A document that named this ARN before it existed, as a boundary or a session policy, changes its meaning now.
    tx.bump(EPOCH, call.account)
    policy = managed.of_row(call.partition, row)
    answer = managed.described(tx, call.account, policy)
    if given:
        answer["Tags"] = tags.shown(given)
    return {"Policy": answer}


@operation("iam", "GetPolicy", access="read")
def get_policy(call: Call, reader: Reader) -> Output:
    policy = managed.load(reader, call, call.params["PolicyArn"])
    answer = managed.described(reader, call.account, policy)
    if policy.description is not None:
        answer["Description"] = policy.description
    answer["Tags"] = tags.shown(policy.tags)
    return {"Policy": answer}


def _all(call: Call, reader: Reader, scope: str) -> Iterator[tuple[str, Policy]]:
    """The account's own policies and then AWS's, each with the key it is sorted by."""
    if scope in ("All", "Local"):
        for row in reader.page(POLICY, call.account):
            yield f"0{row.name.lower()}", managed.of_row(call.partition, row)
    if scope in ("All", "AWS"):
        for policy in aws_managed.all_policies(call.partition):
            yield f"1{policy.path}{policy.name}", managed.of_aws(policy)


@operation("iam", "ListPolicies", access="read")
def list_policies(call: Call, reader: Reader) -> Output:
    params = call.params
    prefix, usage = params.get("PathPrefix", "/"), params.get("PolicyUsageFilter")

    def wanted(policy: Policy) -> bool:
        if not policy.path.startswith(prefix):
            return False
        if usage == "PermissionsBoundary":
            return managed.boundary_uses(reader, call.account, policy.arn) > 0
        if usage == "PermissionsPolicy" or params.get("OnlyAttached"):
            return managed.attachments(reader, call.account, policy.arn) > 0
        return True

    found = ((key, policy) for key, policy in _all(call, reader, params.get("Scope", "All")) if wanted(policy))
    shown, rest = page_of(call, found, key=lambda f: f[0])
    return {"Policies": [managed.described(reader, call.account, policy) for _, policy in shown], **rest}


@operation("iam", "DeletePolicy", access="write")
def delete_policy(call: Call, tx: Transaction) -> None:
    arn = call.params["PolicyArn"]
    row = managed.load_own(tx, call, arn)
    if managed.attachments(tx, call.account, arn) or managed.boundary_uses(tx, call.account, arn):
        raise AwsError("DeleteConflict", "Cannot delete a policy attached to entities.")
    if len(row.body.versions) > 1:
        raise AwsError(
            "DeleteConflict",
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions."
            " The default version is deleted with the policy.",
        )
    tx.delete(row)
    tx.bump(EPOCH, call.account)


@operation("iam", "TagPolicy", access="write")
def tag_policy(call: Call, tx: Transaction) -> None:
    row = managed.load_own(tx, call, call.params["PolicyArn"])
    body = msgspec.structs.replace(row.body, tags=tags.merged(row.body.tags, tags.given(call), quota="TagsPerPolicy"))
    tx.update(row, body, updated=row.updated)
    tx.bump(EPOCH, call.account)


@operation("iam", "UntagPolicy", access="write")
def untag_policy(call: Call, tx: Transaction) -> None:
    row = managed.load_own(tx, call, call.params["PolicyArn"])
    body = msgspec.structs.replace(row.body, tags=tags.without(row.body.tags, call.params["TagKeys"]))
    tx.update(row, body, updated=row.updated)
    tx.bump(EPOCH, call.account)


@operation("iam", "ListPolicyTags", access="read")
def list_policy_tags(call: Call, reader: Reader) -> Output:
    policy = managed.load(reader, call, call.params["PolicyArn"])
    return tags.listed(call, policy.tags)


def shown_version(policy: Policy, version: PolicyVersion) -> dict[str, Any]:
    """A version without its document."""
    return {
        "VersionId": version.id,
        "IsDefaultVersion": version.id == policy.default_version,
        "CreateDate": version.created,
    }

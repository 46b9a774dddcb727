"""Versions of managed policies: up to five documents, one of them the default that counts."""

from __future__ import annotations

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.iam import documents, managed, quotas
from garrison.services.iam.managed import Policy
from garrison.services.iam.paging import page_of
from garrison.services.iam.policies import check_document, shown_version
from garrison.services.iam.resources import EPOCH, PolicyVersion
from garrison.services.operation import Output, operation
from garrison.store import Reader, Transaction


def _version(policy: Policy, id: str) -> PolicyVersion:
    for version in policy.versions:
        if version.id == id:
            return version
    raise AwsError("NoSuchEntity", f"Policy {policy.arn} version {id} does not exist or is not attachable.")


@operation("iam", "CreatePolicyVersion", access="write")
def create_policy_version(call: Call, tx: Transaction) -> Output:
    document = call.params["PolicyDocument"]
    row = managed.load_own(tx, call, call.params["PolicyArn"])
    check_document(document)
    body = row.body
    if len(body.versions) >= quotas.VERSIONS_PER_POLICY:
        raise AwsError(
            "LimitExceeded",
            f"A managed policy can have up to {quotas.VERSIONS_PER_POLICY} versions."
            " Before you create a new version, you must delete an existing version.",
        )
    version = PolicyVersion(f"v{body.next_version}", document, call.now)
    default = bool(call.params.get("SetAsDefault"))
    row = tx.update(
        row,
        msgspec.structs.replace(
            body,
            versions=(*body.versions, version),
            next_version=body.next_version + 1,
            default_version=version.id if default else body.default_version,
        ),
        updated=call.now,
    )
    if default:
        tx.bump(EPOCH, call.account)
    return {"PolicyVersion": shown_version(managed.of_row(call.partition, row), version)}


@operation("iam", "GetPolicyVersion", access="read")
def get_policy_version(call: Call, reader: Reader) -> Output:
    policy = managed.load(reader, call, call.params["PolicyArn"])
    version = _version(policy, call.params["VersionId"])
    return {"PolicyVersion": {"Document": documents.shown(version.document), **shown_version(policy, version)}}


@operation("iam", "ListPolicyVersions", access="read")
def list_policy_versions(call: Call, reader: Reader) -> Output:
    policy = managed.load(reader, call, call.params["PolicyArn"])
    # Newest first, and so sorted by how far they are from the newest.
    newest = int(policy.versions[0].id[1:])
    page, rest = page_of(call, policy.versions, key=lambda v: f"{newest - int(v.id[1:]):08d}")
    return {"Versions": [shown_version(policy, version) for version in page], **rest}


@operation("iam", "DeletePolicyVersion", access="write")
def delete_policy_version(call: Call, tx: Transaction) -> None:
    row = managed.load_own(tx, call, call.params["PolicyArn"])
    version = _version(managed.of_row(call.partition, row), call.params["VersionId"])
    if version.id == row.body.default_version:
        raise AwsError("DeleteConflict", "Cannot delete the default version of a policy.")
    rest = tuple(v for v in row.body.versions if v.id != version.id)
    tx.update(row, msgspec.structs.replace(row.body, versions=rest), updated=call.now)


@operation("iam", "SetDefaultPolicyVersion", access="write")
def set_default_policy_version(call: Call, tx: Transaction) -> None:
    row = managed.load_own(tx, call, call.params["PolicyArn"])
    version = _version(managed.of_row(call.partition, row), call.params["VersionId"])
    tx.update(row, msgspec.structs.replace(row.body, default_version=version.id), updated=call.now)
    tx.bump(EPOCH, call.account)

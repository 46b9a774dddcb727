"""Policies of every type: create, read, change, delete."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.aws.reference.data import rcp_services
from garrison.policy.validate import validate_rcp, validate_scp
from garrison.services.operation import operation
from garrison.services.organizations import attached, aws_policies, ids, management_policies, quotas, tags
from garrison.services.organizations.attached import Found
from garrison.services.organizations.errors import constraint, error, invalid
from garrison.services.organizations.paging import page
from garrison.services.organizations.resources import ALL, POLICY, RCP, SCP, Organization, Policy
from garrison.services.organizations.standing import policy_editor, viewer
from garrison.store import AlreadyExists, Reader, Resource, Transaction


def summary(found: Found) -> dict[str, Any]:
    """A policy as lists show it."""
    return {
        "Id": found.id,
        "Arn": found.arn,
        "Name": found.name,
        "Description": found.description,
        "Type": found.type,
        "AwsManaged": found.row is None,
    }


def _whole(found: Found) -> dict[str, Any]:
    return {"Policy": {"PolicySummary": summary(found), "Content": found.content}}


def check_available(org: Resource[Organization]) -> None:
    """Raise `PolicyTypeNotAvailableForOrganizationException` where there are no policies at all."""
    if org.body.feature_set != ALL:
        raise error(
            "PolicyTypeNotAvailableForOrganization",
            "You can't use the specified policy type with the feature set currently enabled for this organization.",
        )


def _check_content(policy_type: str, content: str) -> None:
    limit = quotas.policy_size(policy_type)
    if len(content) > limit:
        raise constraint(
            "POLICY_CONTENT_LIMIT_EXCEEDED", f"You have exceeded the maximum policy size of {limit} characters."
        )
    if policy_type == SCP:
        validate_scp(content)
    elif policy_type == RCP:
        validate_rcp(content, services=rcp_services())
    else:
        management_policies.check(policy_type, content)


def _duplicate() -> AwsError:
    return error("DuplicatePolicy", "A policy with the specified name and type already exists.")


def _own(call: Call, reader: Reader, org: Resource[Organization]) -> Resource[Policy]:
    found = attached.load(reader, call.partition, org, call.params["PolicyId"])
    if found.row is None:
        raise invalid("IMMUTABLE_POLICY", "You specified a policy that is managed by AWS and can't be modified.")
    return found.row


@operation("organizations", "CreatePolicy", access="write")
def create_policy(call: Call, tx: Transaction) -> dict[str, Any]:
    org = policy_editor(call, tx)
    check_available(org)
    params = call.params
    policy_type = params["Type"]
    _check_content(policy_type, params["Content"])
    if tx.count(POLICY, org.account, parent=policy_type) >= quotas.policies(policy_type):
        raise constraint("POLICY_NUMBER_LIMIT_EXCEEDED", "You have exceeded the number of policies that you can have.")
    own = aws_policies.of_type(policy_type)
    if own is not None and own.name == params["Name"]:
        raise _duplicate()
    body = Policy(content=params["Content"], description=params["Description"], tags=tags.given(call))
    id = ids.policy_id()
    try:
        row = tx.insert(POLICY, org.account, params["Name"], body, id=id, parent=policy_type, created=call.now)
    except AlreadyExists:
        raise _duplicate() from None
    return _whole(attached.of_row(call.partition, org, row))


@operation("organizations", "DescribePolicy", access="read")
def describe_policy(call: Call, reader: Reader) -> dict[str, Any]:
    org = viewer(call, reader)
    return _whole(attached.load(reader, call.partition, org, call.params["PolicyId"]))


@operation("organizations", "UpdatePolicy", access="write")
def update_policy(call: Call, tx: Transaction) -> dict[str, Any]:
    org = policy_editor(call, tx)
    row = _own(call, tx, org)
    params = call.params
    if "Content" in params:
        _check_content(row.parent, params["Content"])
    body = msgspec.structs.replace(
        row.body,
        content=params.get("Content", row.body.content),
        description=params.get("Description", row.body.description),
    )
    try:
        row = tx.update(row, body, name=params.get("Name"), updated=call.now)
    except AlreadyExists:
        raise _duplicate() from None
    attached.bump(tx)
    return _whole(attached.of_row(call.partition, org, row))


@operation("organizations", "DeletePolicy", access="write")
def delete_policy(call: Call, tx: Transaction) -> None:
    org = policy_editor(call, tx)
    row = _own(call, tx, org)
    if attached.carriers(tx, org, attached.of_row(call.partition, org, row)):
        raise error(
            "PolicyInUse", "You cannot delete a policy that is attached to one or more roots, OUs, or accounts."
        )
    tx.delete(row)


@operation("organizations", "ListPolicies", access="read")
def list_policies(call: Call, reader: Reader) -> dict[str, Any]:
    org = viewer(call, reader)
    wanted = call.params["Filter"]
    rows = reader.page(POLICY, org.account, parent=wanted)
    found = [attached.of_row(call.partition, org, row) for row in rows]
    own = aws_policies.of_type(wanted)
    if own is not None and org.body.feature_set == ALL:
        found.append(attached.of_aws(call.partition, own))
    some, rest = page(call, found, key=lambda policy: policy.id)
    return {"Policies": [summary(policy) for policy in some], **rest}

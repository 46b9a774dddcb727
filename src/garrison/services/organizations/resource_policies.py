"""The organization's resource policy: put, read, delete. What it lets whom do is in `delegation_policy`."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.operation import operation
from garrison.services.organizations import attached, ids, tags
from garrison.services.organizations.arns import arn
from garrison.services.organizations.delegation_policy import check_policy
from garrison.services.organizations.errors import all_features_needed, error, invalid
from garrison.services.organizations.resources import ALL, MEMBER, Organization, ResourcePolicy
from garrison.services.organizations.standing import management, viewer
from garrison.store import Reader, Resource, Transaction


def _shown(call: Call, org: Resource[Organization], policy: ResourcePolicy) -> dict[str, Any]:
    own = {"Id": policy.id, "Arn": arn(call.partition, org, "resourcepolicy", policy.id)}
    return {"ResourcePolicy": {"ResourcePolicySummary": own, "Content": policy.content}}


def _missing() -> AwsError:
    return error("ResourcePolicyNotFound", "Your organization doesn't have a resource policy.")


@operation("organizations", "PutResourcePolicy", access="write")
def put_resource_policy(call: Call, tx: Transaction) -> dict[str, Any]:
    org = management(call, tx)
    if org.body.feature_set != ALL:
        raise all_features_needed()
    content = call.params["Content"]
    check_policy(content, frozenset(row.id for row in tx.page(MEMBER, org.account, parent=None)))
    old = org.body.resource_policy
    given = tags.given(call)
    if old is None:
        policy = ResourcePolicy(id=ids.resource_policy_id(), content=content, tags=given)
    else:
        if given:
            # Tags go with creating it only (CLI reference, put-resource-policy); the reason is a guess.
            raise invalid("INVALID_LIST_MEMBER", "Updating an existing resource policy with tags isn't supported.")
        policy = msgspec.structs.replace(old, content=content)
    tx.update(org, msgspec.structs.replace(org.body, resource_policy=policy))
    attached.bump(tx)
    return _shown(call, org, policy)


@operation("organizations", "DescribeResourcePolicy", access="read")
def describe_resource_policy(call: Call, reader: Reader) -> dict[str, Any]:
    org = viewer(call, reader)
    if org.body.resource_policy is None:
        raise _missing()
    return _shown(call, org, org.body.resource_policy)


@operation("organizations", "DeleteResourcePolicy", access="write")
def delete_resource_policy(call: Call, tx: Transaction) -> None:
    org = management(call, tx)
    if org.body.resource_policy is None:
        raise _missing()
    tx.update(org, msgspec.structs.replace(org.body, resource_policy=None))
    attached.bump(tx)

"""The organization itself and its root."""

from __future__ import annotations

from typing import Any

from garrison.access.accounts import account
from garrison.access.call import Call
from garrison.access.roles import make_service_linked_role
from garrison.services.operation import operation
from garrison.services.organizations import attached, ids
from garrison.services.organizations.arns import node_arn, organization_arn
from garrison.services.organizations.errors import error
from garrison.services.organizations.paging import page
from garrison.services.organizations.resources import (
    ALL,
    CREATION,
    HANDSHAKE,
    MEMBER,
    NAME,
    ORGANIZATION,
    POLICY,
    SCP,
    UNIT,
    Member,
    Organization,
)
from garrison.services.organizations.standing import anybody, management, standing_of, viewer
from garrison.store import Kind, Reader, Resource, Transaction

SERVICE = "organizations.amazonaws.com"


def shown(call: Call, reader: Reader, org: Resource[Organization]) -> dict[str, Any]:
    """The organization as answers show it."""
    answer = {
        "Id": org.id,
        "Arn": organization_arn(call.partition, org),
        "FeatureSet": org.body.feature_set,
        "MasterAccountArn": node_arn(call.partition, org, org.account),
        "MasterAccountId": org.account,
        # The list is deprecated and has never known other types (API reference, Organization).
        "AvailablePolicyTypes": [{"Type": SCP, "Status": "ENABLED"}] if org.body.feature_set == ALL else [],
    }
    row = account(reader, org.account)
    if row is not None and row.body.email:
        answer["MasterAccountEmail"] = row.body.email
    return answer


def shown_root(call: Call, org: Resource[Organization]) -> dict[str, Any]:
    """The root as answers show it."""
    return {
        "Id": org.body.root_id,
        "Arn": node_arn(call.partition, org, org.body.root_id),
        "Name": "Root",
        "PolicyTypes": [{"Type": name, "Status": "ENABLED"} for name in org.body.policy_types],
    }


@operation("organizations", "CreateOrganization", access="write")
def create_organization(call: Call, tx: Transaction) -> dict[str, Any]:
    if standing_of(tx, call.account) is not None:
        raise error("AlreadyInOrganization", "The provided account is already a member of an organization.")
    feature_set = call.params.get("FeatureSet", ALL)
    body = Organization(
        root_id=ids.root_id(),
        feature_set=feature_set,
        policy_types=(SCP,) if feature_set == ALL else (),
    )
    org = tx.insert(ORGANIZATION, call.account, NAME, body, id=ids.organization_id(), created=call.now)
    joined = Member(organization=org.id, method="INVITED", joined=call.now)
    tx.insert(MEMBER, org.account, call.account, joined, id=call.account, parent=body.root_id, created=call.now)
    for policy_type in body.policy_types:
        attached.enable(tx, org, policy_type)
    make_service_linked_role(tx, call.partition, call.account, SERVICE, now=call.now)
    attached.bump(tx)
    return {"Organization": shown(call, tx, org)}


@operation("organizations", "DescribeOrganization", access="read")
def describe_organization(call: Call, reader: Reader) -> dict[str, Any]:
    return {"Organization": shown(call, reader, anybody(call, reader).org)}


@operation("organizations", "DeleteOrganization", access="write")
def delete_organization(call: Call, tx: Transaction) -> None:
    org = management(call, tx)
    rows = tx.page(MEMBER, org.account, parent=None)
    in_progress = any(c.body.state == "IN_PROGRESS" for c in tx.page(CREATION, org.account))
    if len(rows) > 1 or in_progress:
        raise error(
            "OrganizationNotEmpty",
            "To delete an organization you must first remove all member accounts (except the management account).",
        )
    for node in [org.body.root_id, *(row.id for row in tx.page(UNIT, org.account, parent=None)), org.account]:
        attached.detach_all(tx, org, node)
    kinds: tuple[Kind[Any], ...] = (UNIT, POLICY, MEMBER, HANDSHAKE, CREATION)
    for kind in kinds:
        for row in tx.page(kind, org.account, parent=None):
            tx.delete(row)
    tx.delete(org)
    attached.bump(tx)


@operation("organizations", "ListRoots", access="read")
def list_roots(call: Call, reader: Reader) -> dict[str, Any]:
    org = viewer(call, reader)
    roots, rest = page(call, [shown_root(call, org)], key=lambda root: str(root["Id"]))
    return {"Roots": roots, **rest}

"""Policies on roots, units and accounts, and the types that may be there."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.organizations import attached, aws_policies, quotas, tree
from garrison.services.organizations.arns import node_arn
from garrison.services.organizations.errors import constraint, error, invalid
from garrison.services.organizations.organization import shown_root
from garrison.services.organizations.paging import page
from garrison.services.organizations.policies import check_available, summary
from garrison.services.organizations.resources import SCP
from garrison.services.organizations.standing import policy_editor, viewer
from garrison.store import Reader, Transaction

NEEDS_ACCESS = {
    "GUARDDUTY_POLICY": "guardduty.amazonaws.com",
    "INSPECTOR_POLICY": "inspector2.amazonaws.com",
    "SECURITYHUB_CSPM_POLICY": "securityhub.amazonaws.com",
    "SECURITYHUB_POLICY": "securityhub.amazonaws.com",
}
"""Types whose service needs trusted access first. The API reference names the rule (SERVICE_ACCESS_NOT_ENABLED,
POLICY_TYPE_ENABLED_FOR_THIS_SERVICE) and one of the types; the others are a guess."""


@operation("organizations", "AttachPolicy", access="write")
def attach_policy(call: Call, tx: Transaction) -> None:
    org = policy_editor(call, tx)
    found = attached.load(tx, call.partition, org, call.params["PolicyId"])
    target = tree.check_target(tx, org, call.params["TargetId"])
    if found.type not in org.body.policy_types:
        raise error("PolicyTypeNotEnabled", "This operation can be performed only for enabled policy types.")
    held = attached.on(tx, org, found.type, target)
    if any(link.target == found.id for link in held):
        raise error("DuplicatePolicyAttachment", "The selected policy is already attached to the specified target.")
    if len(held) >= quotas.per_target(found.type):
        raise constraint(
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You have attached the maximum number of policies to the specified target.",
        )
    attached.attach(tx, org, found.type, found.id, target)
    attached.bump(tx)


@operation("organizations", "DetachPolicy", access="write")
def detach_policy(call: Call, tx: Transaction) -> None:
    org = policy_editor(call, tx)
    found = attached.load(tx, call.partition, org, call.params["PolicyId"])
    target = tree.check_target(tx, org, call.params["TargetId"])
    if found.id == aws_policies.RCP_FULL_ACCESS:
        raise invalid("NON_DETACHABLE_POLICY", "You can't detach this AWS managed policy.")
    held = attached.on(tx, org, found.type, target)
    if all(link.target != found.id for link in held):
        raise error("PolicyNotAttached", "The specified policy isn't attached to the specified target.")
    if found.type == SCP and len(held) == 1:
        raise constraint(
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You cannot remove the last policy attached to the specified target. You must have at least one attached "
            "at all times.",
        )
    attached.detach(tx, found.type, found.id, target)
    attached.bump(tx)


@operation("organizations", "ListPoliciesForTarget", access="read")
def list_policies_for_target(call: Call, reader: Reader) -> dict[str, Any]:
    org = viewer(call, reader)
    target = tree.check_target(reader, org, call.params["TargetId"])
    links = attached.on(reader, org, call.params["Filter"], target)
    found = [attached.load(reader, call.partition, org, link.target) for link in links]
    some, rest = page(call, found, key=lambda policy: policy.id)
    return {"Policies": [summary(policy) for policy in some], **rest}


@operation("organizations", "ListTargetsForPolicy", access="read")
def list_targets_for_policy(call: Call, reader: Reader) -> dict[str, Any]:
    org = viewer(call, reader)
    found = attached.load(reader, call.partition, org, call.params["PolicyId"])
    some, rest = page(call, attached.carriers(reader, org, found), key=lambda node: node)
    targets = [
        {
            "TargetId": node,
            "Arn": node_arn(call.partition, org, node),
            "Name": tree.name_of(reader, org, node),
            "Type": tree.kind_of(node),
        }
        for node in some
    ]
    return {"Targets": targets, **rest}


@operation("organizations", "EnablePolicyType", access="write")
def enable_policy_type(call: Call, tx: Transaction) -> dict[str, Any]:
    org = policy_editor(call, tx)
    tree.check_root(org, call.params["RootId"])
    check_available(org)
    policy_type = call.params["PolicyType"]
    if policy_type in org.body.policy_types:
        raise error("PolicyTypeAlreadyEnabled", "The specified policy type is already enabled.")
    if policy_type in NEEDS_ACCESS and NEEDS_ACCESS[policy_type] not in org.body.services:
        raise constraint(
            "SERVICE_ACCESS_NOT_ENABLED",
            "You must enable service access before you enable this policy type. Call the AWS API "
            "EnableAWSServiceAccess first.",
        )
    org = tx.update(org, msgspec.structs.replace(org.body, policy_types=(*org.body.policy_types, policy_type)))
    attached.enable(tx, org, policy_type)
    attached.bump(tx)
    return {"Root": shown_root(call, org)}


@operation("organizations", "DisablePolicyType", access="write")
def disable_policy_type(call: Call, tx: Transaction) -> dict[str, Any]:
    org = policy_editor(call, tx)
    tree.check_root(org, call.params["RootId"])
    policy_type = call.params["PolicyType"]
    if policy_type not in org.body.policy_types:
        raise error("PolicyTypeNotEnabled", "This operation can be performed only for enabled policy types.")
    attached.disable(tx, org, policy_type)
    left = tuple(name for name in org.body.policy_types if name != policy_type)
    org = tx.update(org, msgspec.structs.replace(org.body, policy_types=left))
    attached.bump(tx)
    return {"Root": shown_root(call, org)}

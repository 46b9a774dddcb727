"""Effective policies of accounts, and what is wrong with them."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.operation import operation
from garrison.services.organizations import attached, effective, quotas, tree
from garrison.services.organizations.accounts import shown
from garrison.services.organizations.errors import error, invalid, target_not_found
from garrison.services.organizations.paging import page
from garrison.services.organizations.resources import MEMBER, Organization
from garrison.services.organizations.standing import anybody, viewer
from garrison.store import Reader, Resource


class Effective(msgspec.Struct, frozen=True):
    """An account's effective policy of one type."""

    policy: dict[str, Any]
    updated: float
    sources: tuple[str, ...]
    """Ids of the policies it is made of."""


class Fault(msgspec.Struct, frozen=True):
    """Something an effective policy has wrong."""

    code: str
    message: str
    path: str


def effective_policy(
    call: Call, reader: Reader, org: Resource[Organization], policy_type: str, account: str
) -> Effective | None:
    """The account's effective policy; None if nothing of the type is attached above or to it."""
    levels = []
    updated = 0.0
    sources = []
    for node in tree.chain(reader, org, account):
        level = []
        for link in attached.on(reader, org, policy_type, node):
            found = attached.load(reader, call.partition, org, link.target)
            level.append(json.loads(found.content))
            sources.append(found.id)
            if found.row is not None:
                updated = max(updated, found.row.updated)
        levels.append(level)
    if not sources:
        return None
    return Effective(effective.merge(levels), updated, tuple(dict.fromkeys(sources)))


def faults(policy_type: str, policy: dict[str, Any]) -> list[Fault]:
    """What is wrong with an effective policy, as far as its type's syntax page limits it.

    `ELEMENTS_TOO_MANY` is AWS's code; the others, and the texts, are guesses.
    """
    found = []
    size = len(effective.content(policy))
    limit = quotas.policy_size(policy_type)
    if size > limit:
        found.append(Fault("POLICY_TOO_LARGE", f"The effective policy has {size} characters of {limit}.", "/"))
    if policy_type == "BACKUP_POLICY":
        for name, plan in _below(policy, "plans"):
            rules = plan.get("rules", {}) if isinstance(plan, dict) else {}
            if len(rules) > _RULES_PER_PLAN:
                text = f"A backup plan may have {_RULES_PER_PLAN} rules."
                found.append(Fault("ELEMENTS_TOO_MANY", text, f"plans/{name}/rules"))
    if policy_type == "AISERVICES_OPT_OUT_POLICY":
        for name, service in _below(policy, "services"):
            choice = service.get("opt_out_policy") if isinstance(service, dict) else None
            if choice not in ("optIn", "optOut"):
                text = "opt_out_policy is optIn or optOut."
                found.append(Fault("INVALID_VALUE", text, f"services/{name}/opt_out_policy"))
    return found


_RULES_PER_PLAN = 10
"""Source: Organizations user guide, "Backup policy syntax and examples"."""


def _below(policy: dict[str, Any], key: str) -> list[tuple[str, Any]]:
    node = policy.get(key)
    return list(node.items()) if isinstance(node, dict) else []


def _none() -> AwsError:
    return error("EffectivePolicyNotFound", "The account doesn't have an effective policy of this type.")


@operation("organizations", "DescribeEffectivePolicy", access="read")
def describe_effective_policy(call: Call, reader: Reader) -> dict[str, Any]:
    standing = anybody(call, reader)
    target = call.params.get("TargetId", call.account)
    if target != call.account:
        viewer(call, reader)
    if not target.isdigit():
        raise invalid("TARGET_NOT_SUPPORTED", "You can't perform the specified operation on that target entity.")
    if tree.member(reader, standing.org, target) is None:
        raise target_not_found()
    policy_type = call.params["PolicyType"]
    if policy_type not in standing.org.body.policy_types:
        raise _none()
    found = effective_policy(call, reader, standing.org, policy_type, target)
    if found is None:
        raise _none()
    return {
        "EffectivePolicy": {
            "PolicyContent": effective.content(found.policy),
            "LastUpdatedTimestamp": found.updated,
            "TargetId": target,
            "PolicyType": policy_type,
        }
    }


@operation("organizations", "ListAccountsWithInvalidEffectivePolicy", access="read")
def list_accounts_with_invalid_effective_policy(call: Call, reader: Reader) -> dict[str, Any]:
    org = viewer(call, reader)
    policy_type = call.params["PolicyType"]
    if policy_type not in org.body.policy_types:
        raise _none()
    bad = []
    for row in reader.page(MEMBER, org.account, parent=None):
        found = effective_policy(call, reader, org, policy_type, row.id)
        if found is not None and faults(policy_type, found.policy):
            bad.append(row)
    some, rest = page(call, bad, key=lambda row: row.id)
    return {"Accounts": [shown(call, reader, org, row) for row in some], "PolicyType": policy_type, **rest}


@operation("organizations", "ListEffectivePolicyValidationErrors", access="read")
def list_effective_policy_validation_errors(call: Call, reader: Reader) -> dict[str, Any]:
    org = viewer(call, reader)
    account, policy_type = call.params["AccountId"], call.params["PolicyType"]
    row = tree.load_member(reader, org, account)
    found = effective_policy(call, reader, org, policy_type, row.id) if policy_type in org.body.policy_types else None
    if found is None:
        raise _none()
    numbered = list(enumerate(faults(policy_type, found.policy)))
    some, rest = page(call, numbered, key=lambda entry: f"{entry[0]:04d}")
    return {
        "AccountId": account,
        "PolicyType": policy_type,
        "Path": tree.path(org, tree.chain(reader, org, account)),
        "EvaluationTimestamp": call.now,
        "EffectivePolicyValidationErrors": [
            {
                "ErrorCode": fault.code,
                "ErrorMessage": fault.message,
                "PathToError": fault.path,
                "ContributingPolicies": list(found.sources),
            }
            for _, fault in some
        ],
        **rest,
    }

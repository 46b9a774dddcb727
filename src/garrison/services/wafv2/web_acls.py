"""Web ACLs: create, read, change, delete, and what a set of rules would cost."""

from __future__ import annotations

from typing import Any

from garrison.access import protected
from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.wafv2 import entities, judge, quotas
from garrison.services.wafv2.documents import given, members, references
from garrison.services.wafv2.errors import associated, stale
from garrison.services.wafv2.logging import forget_logging
from garrison.services.wafv2.resources import PROTECTS, WEB_ACL, Document, Entity
from garrison.services.wafv2.scope import arn_of, scope_of
from garrison.store import Reader, Resource, Transaction

_MEMBERS = (
    "DefaultAction",
    "Description",
    "Rules",
    "VisibilityConfig",
    "DataProtectionConfig",
    "CustomResponseBodies",
    "CaptchaConfig",
    "ChallengeConfig",
    "TokenDomains",
    "AssociationConfig",
    "OnSourceDDoSProtectionConfig",
    "ApplicationConfig",
    "MonetizationConfig",
)


def shown(partition: str, row: Resource[Entity]) -> dict[str, Any]:
    """A web ACL as GetWebACL shows it."""
    document: Document = given(row.body.document)
    return {
        "Rules": [],
        **document,
        "Name": row.name,
        "Id": row.id,
        "ARN": arn_of(partition, row),
        "Capacity": row.body.capacity,
        "ManagedByFirewallManager": False,
        "RetrofittedByFirewallManager": False,
        "LabelNamespace": f"awswaf:{row.account}:webacl:{row.name}:",
    }


@operation("wafv2", "CreateWebACL", access="write")
def create_web_acl(call: Call, tx: Transaction) -> dict[str, Any]:
    document = members(call.params, _MEMBERS)
    capacity = judge.web_acl(call, tx, document)
    return entities.create(
        call, tx, WEB_ACL, document,
        quota=quotas.WEB_ACLS, capacity=capacity, refers=references(document),
    )  # fmt: skip


@operation("wafv2", "GetWebACL", access="read")
def get_web_acl(call: Call, reader: Reader) -> dict[str, Any]:
    row = judge.by_arn_or_name(call, reader, WEB_ACL)
    return {"WebACL": shown(call.partition, row), "LockToken": row.body.lock_token}


@operation("wafv2", "UpdateWebACL", access="write")
def update_web_acl(call: Call, tx: Transaction) -> dict[str, Any]:
    row = entities.load(call, tx, WEB_ACL)
    entities.check_token(call, row)
    document = members(call.params, _MEMBERS)
    capacity = judge.web_acl(call, tx, document)
    return entities.replace(call, tx, row, document, capacity=capacity, refers=references(document))


@operation("wafv2", "DeleteWebACL", access="write")
def delete_web_acl(call: Call, tx: Transaction) -> None:
    row = entities.load(call, tx, WEB_ACL)
    entities.check_token(call, row)
    arn = arn_of(call.partition, row)
    if tx.targets(PROTECTS, arn) or protected.using(tx, call.account, arn):
        raise associated()
    forget_logging(tx, arn)
    entities.delete(call, tx, WEB_ACL)


@operation("wafv2", "ListWebACLs", access="read")
def list_web_acls(call: Call, reader: Reader) -> dict[str, Any]:
    return entities.listed(call, reader, WEB_ACL, "WebACLs")


@operation("wafv2", "CheckCapacity", access="read")
def check_capacity(call: Call, reader: Reader) -> dict[str, Any]:
    scope_of(call)
    return {"Capacity": judge.capacity(call, reader, call.params["Rules"])}


@operation("wafv2", "DeleteFirewallManagerRuleGroups", access="write")
def delete_firewall_manager_rule_groups(call: Call, tx: Transaction) -> dict[str, Any]:
    # No Firewall Manager adds groups here: there are none to delete, and only the lock token moves.
    row = entities.by_arn(call, tx, call.params["WebACLArn"], WEB_ACL)
    if call.params["WebACLLockToken"] != row.body.lock_token:
        raise stale()
    return {"NextWebACLLockToken": entities.rotate(tx, row)}

"""Which web ACL protects which load balancer. A distribution names its web ACL itself (CloudFront's WebACLId).

Source: WAF API reference, AssociateWebACL: one web ACL per resource, in the resource's Region, by the caller's account.
"""

from __future__ import annotations

from typing import Any

from garrison.access import protected, sites
from garrison.access.call import Call
from garrison.access.in_force import when_in_force
from garrison.aws.arn import Arn
from garrison.services.operation import operation
from garrison.services.wafv2 import entities, quotas, web_acls
from garrison.services.wafv2.errors import quota_exceeded, unavailable
from garrison.services.wafv2.resources import EPOCH, PROTECTS, REGIONAL, WEB_ACL
from garrison.services.wafv2.scope import named
from garrison.store import Reader, Transaction
from garrison.waf.errors import BAD_ARN, BAD_SCOPE, invalid, nonexistent

_DEFAULT_TYPE = "APPLICATION_LOAD_BALANCER"


class _Associations:
    """What other services ask of WAF."""

    def web_acl(self, reader: Reader, resource: str) -> str | None:
        links = reader.sources(PROTECTS, resource)
        return links[0].source if links else None

    def exists(self, reader: Reader, account: str, web_acl: str) -> bool:
        row = entities.find(reader, web_acl)
        return row is not None and row.kind is WEB_ACL and row.account == account and row.parent != REGIONAL

    def forget(self, tx: Transaction, resource: str) -> None:
        for link in tx.sources(PROTECTS, resource):
            tx.unlink(PROTECTS, link.source, resource)
            tx.bump(EPOCH, link.account)
            sites.changed(tx)


_associations = _Associations()
protected.provide_association(_associations)


def _check(call: Call, reader: Reader) -> str:
    """The ARN of the resource the call names, once it is sure that a web ACL can protect it."""
    arn: str = call.params["ResourceArn"]
    parsed = Arn.parse(arn)
    found = protected.protectable(arn)
    if parsed is None or found is None or parsed.region != call.region:
        raise invalid("RESOURCE_ARN", arn, BAD_ARN)
    if parsed.account != call.account:
        raise nonexistent()
    if not found.exists(reader, call.account, arn):
        raise unavailable()
    return arn


@operation("wafv2", "AssociateWebACL", access="write")
def associate_web_acl(call: Call, tx: Transaction) -> None:
    row = entities.by_arn(call, tx, call.params["WebACLArn"], WEB_ACL)
    if row.parent != REGIONAL or row.region != call.region:
        raise invalid("SCOPE_VALUE", row.parent, BAD_SCOPE)
    resource = _check(call, tx)
    own = call.params["WebACLArn"]
    others = [link for link in tx.targets(PROTECTS, own) if link.target != resource]
    if len(others) >= quotas.RESOURCES_PER_WEB_ACL:
        raise quota_exceeded()
    for link in tx.sources(PROTECTS, resource):
        if link.source != own:
            tx.unlink(PROTECTS, link.source, resource)
    tx.link(PROTECTS, call.account, own, resource)
    tx.bump(EPOCH, call.account)
    sites.changed(tx)
    call.settled = when_in_force(call.runtime, tx)


@operation("wafv2", "DisassociateWebACL", access="write")
def disassociate_web_acl(call: Call, tx: Transaction) -> None:
    _associations.forget(tx, _check(call, tx))


@operation("wafv2", "GetWebACLForResource", access="read")
def get_web_acl_for_resource(call: Call, reader: Reader) -> dict[str, Any]:
    arn = _associations.web_acl(reader, _check(call, reader))
    row = None if arn is None else entities.find(reader, arn)
    return {} if row is None else {"WebACL": web_acls.shown(call.partition, row)}


@operation("wafv2", "ListResourcesForWebACL", access="read")
def list_resources_for_web_acl(call: Call, reader: Reader) -> dict[str, Any]:
    arn = call.params["WebACLArn"]
    entities.by_arn(call, reader, arn, WEB_ACL)
    parts = named(arn)
    wanted = call.params.get("ResourceType", _DEFAULT_TYPE)
    if parts is not None and parts.scope != REGIONAL:
        raise invalid("SCOPE_VALUE", parts.scope, BAD_SCOPE)
    found = [link.target for link in reader.targets(PROTECTS, arn)]
    kinds = {target: protected.protectable(target) for target in found}
    return {"ResourceArns": [target for target, kind in kinds.items() if kind is not None and kind.type == wanted]}

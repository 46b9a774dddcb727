"""Whether rules may be saved: what they name is there, the engine accepts them, and they fit their capacity."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from garrison.access.call import Call
from garrison.services.wafv2 import entities, resolve
from garrison.services.wafv2.documents import given, references
from garrison.services.wafv2.errors import invalid_operation, quota_exceeded
from garrison.services.wafv2.resources import RULE_GROUP, WEB_ACL, Document, Entity
from garrison.services.wafv2.scope import named, scope_of
from garrison.store import Kind, Reader, Resource
from garrison.waf import capacity as weights
from garrison.waf.errors import BAD_REFERENCE, BAD_SCOPE, MissingExtra, invalid, nonexistent
from garrison.waf.validate import check_references, check_rule_group, check_rules, check_web_acl


@contextmanager
def needs_engine() -> Iterator[None]:
    """What the engine refuses for want of a package is the operator's to see to: told, and not a fault of ours."""
    try:
        yield
    except MissingExtra as missing:
        raise invalid_operation(str(missing)) from None


def by_arn_or_name(call: Call, reader: Reader, kind: Kind[Entity]) -> Resource[Entity]:
    """What GetWebACL and GetRuleGroup ask for: `ARN` alone, or `Name`, `Id` and `Scope`."""
    params = call.params
    if "ARN" in params:
        row = entities.find(reader, params["ARN"])
        # A rule group may be shared; whether this caller may see it has been decided.
        if row is None or row.kind is not kind or (row.account != call.account and kind is not RULE_GROUP):
            raise nonexistent()
        return row
    if not {"Name", "Id", "Scope"} <= params.keys():
        field = "WEB_ACL" if kind is WEB_ACL else "RULE_GROUP"
        raise invalid(field, "null", "You must specify either the ARN, or the name, id and scope.")
    return entities.load(call, reader, kind)


def web_acl(call: Call, reader: Reader, document: Document) -> int:
    """The capacity a web ACL uses. Raises what AWS answers to one that cannot be saved."""
    whole = given(document)
    with needs_engine():
        check_web_acl(whole)
        _check_named(call, reader, document)
        check_references(whole.get("Rules", ()), resolve.resolver(reader))
    used = weights.web_acl_capacity(whole, resolve.resolver(reader))
    if used > weights.MOST:
        raise quota_exceeded()
    return used


def rule_group(call: Call, reader: Reader, document: Document, room: int) -> None:
    """Raise what AWS answers to a rule group that cannot be saved, or that needs more than its capacity."""
    whole = given(document)
    with needs_engine():
        check_rule_group(whole)
        _check_named(call, reader, document)
        check_references(whole.get("Rules", ()), resolve.resolver(reader))
    if weights.capacity(whole.get("Rules", ()), resolve.resolver(reader)) > room:
        raise quota_exceeded()


def capacity(call: Call, reader: Reader, rules: list[dict[str, Any]]) -> int:
    """What rules would use in a web ACL."""
    with needs_engine():
        check_rules(rules, "web ACL", {})
        _check_named(call, reader, {"Rules": rules})
        check_references(rules, resolve.resolver(reader))
    return weights.capacity(rules, resolve.resolver(reader))


def _check_named(call: Call, reader: Reader, document: Document) -> None:
    """Sets and groups are there, of the call's scope and Region; authorization has asked whether they may be used."""
    scope = scope_of(call)
    for arn in references(document):
        parts = named(arn)
        if parts is None:
            raise invalid("STATEMENT", arn, BAD_REFERENCE)
        if parts.scope != scope or parts.region != call.region:
            raise invalid("SCOPE_VALUE", arn, BAD_SCOPE)
        row = entities.find(reader, arn)
        if row is None or row.kind is WEB_ACL or (row.account != call.account and row.kind is not RULE_GROUP):
            raise nonexistent()

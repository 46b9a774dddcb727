"""Shield's rule group in a customer's web ACL: made, filled and taken away on Shield's word (`access.mitigation`).

The group belongs to Shield's account, as AWS's does, so that no customer lists or edits it; the web ACL only refers to
it, at the priority after every rule of its owner's.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from garrison.access import mitigation
from garrison.access.mitigation import CAPACITY, PREFIX, PRIORITY
from garrison.aws.arn import Arn
from garrison.services.wafv2 import entities
from garrison.services.wafv2.documents import given, kept, references
from garrison.services.wafv2.errors import quota_exceeded
from garrison.services.wafv2.resources import IP_SET, RULE_GROUP, WEB_ACL, Document, Entity
from garrison.services.wafv2.scope import arn_of
from garrison.shield.rules import AddressSet
from garrison.store import Reader, Resource, Transaction
from garrison.waf import capacity as weights

SHIELD_ACCOUNT = "153427709519"
"""Recalled from web ACLs seen in practice."""


def _visible(name: str) -> Document:
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": name}


class _Mitigation:
    def enable(self, tx: Transaction, partition: str, web_acl: str, *, now: float) -> None:
        acl = _web_acl(tx, web_acl)
        if acl is None or _group(tx, acl) is not None:
            return
        if acl.body.capacity + CAPACITY > weights.MOST:
            raise quota_exceeded()
        name = f"{PREFIX}{acl.account}_{acl.id}_{uuid.uuid4()}"
        body = Entity(
            lock_token=str(uuid.uuid4()),
            document={"Rules": [], "VisibilityConfig": _visible(name)},
            capacity=CAPACITY,
        )
        group = tx.insert(
            RULE_GROUP, SHIELD_ACCOUNT, name, body,
            id=str(uuid.uuid4()), region=acl.region, parent=acl.parent, created=now,
        )  # fmt: skip
        rule = {
            "Name": name,
            "Priority": PRIORITY,
            "Statement": {"RuleGroupReferenceStatement": {"ARN": arn_of(partition, group)}},
            "OverrideAction": {"None": {}},
            "VisibilityConfig": _visible(name),
        }
        rules = [*acl.body.document.get("Rules", ()), rule]
        _save(tx, partition, acl, rules, acl.body.capacity + CAPACITY, now)

    def disable(self, tx: Transaction, web_acl: str, *, now: float) -> None:
        acl = _web_acl(tx, web_acl)
        group = None if acl is None else _group(tx, acl)
        if acl is None or group is None:
            return
        partition = _partition(web_acl)
        arn = arn_of(partition, group)
        rules = [rule for rule in acl.body.document.get("Rules", ()) if references({"Rules": [rule]}) != {arn}]
        _save(tx, partition, acl, rules, max(0, acl.body.capacity - CAPACITY), now)
        tx.delete(group)
        for row in _sets(tx, acl):
            tx.delete(row)

    def rules(self, reader: Reader, web_acl: str) -> Sequence[Mapping[str, Any]] | None:
        acl = _web_acl(reader, web_acl)
        group = None if acl is None else _group(reader, acl)
        if group is None:
            return None
        rules: list[dict[str, Any]] = given(group.body.document)["Rules"]
        return rules

    def replace(
        self,
        tx: Transaction,
        web_acl: str,
        rules: Sequence[Mapping[str, Any]],
        *,
        addresses: Sequence[AddressSet] | None = None,
        now: float,
    ) -> None:
        acl = _web_acl(tx, web_acl)
        group = None if acl is None else _group(tx, acl)
        if acl is None or group is None:
            return
        arns = {} if addresses is None else _keep_sets(tx, web_acl, acl, addresses, now)
        document = {**group.body.document, "Rules": _named(kept([dict(rule) for rule in rules]), arns)}
        body = msgspec.structs.replace(group.body, document=document, lock_token=str(uuid.uuid4()))
        tx.update(group, body, updated=now)
        # The group is Shield's, but who is inspected with it is the web ACL's owner.
        entities.decides(tx, acl)

    def differs(
        self, reader: Reader, web_acl: str, rules: Sequence[Mapping[str, Any]], addresses: Sequence[AddressSet]
    ) -> bool:
        acl = _web_acl(reader, web_acl)
        group = None if acl is None else _group(reader, acl)
        if acl is None or group is None:
            return False
        there = {row.name: row for row in _sets(reader, acl)}
        names = {_set_name(acl, one) for one in addresses}
        if there.keys() != names:
            return True
        if any(there[_set_name(acl, one)].body.document != _set_document(one) for one in addresses):
            return True
        arns = {one.name: arn_of(_partition(web_acl), there[_set_name(acl, one)]) for one in addresses}
        return bool(group.body.document["Rules"] != _named(kept([dict(rule) for rule in rules]), arns))


def _partition(arn: str) -> str:
    parsed = Arn.parse(arn)
    return "aws" if parsed is None else parsed.partition


def _set_name(acl: Resource[Entity], addresses: AddressSet) -> str:
    return f"{acl.id}_{addresses.name}"


def _set_document(addresses: AddressSet) -> Document:
    return {"IPAddressVersion": addresses.version, "Addresses": list(addresses.addresses)}


def _sets(reader: Reader, acl: Resource[Entity]) -> list[Resource[Entity]]:
    """Sets of addresses that Shield has for a web ACL."""
    rows = reader.page(IP_SET, SHIELD_ACCOUNT, region=acl.region, parent=acl.parent)
    return [row for row in rows if row.name.startswith(f"{acl.id}_")]


def _keep_sets(
    tx: Transaction, web_acl: str, acl: Resource[Entity], addresses: Sequence[AddressSet], now: float
) -> dict[str, str]:
    """See that there are just these sets; name -> ARN."""
    there = {row.name: row for row in _sets(tx, acl)}
    found = {}
    for one in addresses:
        name, document = _set_name(acl, one), _set_document(one)
        row = there.pop(name, None)
        body = Entity(lock_token=str(uuid.uuid4()), document=document)
        if row is None:
            row = tx.insert(
                IP_SET, SHIELD_ACCOUNT, name, body,
                id=str(uuid.uuid4()), region=acl.region, parent=acl.parent, created=now,
            )  # fmt: skip
        elif row.body.document != document:
            tx.update(row, body, updated=now)
        found[one.name] = arn_of(_partition(web_acl), row)
    for row in there.values():
        tx.delete(row)
    return found


def _named(value: Any, arns: Mapping[str, str]) -> Any:
    """Rules with ARNs where they have the names of sets."""
    if isinstance(value, dict):
        return {
            name: arns.get(member, member) if name == "ARN" and isinstance(member, str) else _named(member, arns)
            for name, member in value.items()
        }
    return [_named(member, arns) for member in value] if isinstance(value, list) else value


def _web_acl(reader: Reader, arn: str) -> Resource[Entity] | None:
    row = entities.find(reader, arn)
    return row if row is not None and row.kind is WEB_ACL else None


def _group(reader: Reader, acl: Resource[Entity]) -> Resource[Entity] | None:
    """Shield's group that the web ACL refers to."""
    for arn in references(acl.body.document):
        row = entities.find(reader, arn)
        if row is not None and row.kind is RULE_GROUP and row.account == SHIELD_ACCOUNT:
            return row
    return None


def _save(
    tx: Transaction, partition: str, acl: Resource[Entity], rules: list[Document], capacity: int, now: float
) -> None:
    document = {**acl.body.document, "Rules": rules}
    body = msgspec.structs.replace(acl.body, document=document, capacity=capacity, lock_token=str(uuid.uuid4()))
    row = tx.update(acl, body, updated=now)
    entities.refer(tx, partition, row, references(document))
    entities.decides(tx, row)


mitigation.provide_mitigation(_Mitigation())

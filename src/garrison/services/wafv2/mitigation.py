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
from garrison.services.wafv2.resources import RULE_GROUP, WEB_ACL, Document, Entity
from garrison.services.wafv2.scope import arn_of
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
        parsed = Arn.parse(web_acl)
        partition = "aws" if parsed is None else parsed.partition
        arn = arn_of(partition, group)
        rules = [rule for rule in acl.body.document.get("Rules", ()) if references({"Rules": [rule]}) != {arn}]
        _save(tx, partition, acl, rules, max(0, acl.body.capacity - CAPACITY), now)
        tx.delete(group)

    def rules(self, reader: Reader, web_acl: str) -> Sequence[Mapping[str, Any]] | None:
        acl = _web_acl(reader, web_acl)
        group = None if acl is None else _group(reader, acl)
        if group is None:
            return None
        rules: list[dict[str, Any]] = given(group.body.document)["Rules"]
        return rules

    def replace(self, tx: Transaction, web_acl: str, rules: Sequence[Mapping[str, Any]], *, now: float) -> None:
        acl = _web_acl(tx, web_acl)
        group = None if acl is None else _group(tx, acl)
        if acl is None or group is None:
            return
        document = {**group.body.document, "Rules": kept([dict(rule) for rule in rules])}
        body = msgspec.structs.replace(group.body, document=document, lock_token=str(uuid.uuid4()))
        tx.update(group, body, updated=now)
        # The group is Shield's, but who is inspected with it is the web ACL's owner.
        entities.decides(tx, acl)


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

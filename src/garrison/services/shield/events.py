"""Attacks as they are found: kept for ListAttacks, answered in web ACLs where automatic response is enabled, told.

Called by whoever watches the traffic. Every function takes a transaction or reader, and what it says is all or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from garrison.access import protected
from garrison.access.mitigation import mitigation
from garrison.access.sites import announced
from garrison.aws.arn import Arn
from garrison.services.shield.resources import ATTACK, NAME, PROTECTION, SUBSCRIPTION, Attack, Protection
from garrison.shield.rules import AddressSet, address_sets, rule, within
from garrison.shield.signatures import Signature
from garrison.store import Reader, Resource, Transaction

Rules = Sequence[tuple[Signature, bool]]
"""(signature, whether it acts or is only counted)."""
_ONGOING = "shield.ongoing"
"""Relation of itself with the attacks that have not ended."""


class Told(msgspec.Struct, frozen=True):
    """Who wants to know of an attack."""

    account: str
    emails: tuple[str, ...]


def account_of(resource: str) -> str:
    """The account a resource belongs to."""
    parsed = Arn.parse(resource)
    return "" if parsed is None else parsed.account


def resource_id(resource: str) -> str:
    """As WAF knows a resource: `app/name/id` of a load balancer, a distribution's id."""
    return resource.rpartition(":loadbalancer/")[2] if ":loadbalancer/" in resource else resource.rpartition("/")[2]


def save(
    tx: Transaction,
    attack: str,
    resource: str,
    *,
    started: float,
    ended: float | None,
    vectors: tuple[str, ...],
    detail: dict[str, Any],
    explained: dict[str, Any],
    now: float,
) -> None:
    """Keep an attack as it is known now."""
    body = Attack(resource, started, ended, vectors, detail, explained)
    row = tx.by_id(ATTACK, attack)
    if row is None:
        tx.insert(ATTACK, account_of(resource), attack, body, id=attack, created=now)
        tx.link(_ONGOING, account_of(resource), _ONGOING, attack)
    else:
        tx.update(row, body, updated=now)
    if ended is not None:
        tx.unlink(_ONGOING, _ONGOING, attack)


def told(row: Resource[Attack]) -> dict[str, Any]:
    """All that is known of an attack, for the operator."""
    body = row.body
    return {
        "id": row.id, "account": row.account, "resource": body.resource, "started": body.started, "ended": body.ended,
        "vectors": list(body.vectors), "detail": body.detail, "explained": body.explained,
    }  # fmt: skip


def abandon(tx: Transaction, now: float) -> None:
    """End the attacks that nobody watches any more, at the time they were last heard of."""
    for link in tx.targets(_ONGOING, _ONGOING):
        row = tx.by_id(ATTACK, link.target)
        if row is not None and row.body.ended is None:
            ended = max(row.body.started, row.updated or row.created or now)
            tx.update(row, msgspec.structs.replace(row.body, ended=ended), updated=now)
        tx.unlink(_ONGOING, _ONGOING, link.target)


def to_be_told(reader: Reader, resource: str) -> Told | None:
    """Who is, of an attack on a resource: those of a protected one whose account has proactive engagement enabled."""
    account = account_of(resource)
    subscription = reader.get(SUBSCRIPTION, account, NAME)
    if subscription is None or subscription.body.engagement != "ENABLED":
        return None
    if reader.get(PROTECTION, account, resource) is None:
        return None
    return Told(account, tuple([contact.email for contact in subscription.body.contacts]))


def _enabled(reader: Reader, resource: str) -> Resource[Protection] | None:
    row = reader.get(PROTECTION, account_of(resource), resource)
    return row if row is not None and row.body.response_enabled else None


def responding(reader: Reader, resources: Sequence[str]) -> set[str]:
    """Those with automatic response enabled."""
    return {arn for arn in resources if _enabled(reader, arn) is not None}


def _wanted(
    reader: Reader, wanted: Mapping[str, Rules]
) -> Iterator[tuple[str, list[dict[str, Any]], list[AddressSet]]]:
    """(web ACL, rules, address sets) of every web ACL at the edge with automatic response for one of its resources."""
    by_acl: dict[str, dict[Signature, str]] = {}
    for arn in announced(reader):
        row = _enabled(reader, arn)
        web_acl = None if row is None else protected.web_acl_of(reader, arn)
        if row is None or web_acl is None:
            continue
        chosen = by_acl.setdefault(web_acl, {})
        for signature, acts in wanted.get(arn, ()):
            chosen.setdefault(signature, (row.body.response or "Count") if acts else "Count")
    for web_acl, chosen in by_acl.items():
        sets = address_sets(chosen)
        rules = within([rule(signature, action, n) for n, (signature, action) in enumerate(chosen.items())], sets)
        yield web_acl, rules, sets


def differing(reader: Reader, wanted: Mapping[str, Rules]) -> bool:
    """Whether a web ACL's group has other rules than those wanted: (resource -> rules against its attack)."""
    return any(mitigation().differs(reader, *one) for one in _wanted(reader, wanted))


def respond(tx: Transaction, wanted: Mapping[str, Rules], *, now: float) -> None:
    """Put the rules against attacks into the groups of the web ACLs, and take out those that are over."""
    for web_acl, rules, sets in _wanted(tx, wanted):
        if mitigation().differs(tx, web_acl, rules, sets):
            mitigation().replace(tx, web_acl, rules, addresses=sets, now=now)

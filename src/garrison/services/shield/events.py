"""Attacks as they are found: kept for ListAttacks, answered in web ACLs where automatic response is enabled, told.

Called by whoever watches the traffic. Every function takes a transaction or reader, and what it says is all or nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from garrison.access import protected
from garrison.access.mitigation import mitigation
from garrison.access.sites import announced
from garrison.aws.arn import Arn
from garrison.services.shield import protection_groups
from garrison.services.shield.resources import (
    ATTACK,
    GROUP,
    NAME,
    OFFENDERS,
    PROTECTION,
    SUBSCRIPTION,
    Attack,
    Offenders,
    Protection,
)
from garrison.shield import known
from garrison.shield.rules import AddressSet, address_sets, rule, within
from garrison.shield.signatures import Signature
from garrison.store import Reader, Resource, Transaction

Rules = Sequence[tuple[Signature, bool]]
"""(signature, whether it acts or is only counted)."""
_SOURCES = "sources"
_ONGOING = "shield.ongoing"
"""Relation of itself with the attacks that have not ended."""


class Told(msgspec.Struct, frozen=True):
    """Who wants to know of an attack."""

    account: str
    emails: tuple[str, ...]


class GroupView(msgspec.Struct, frozen=True):
    """A protection group, of resources that are watched."""

    arn: str
    aggregation: str
    members: tuple[str, ...]
    """ARNs."""


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
    if reader.get(PROTECTION, account, resource) is None and ":protection-group/" not in resource:
        return None
    return Told(account, tuple([contact.email for contact in subscription.body.contacts]))


def groups(reader: Reader, watched: Collection[str]) -> list[GroupView]:
    """The protection groups that resources which are watched belong to."""
    found = []
    for account in sorted({account_of(resource) for resource in watched}):
        for row in reader.page(GROUP, account):
            members = tuple([arn for arn in protection_groups.members(reader, row) if arn in watched])
            if members:
                partition = members[0].split(":")[1]
                found.append(GroupView(protection_groups.arn_of(partition, row), row.body.aggregation, members))
    return found


def remember(tx: Transaction, resource: str, sources: Iterable[str], now: float) -> None:
    """The sources of an attack on a resource are known from now on."""
    account = account_of(resource)
    row = tx.get(OFFENDERS, account, _SOURCES)
    body = Offenders(known.remembered({} if row is None else row.body.until, sources, now))
    if row is None:
        tx.insert(OFFENDERS, account, _SOURCES, body, id=f"{account}/{_SOURCES}", created=now)
    else:
        tx.update(row, body, updated=now)


def _known(reader: Reader, account: str, now: float) -> list[AddressSet]:
    row = reader.get(OFFENDERS, account, _SOURCES)
    return known.address_sets({} if row is None else row.body.until, now)


def _enabled(reader: Reader, resource: str) -> Resource[Protection] | None:
    row = reader.get(PROTECTION, account_of(resource), resource)
    return row if row is not None and row.body.response_enabled else None


def responding(reader: Reader, resources: Sequence[str]) -> set[str]:
    """Those with automatic response enabled."""
    return {arn for arn in resources if _enabled(reader, arn) is not None}


def _wanted(
    reader: Reader, wanted: Mapping[str, Rules], now: float
) -> Iterator[tuple[str, list[dict[str, Any]], list[AddressSet]]]:
    """(web ACL, rules, address sets) of every web ACL at the edge with automatic response for one of its resources."""
    by_acl: dict[str, dict[Signature, str]] = {}
    actions: dict[str, tuple[str, str]] = {}
    for arn in announced(reader):
        row = _enabled(reader, arn)
        web_acl = None if row is None else protected.web_acl_of(reader, arn)
        if row is None or web_acl is None:
            continue
        action = row.body.response or "Count"
        chosen = by_acl.setdefault(web_acl, {})
        # Of several resources that share a web ACL, one that only wants to count has it so for the rule they share.
        held = actions.get(web_acl, (row.account, action))
        actions[web_acl] = (row.account, min(held[1], action, key=("Count", "Block").index))
        for signature, acts in wanted.get(arn, ()):
            chosen.setdefault(signature, action if acts else "Count")
    for web_acl, chosen in by_acl.items():
        account, action = actions[web_acl]
        bad = _known(reader, account, now)
        sets = [*bad, *address_sets(chosen)]
        made = [rule(signature, how, n) for n, (signature, how) in enumerate(chosen.items(), 1)]
        yield web_acl, within([known.rule(action, 0, bad), *made], sets), sets


def differing(reader: Reader, wanted: Mapping[str, Rules], *, now: float) -> bool:
    """Whether a web ACL's group has other rules than those wanted: (resource -> rules against its attack)."""
    return any(mitigation().differs(reader, *one) for one in _wanted(reader, wanted, now))


def respond(tx: Transaction, wanted: Mapping[str, Rules], *, now: float) -> None:
    """Put the rules against attacks into the groups of the web ACLs, and take out those that are over."""
    for web_acl, rules, sets in _wanted(tx, wanted, now):
        if mitigation().differs(tx, web_acl, rules, sets):
            mitigation().replace(tx, web_acl, rules, addresses=sets, now=now)

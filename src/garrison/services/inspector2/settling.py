"""Findings of a resource made what they should be: opened, changed, closed, reopened; each only if it differs.

Source: Inspector user guide, "Understanding findings": closed findings stay 30 days, those of a resource that is gone
3 days; one that comes back within 7 days is the same finding, opened again.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

import msgspec

from garrison.services.inspector2 import due
from garrison.services.inspector2.candidates import Candidates
from garrison.services.inspector2.resources import FINDING, VULNERABILITY, Covered, Finding, Known
from garrison.store import Resource, Transaction

DAY = 86_400.0
REMEDIATED, GONE, DISABLED = 30 * DAY, 3 * DAY, 1 * DAY
"""Seconds a closed finding is kept, by why it was closed."""
_REOPENED = 7 * DAY


class Settled(msgspec.Struct, frozen=True):
    """What became of a resource's findings."""

    active: int
    created: int
    updated: int
    closed: int


def settle(
    tx: Transaction, resource: Resource[Covered], wanted: Candidates, *, types: Collection[str], now: float
) -> Settled:
    """Make the resource's findings of these types those it has now; others stay as they are.

    `resource` as it was before: what closes was last seen then.
    """
    rows = tx.page(FINDING, resource.account, region=resource.region, parent=resource.id)
    have = {row.name: row for row in rows if row.body.type in types}
    others = sum(row.body.type not in types and row.body.closed is None for row in rows)
    for id, known in wanted.known.items():
        _tell(tx, id, known, now)
    created = updated = closed = 0
    for key, finding in wanted.findings.items():
        row = have.pop(key, None)
        if row is not None and row.body.closed is not None and now - row.body.closed > _REOPENED:
            tx.delete(row)
            row = None
        if row is None:
            _open(tx, resource, key, finding, now)
            created += 1
            continue
        kept = msgspec.structs.replace(finding, first=row.body.first, updated=row.body.updated)
        if kept != row.body:
            tx.update(row, msgspec.structs.replace(kept, updated=now), updated=now)
            updated += 1
    for row in have.values():
        if row.body.closed is None:
            _close(tx, resource, row, REMEDIATED, now)
            closed += 1
    if closed:
        due.at(tx, now + REMEDIATED, due.PURGE, resource.id)
    return Settled(len(wanted.findings) + others, created, updated, closed)


def close_all(
    tx: Transaction, resource: Resource[Covered], keep: float, *, types: Collection[str] | None = None, now: float
) -> None:
    """Close every finding (of these types) of a resource that is gone or not looked at any more; delete them `keep`
    seconds later."""
    for row in tx.page(FINDING, resource.account, region=resource.region, parent=resource.id):
        if row.body.closed is None and (types is None or row.body.type in types):
            _close(tx, resource, row, keep, now)
    due.at(tx, now + keep, due.PURGE, resource.id)


def purge(tx: Transaction, resource: Resource[Covered], now: float) -> None:
    """Delete findings whose time is over."""
    for row in tx.page(FINDING, resource.account, region=resource.region, parent=resource.id):
        if row.body.closed is not None and row.body.expires <= now:
            tx.delete(row)


def _open(tx: Transaction, resource: Resource[Covered], key: str, finding: Finding, now: float) -> None:
    body = msgspec.structs.replace(finding, first=now, updated=now)
    tx.insert(
        FINDING, resource.account, key, body,
        id=uuid.uuid4().hex, region=resource.region, parent=resource.id, created=now,
    )  # fmt: skip


def _close(tx: Transaction, resource: Resource[Covered], row: Resource[Finding], keep: float, now: float) -> None:
    last = resource.body.scanned or row.body.updated
    tx.update(
        row, msgspec.structs.replace(row.body, closed=now, last=last, updated=now, expires=now + keep), updated=now
    )


def _tell(tx: Transaction, id: str, known: Known, now: float) -> None:
    row = tx.get(VULNERABILITY, "", id)
    if row is None:
        tx.insert(VULNERABILITY, "", id, known, id=id, created=now)
    elif row.body != known:
        tx.update(row, known, updated=now)

"""From consolidated billing to all features: every invited account is asked, and at last the management account.

Source: Organizations user guide, "Enabling all features in your organization". `ENABLE_ALL_FEATURES` goes to the
organization, with one below it for each invited account; once all have accepted, the first is `OPEN` and an
`APPROVE_ALL_FEATURES` awaits the management account, whose answer makes the change.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.organizations import attached, handshakes, quotas
from garrison.services.organizations.errors import handshake_constraint
from garrison.services.organizations.resources import ALL, HANDSHAKE, MEMBER, Handshake, Organization
from garrison.services.organizations.standing import management
from garrison.store import Reader, Resource, Transaction

ENABLE = "ENABLE_ALL_FEATURES"
APPROVE = "APPROVE_ALL_FEATURES"


def under_way(reader: Reader, org: Resource[Organization], now: float) -> Resource[Handshake] | None:
    """The organization's own handshake of a migration that has not ended, or None."""
    for row in handshakes.sent(reader, org):
        if row.body.action == ENABLE and row.body.parent is None and handshakes.state(row, now) in handshakes.PENDING:
            return row
    return None


@operation("organizations", "EnableAllFeatures", access="write")
def enable_all_features(call: Call, tx: Transaction) -> dict[str, Any]:
    org = management(call, tx)
    if org.body.feature_set == ALL:
        raise handshake_constraint(
            "ORGANIZATION_ALREADY_HAS_ALL_FEATURES", "All features are already enabled on this organization."
        )
    if under_way(tx, org, call.now) is not None:
        raise handshake_constraint(
            "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION",
            "The organization has already started the process to enable all features.",
        )
    life = quotas.ALL_FEATURES_LIFE
    whole = handshakes.offer(tx, org, ENABLE, call.now, life)
    for row in tx.page(MEMBER, org.account, parent=None):
        if row.body.method == "INVITED" and row.id != org.account and row.body.closing is None:
            handshakes.offer(tx, org, ENABLE, call.now, life, target_type="ACCOUNT", target=row.id, parent=whole.id)
    whole = _progress(call, tx, org, whole)
    return {"Handshake": handshakes.shown(call, tx, whole)}


def answered(call: Call, tx: Transaction, org: Resource[Organization], row: Resource[Handshake]) -> None:
    """An account, or at last the management account, has accepted `row`."""
    whole = tx.by_id(HANDSHAKE, row.body.parent or "")
    assert whole is not None
    if row.body.action == APPROVE:
        handshakes.end(tx, whole, "ACCEPTED", call.now)
        tx.update(org, msgspec.structs.replace(org.body, feature_set=ALL))
        attached.bump(tx)
    else:
        _progress(call, tx, org, whole)


def canceled(call: Call, tx: Transaction, row: Resource[Handshake]) -> None:
    """The management account has taken `row` back: what belongs to it goes too."""
    if row.body.action != ENABLE or row.body.parent is not None:
        return
    for part in tx.page(HANDSHAKE, row.account):
        if part.body.parent == row.id and handshakes.state(part, call.now) in handshakes.PENDING:
            handshakes.end(tx, part, "CANCELED", call.now)


def _progress(
    call: Call, tx: Transaction, org: Resource[Organization], whole: Resource[Handshake]
) -> Resource[Handshake]:
    parts = [row for row in tx.page(HANDSHAKE, org.account) if row.body.parent == whole.id]
    gone = {row.body.target for row in parts if tx.by_id(MEMBER, row.body.target) is None}
    if any(row.body.state != "ACCEPTED" and row.body.target not in gone for row in parts if row.body.action == ENABLE):
        return whole
    handshakes.offer(tx, org, APPROVE, call.now, quotas.ALL_FEATURES_LIFE, parent=whole.id)
    return tx.update(whole, msgspec.structs.replace(whole.body, state="OPEN"))

"""Emergency contacts and proactive engagement.

Source: API reference, AssociateProactiveEngagementDetails, and developer guide, "Setting up proactive engagement":
every contact needs a phone number. AWS reviews the details first (PENDING); here nobody has to, and they hold at once.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.shield import limits
from garrison.services.shield.errors import invalid, invalid_operation
from garrison.services.shield.resources import Contact, Subscription
from garrison.services.shield.subscription import load
from garrison.store import Reader, Resource, Transaction


def _given(call: Call) -> tuple[Contact, ...]:
    contacts = tuple(
        Contact(one["EmailAddress"], one.get("PhoneNumber"), one.get("ContactNotes"))
        for one in call.params.get("EmergencyContactList") or ()
    )
    if len(contacts) > limits.CONTACTS:
        raise invalid(f"At most {limits.CONTACTS} emergency contacts are allowed.", "EmergencyContactList")
    return contacts


def _check_phones(contacts: tuple[Contact, ...]) -> None:
    if not contacts:
        raise invalid("At least one emergency contact is needed.", "EmergencyContactList")
    if any(one.phone is None for one in contacts):
        raise invalid("Every emergency contact needs a phone number.", "PhoneNumber")


def _change(tx: Transaction, row: Resource[Subscription], **changes: Any) -> dict[str, Any]:
    tx.update(row, msgspec.structs.replace(row.body, **changes))
    return {}


@operation("shield", "DescribeEmergencyContactSettings", access="read")
def describe_emergency_contact_settings(call: Call, reader: Reader) -> dict[str, Any]:
    shown = []
    for one in load(call, reader).body.contacts:
        contact = {"EmailAddress": one.email, "PhoneNumber": one.phone, "ContactNotes": one.notes}
        shown.append({name: value for name, value in contact.items() if value is not None})
    return {"EmergencyContactList": shown}


@operation("shield", "UpdateEmergencyContactSettings", access="write")
def update_emergency_contact_settings(call: Call, tx: Transaction) -> dict[str, Any]:
    row = load(call, tx)
    contacts = _given(call)
    if row.body.engagement in ("ENABLED", "PENDING"):
        _check_phones(contacts)
    return _change(tx, row, contacts=contacts)


@operation("shield", "AssociateProactiveEngagementDetails", access="write")
def associate_proactive_engagement_details(call: Call, tx: Transaction) -> dict[str, Any]:
    row = load(call, tx)
    if row.body.engagement is not None:
        raise invalid_operation("Proactive engagement details have already been associated.")
    contacts = _given(call)
    _check_phones(contacts)
    return _change(tx, row, contacts=contacts, engagement="ENABLED")


@operation("shield", "EnableProactiveEngagement", access="write")
def enable_proactive_engagement(call: Call, tx: Transaction) -> dict[str, Any]:
    row = load(call, tx)
    if row.body.engagement is None:
        raise invalid_operation("Associate the details of proactive engagement first.")
    _check_phones(row.body.contacts)
    return _change(tx, row, engagement="ENABLED")


@operation("shield", "DisableProactiveEngagement", access="write")
def disable_proactive_engagement(call: Call, tx: Transaction) -> dict[str, Any]:
    row = load(call, tx)
    if row.body.engagement is None:
        raise invalid_operation("Proactive engagement is not enabled.")
    return _change(tx, row, engagement="DISABLED")

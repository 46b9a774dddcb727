"""`garrison:AttestAuditItem`, `ListAuditAttestations`, `WithdrawAuditAttestation`: a person's word on what was found.

An attestation is over the digest of what the newest audit found of an item. It is never edited: a later one takes its
place, and one that is withdrawn stays on record.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.assess.audit import Attestation
from garrison.assess.audit.attested import shown
from garrison.assess.audit.read import Audited
from garrison.assess.ledger import LedgerError
from garrison.aws.errors import AwsError
from garrison.checks.check import Status
from garrison.services.audit.audits import page
from garrison.services.audit.found import found_audit, missing, newest
from garrison.services.audit.independence import examine
from garrison.services.audit.own_changes import examine_changes
from garrison.services.audit.resources import ATTESTATION, of_account
from garrison.services.operation import operation
from garrison.store import Reader, Transaction

DAY = 86400


def _look(call: Call, reader: Reader) -> Audited:
    """What there is to attest: verifying evidence is slow, and holds up nobody here."""
    examine(call, reader)
    found = found_audit(call, call.params.get("auditId"))
    for item in found.items:
        if item.item == call.params["auditItemId"]:
            examine_changes(call, item)
    return found


@operation("garrison", "AttestAuditItem", access="write", prepare=_look)
def attest_audit_item(call: Call, tx: Transaction) -> dict[str, Any]:
    examine(call, tx)
    params = call.params
    found: Audited = call.prepared
    item = next((one for one in found.items if one.item == params["auditItemId"]), None)
    if item is None:
        raise missing(params["auditItemId"], "audit-item")
    try:
        last = newest(call)
    except LedgerError as e:
        raise AwsError("InternalServerException", str(e), status=500) from None
    if found.run.run != last:
        raise _conflict(item.item, f"Audit {found.run.run} is not the newest of this account: {last} is.")
    if item.digest != params["evidenceDigest"]:
        raise _conflict(item.item, f"What audit {found.run.run} found of {item.item} has the digest {item.digest}.")
    opinion = params["opinion"]
    if opinion == "SATISFIED" and item.status in (Status.FAIL, Status.EXCEPTED, Status.NOT_AVAILABLE):
        raise _invalid(f"{item.item} is {item.status.value} by what ran: nobody can attest that it is satisfied.")
    days = params.get("validDays") or item.valid_days
    if days > item.valid_days:
        raise _invalid(f"An attestation of {item.item} holds for at most {item.valid_days} days.")
    session = call.caller.session
    number = tx.count(ATTESTATION, call.account) + 1
    when = int(call.now)
    made = Attestation(
        id=f"attestation-{call.account}-{number:06}",
        account=call.account,
        checklist=item.checklist,
        item=item.item,
        audit=found.run.run,
        digest=item.digest,
        evidence=item.hash,
        opinion=opinion,
        statement=params["statement"],
        by=call.caller.principal.arn or "",
        when=when,
        valid_until=when + days * DAY,
        mfa=session is not None and session.mfa_at is not None,
        source_identity=(session.source_identity if session is not None else None) or "",
        document_sha256=params.get("documentSha256", ""),
    )
    tx.insert(ATTESTATION, call.account, f"{number:06}", made, id=made.id, created=call.now)
    return {"attestation": shown(made)}


@operation("garrison", "ListAuditAttestations", access="read")
def list_audit_attestations(call: Call, reader: Reader) -> dict[str, Any]:
    wanted = call.params.get("auditItemId")
    there = {row.name: row.body for row in of_account(reader, call.account) if wanted in (None, row.body.item)}
    names, more = page(call, there)
    return {"attestations": [shown(there[name]) for name in names], **more}


@operation("garrison", "WithdrawAuditAttestation", access="write")
def withdraw_audit_attestation(call: Call, tx: Transaction) -> dict[str, Any]:
    id = call.params["attestationId"]
    row = tx.by_id(ATTESTATION, id)
    if row is None or row.body.account != call.account:
        raise missing(id, "attestation")
    body = msgspec.structs.replace(row.body, withdrawn=True)
    tx.update(row, body)
    return {"attestation": shown(body)}


def _conflict(item: str, text: str) -> AwsError:
    fields = {"resourceId": item, "resourceType": "audit-item"}
    return AwsError("ConflictException", text, status=409, fields=fields)


def _invalid(text: str) -> AwsError:
    return AwsError("ValidationException", text, status=400)

"""`garrison:ListAudits`, `GetAudit`, `GetAuditItem`: what audits found in the caller's account, and how it stands."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from garrison.access.call import Call
from garrison.assess.audit import ItemStanding, counts, standing
from garrison.assess.audit.attested import shown as shown_attestation
from garrison.assess.audit.read import Audited, audits
from garrison.assess.ledger import LedgerError
from garrison.aws.errors import AwsError
from garrison.services.audit.found import found_audit, missing
from garrison.services.audit.resources import of_account
from garrison.services.operation import operation
from garrison.services.paging import BadToken, cut
from garrison.store import Reader

PAGE = 20
"""Audits, or attestations, of a page, unless the caller says otherwise."""


@operation("garrison", "ListAudits", access="read")
def list_audits(call: Call, reader: Reader) -> dict[str, Any]:
    evidence = call.runtime.evidence
    try:
        there = [] if evidence is None else audits(evidence, call.account)
    except LedgerError as e:
        raise AwsError("InternalServerException", str(e), status=500) from None
    by_key = {f"{10**9 - one.number:010}": one for one in there}  # newest first
    shown, more = page(call, by_key)
    return {"audits": [_summary(call, reader, found_audit(call, by_key[key].run)) for key in shown], **more}


@operation("garrison", "GetAudit", access="read")
def get_audit(call: Call, reader: Reader) -> dict[str, Any]:
    found = found_audit(call, call.params.get("auditId"))
    items = [_item(one) for one in _stands(call, reader, found)]
    return {"audit": _summary(call, reader, found), "items": items}


@operation("garrison", "GetAuditItem", access="read")
def get_audit_item(call: Call, reader: Reader) -> dict[str, Any]:
    found = found_audit(call, call.params.get("auditId"))
    id = call.params["auditItemId"]
    for one in _stands(call, reader, found):
        if one.evidence.item == id:
            return {"auditId": found.run.run, "item": {**_item(one), **_details(one)}}
    raise missing(id, "audit-item")


def page(call: Call, keys: Iterable[str]) -> tuple[list[str], dict[str, Any]]:
    """One page of keys, and the answer's paging member. Raises `AwsError`."""
    limit = int(call.params.get("maxResults") or PAGE)
    try:
        shown, token = cut(call, keys, str, limit=limit, token=call.params.get("nextToken"))
    except BadToken:
        raise AwsError("ValidationException", "The nextToken is not one this operation gave out.", status=400) from None
    return shown, {} if token is None else {"nextToken": token}


def _stands(call: Call, reader: Reader, found: Audited) -> list[ItemStanding]:
    return standing(found, [row.body for row in of_account(reader, call.account)], call.now)


def _summary(call: Call, reader: Reader, found: Audited) -> dict[str, Any]:
    run = found.run
    return {
        "auditId": run.run,
        "checklistId": run.checklist,
        "checklistVersion": run.version,
        "title": run.title,
        "performedAt": run.when,
        "period": run.period,
        "standings": {standing.value: n for standing, n in counts(_stands(call, reader, found)).items() if n},
    }


def _item(one: ItemStanding) -> dict[str, Any]:
    found = one.evidence
    return {
        "auditItemId": found.item,
        "domain": found.domain,
        "question": found.question,
        "standing": one.standing.value,
        "reason": one.reason,
        "evidenceDigest": found.digest,
        "evidenceId": found.hash,
        **({"attestation": shown_attestation(one.attestation)} if one.attestation is not None else {}),
    }


def _details(one: ItemStanding) -> dict[str, Any]:
    found = one.evidence
    told: dict[str, Any] = {
        "examined": found.examined,
        "attest": found.attest,
        "validDays": found.valid_days,
        "checks": [
            {"checkId": c["check"], **{k: c[k] for k in ("status", "severity", "subject", "reason")}}
            for c in found.checks
        ],
        "procedures": [{k: p[k] for k in ("name", "status", "reason")} for p in found.procedures],
    }
    if found.sample is not None:
        sample = {k: found.sample[k] for k in ("population", "size", "period", "ask")}
        members = [{"subject": s, "details": json.dumps(d, sort_keys=True)} for s, d in found.sample["members"]]
        told["sample"] = {**sample, "members": members}
    return told

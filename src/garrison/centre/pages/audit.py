"""The auditing checklist: where each item stands, what was found, and a form for the word of who may give it."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from urllib.parse import quote

from garrison.centre.calls import Refusal, attempt, together
from garrison.centre.visit import Visit
from garrison.signin import answer
from garrison.signin.answer import Answer

CHECKLIST = "aws-security"
STANDINGS = ("NOT_MET", "NOT_AVAILABLE", "EXPIRED", "NEEDS_ATTESTATION", "MET", "ATTESTED", "NOT_APPLICABLE")
_OPINIONS = ("SATISFIED", "NOT_SATISFIED", "NOT_APPLICABLE")


def every(visit: Visit) -> Answer:
    """The newest audit, or the one that is asked for."""
    calls = visit.calls
    asked = {"auditId": visit.query["audit"]} if visit.query.get("audit") else {}
    found = attempt(lambda: calls.ask("garrison", "GetAudit", **asked))
    if found.refusal is not None and (found.refusal.denied or asked or not found.refusal.missing):
        raise found.refusal
    more = together(
        audits=lambda: calls.pages("garrison", "ListAudits", "audits", 20, maxResults=20),
        attestations=lambda: calls.pages("garrison", "ListAuditAttestations", "attestations", 200, maxResults=100),
    )
    return visit.page("audit.html", told=found.value, domains=_domains(found.value), more=more, order=STANDINGS)


def _domains(told: dict[str, Any] | None) -> list[tuple[str, list[dict[str, Any]]]]:
    if told is None:
        return []
    return [(domain, list(items)) for domain, items in groupby(told["items"], key=lambda one: str(one["domain"]))]


def item(visit: Visit) -> Answer:
    """One item: what was found, and what a person is to say of it."""
    id = visit.path.split("/")[2]
    asked = {"auditId": visit.query["audit"]} if visit.query.get("audit") else {}
    told = visit.calls.ask("garrison", "GetAuditItem", auditItemId=id, **asked)
    said = attempt(
        lambda: visit.calls.pages(
            "garrison", "ListAuditAttestations", "attestations", 200, auditItemId=id, maxResults=100
        )
    )
    return visit.page("audit_item.html", told=told, item=told["item"], said=said, opinions=_OPINIONS)


def run(visit: Visit) -> Answer:
    """The checklist, now."""
    visit.calls.ask("garrison", "StartAssessment", checklist=CHECKLIST)
    return answer.redirect("/audit")


def attest(visit: Visit) -> Answer:
    """A person's word, given by the real operation: it says who may."""
    form = visit.form
    params: dict[str, Any] = {
        "auditId": form.get("audit", ""),
        "auditItemId": form.get("item", ""),
        "evidenceDigest": form.get("digest", ""),
        "opinion": form.get("opinion", ""),
        "statement": form.get("statement", "").strip(),
    }
    days, document = form.get("days", "").strip(), form.get("document", "").strip().lower()
    if days:
        if not (days.isascii() and days.isdigit() and len(days) < 5):
            raise Refusal("garrison:AttestAuditItem", "ValidationException", "Days are a number.")
        params["validDays"] = int(days)
    if document:
        params["documentSha256"] = document
    visit.calls.ask("garrison", "AttestAuditItem", **params)
    return answer.redirect(f"/audit/{quote(params['auditItemId'], safe='')}")

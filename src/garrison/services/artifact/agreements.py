"""From an agreement that is offered to one that is entered, step by step.

GetNdaForAgreement -> AcceptNdaForAgreement -> GetAgreement -> AcceptAgreement. Source: Artifact API reference. Whoever
accepts as the management account of an organization with all features, to which Artifact has trusted access, accepts
for all its accounts (user guide, "Managing agreements for multiple accounts"): those there are, and those that join.
"""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.access.organization import membership
from garrison.services.artifact import content, downloads, steps
from garrison.services.artifact.customer_agreements import active, organization_of, shown, tell
from garrison.services.artifact.errors import conflict, invalid, not_found
from garrison.services.artifact.ids import agreement_arn, new_id
from garrison.services.artifact.offers import Offer, offers
from garrison.services.artifact.reports import page
from garrison.services.artifact.resources import CUSTOMER_AGREEMENT, CustomerAgreement
from garrison.services.operation import operation
from garrison.store import Reader, Transaction

_TEXT = "text/plain; charset=utf-8"


def _offer(call: Call) -> Offer:
    id = call.params["agreementId"]
    found = offers(call.runtime).find(id)
    if found is None:
        raise not_found("agreement", id)
    return found


def _current(call: Call, offer: Offer) -> None:
    if call.params["agreementRevisionId"] != offer.revision:
        raise conflict("The agreement has been revised since it was read. Read it again.", "agreement", offer.id)


def _document(call: Call, place: str, text: str) -> str:
    """A link to a text, kept as it was when it was shown."""
    if content.read(call.runtime, place) is None:
        content.keep(call.runtime, place, text.encode())
    return downloads.link(call, place, _TEXT)


@operation("artifact", "ListAgreements", access="read")
def list_agreements(call: Call, reader: Reader) -> dict[str, Any]:
    found = [
        {
            "id": one.id,
            "arn": agreement_arn(call.partition, one.id),
            "name": one.title,
            "description": one.description,
            "agreementRevisionId": one.revision,
            "type": "DEFAULT",
            "scope": "ORGANIZATION" if one.organization else "ACCOUNT",
        }
        for one in offers(call.runtime).agreements
    ]
    some, rest = page(call, found, lambda one: one["id"])
    return {"agreements": some, **rest}


@operation("artifact", "GetNdaForAgreement", access="write")
def get_nda_for_agreement(call: Call, tx: Transaction) -> dict[str, Any]:
    offer = _offer(call)
    link = _document(call, f"agreements/{offer.id}/{offer.revision}-nda", offers(call.runtime).nda)
    return {
        "acceptNdaForAgreementToken": steps.give(call, tx, "accept-nda", offer.id, offer.revision),
        "agreementRevisionId": offer.revision,
        "documentPresignedUrl": link,
    }


@operation("artifact", "AcceptNdaForAgreement", access="write")
def accept_nda_for_agreement(call: Call, tx: Transaction) -> dict[str, Any]:
    offer = _offer(call)
    _current(call, offer)
    steps.take(call, tx, call.params["ndaToken"], "ndaToken", "accept-nda", offer.id, offer.revision)
    return {"getAgreementToken": steps.give(call, tx, "get", offer.id, offer.revision)}


@operation("artifact", "GetAgreement", access="write")
def get_agreement(call: Call, tx: Transaction) -> dict[str, Any]:
    offer = _offer(call)
    steps.take(call, tx, call.params["ndaToken"], "ndaToken", "get", offer.id, offer.revision)
    return {
        "acceptanceTerms": list(offer.acceptance_terms),
        "acceptanceTermsToken": steps.give(call, tx, "terms", offer.id, offer.revision),
        "executeAgreementToken": steps.give(call, tx, "execute", offer.id, offer.revision),
        "agreementRevisionId": offer.revision,
        "documentPresignedUrl": _document(call, f"agreements/{offer.id}/{offer.revision}", offer.text),
    }


@operation("artifact", "AcceptAgreement", access="write")
def accept_agreement(call: Call, tx: Transaction) -> dict[str, Any]:
    offer = _offer(call)
    _current(call, offer)
    for field, step in (("acceptanceTermsToken", "terms"), ("executeAgreementToken", "execute")):
        steps.take(call, tx, call.params[field], field, step, offer.id, offer.revision)
    organization = _organization(call, tx) if offer.organization else ""
    for row in active(tx, call.account):
        if row.body.agreement == offer.id:
            raise conflict("The agreement is active already.", "customer-agreement", row.name)
    id = new_id("customer-agreement-")
    body = CustomerAgreement(
        agreement=offer.id, revision=offer.revision, title=offer.title, description=offer.description,
        kind=offer.kind, acceptance_terms=offer.acceptance_terms, terminate_terms=offer.terminate_terms,
        text_sha256=offer.sha256, start=call.now, by=call.caller.principal.arn, organization=organization,
    )  # fmt: skip
    _document(call, f"agreements/{offer.id}/{offer.revision}", offer.text)
    row = tx.insert(CUSTOMER_AGREEMENT, call.account, id, body, id=id, created=call.now)
    tell(call, tx, row)
    return {"customerAgreement": shown(call.partition, row)}


def _organization(call: Call, tx: Transaction) -> str:
    """ARN of the organization the caller may bind. Raises `ValidationException`, saying what is in the way."""
    member = membership(call.runtime, tx, call.account)
    if member is None or not member.management:
        raise invalid("Only the management account of an organization accepts for all its accounts.", "agreementId")
    if not member.all_features:
        raise invalid("The organization must have all features enabled.", "agreementId")
    if "artifact.amazonaws.com" not in member.trusted:
        raise invalid("Artifact needs trusted access: organizations:EnableAWSServiceAccess.", "agreementId")
    return organization_of(call.runtime, tx, call.account)[0]

"""Agreements that were entered: of the account, and of its organization for as long as it is a member."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.organization import delegation, membership
from garrison.access.runtime import Runtime
from garrison.services.artifact import downloads, steps
from garrison.services.artifact.errors import conflict, invalid, not_found
from garrison.services.artifact.ids import agreement_arn, customer_agreement_arn
from garrison.services.artifact.notices import AGREEMENT_STATUS, announce, together
from garrison.services.artifact.reports import page
from garrison.services.artifact.resources import CUSTOMER_AGREEMENT, CustomerAgreement
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction


def active(reader: Reader, account: str) -> list[Resource[CustomerAgreement]]:
    """What the account itself has entered and not ended."""
    return [row for row in reader.page(CUSTOMER_AGREEMENT, account) if row.body.state == "ACTIVE"]


def seen_by(runtime: Runtime, reader: Reader, account: str) -> list[Resource[CustomerAgreement]]:
    """The account's own agreements, and those of the organization it is a member of now."""
    found = reader.page(CUSTOMER_AGREEMENT, account)
    organization, manager = organization_of(runtime, reader, account)
    if manager not in ("", account):
        found = found + [
            row for row in reader.page(CUSTOMER_AGREEMENT, manager) if row.body.organization == organization
        ]
    return found


def organization_of(runtime: Runtime, reader: Reader, account: str) -> tuple[str, str]:
    """ARN of the account's organization, and its management account; "" and "" where it belongs to none."""
    member, organizations = membership(runtime, reader, account), delegation()
    manager = None if organizations is None else organizations.management(reader, account)
    if member is None or manager is None:
        return "", ""
    return f"arn:{runtime.partition}:organizations::{manager}:organization/{member.id}", manager


def covered(runtime: Runtime, reader: Reader, account: str) -> frozenset[str]:
    """Kinds of agreements (`BAA`) that cover the account now."""
    return frozenset(row.body.kind for row in seen_by(runtime, reader, account) if row.body.state == "ACTIVE")


def tell(call: Call, tx: Transaction, row: Resource[CustomerAgreement]) -> None:
    """Have whom an agreement covers hear that it was entered or ended."""
    found = shown(call.partition, row)
    detail = {
        "customerAgreementId": row.name, "agreementName": found["name"], "agreementArn": found["agreementArn"],
        "awsAccountId": row.account, "state": found["state"],
    }  # fmt: skip

    def covers(account: str) -> bool:
        wide = bool(row.body.organization)
        return account == row.account or (wide and together(call.runtime, tx, account, row.account))

    announce(
        call.runtime, tx, AGREEMENT_STATUS, detail, arn=found["arn"], region=call.region, now=call.now, concerns=covers
    )


def shown(partition: str, row: Resource[CustomerAgreement]) -> dict[str, Any]:
    """A `CustomerAgreementSummary`."""
    body = row.body
    return {
        "name": body.title,
        "arn": customer_agreement_arn(partition, row.account, row.name),
        "id": row.name,
        "agreementArn": agreement_arn(partition, body.agreement),
        "awsAccountId": row.account,
        **({"organizationArn": body.organization} if body.organization else {}),
        "effectiveStart": body.start,
        **({} if body.end is None else {"effectiveEnd": body.end}),
        "state": body.state,
        "description": body.description,
        "acceptanceTerms": list(body.acceptance_terms),
        "terminateTerms": list(body.terminate_terms),
        "type": "DEFAULT",
    }


@operation("artifact", "ListCustomerAgreements", access="read")
def list_customer_agreements(call: Call, reader: Reader) -> dict[str, Any]:
    found = [shown(call.partition, row) for row in seen_by(call.runtime, reader, call.account)]
    some, rest = page(call, found, lambda one: one["id"])
    return {"customerAgreements": some, **rest}


def _load(call: Call, reader: Reader) -> Resource[CustomerAgreement]:
    id = call.params["customerAgreementId"]
    row = next((one for one in seen_by(call.runtime, reader, call.account) if one.name == id), None)
    if row is None:
        raise not_found("customer-agreement", id)
    return row


@operation("artifact", "GetCustomerAgreement", access="write")
def get_customer_agreement(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _load(call, tx)
    body = row.body
    told = {
        "documentPresignedUrl": downloads.link(
            call, f"agreements/{body.agreement}/{body.revision}", "text/plain; charset=utf-8"
        ),
        "terminateTerms": list(body.terminate_terms),
    }
    if body.state == "ACTIVE" and row.account == call.account:
        told["terminateAgreementToken"] = steps.give(call, tx, "terminate", row.name, body.revision)
    return told


@operation("artifact", "TerminateAgreement", access="write")
def terminate_agreement(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _load(call, tx)
    if row.account != call.account:
        raise invalid("Only the account that accepted an agreement ends it.", "customerAgreementId")
    if row.body.state != "ACTIVE":
        raise conflict("The agreement has ended already.", "customer-agreement", row.name)
    token = call.params["terminateAgreementToken"]
    steps.take(call, tx, token, "terminateAgreementToken", "terminate", row.name, row.body.revision)
    ended = tx.update(row, msgspec.structs.replace(row.body, state="CUSTOMER_TERMINATED", end=call.now))
    tell(call, tx, ended)
    return {"customerAgreement": shown(call.partition, ended)}

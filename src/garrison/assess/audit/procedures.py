"""Procedures of an audit that are no checks of the account: what an auditor does about the audit's own ground."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from garrison.assess.ledger import Ledger, LedgerError
from garrison.checks.api import NotRead
from garrison.checks.check import Status
from garrison.checks.snapshot import Snapshot


class Procedure(msgspec.Struct, frozen=True):
    """What came of one."""

    name: str
    status: Status
    reason: str
    observed: dict[str, Any] = {}
    """What must stay so for an attestation to hold."""


Run = Callable[[Snapshot, Ledger], Procedure]


def _evidence_intact(account: Snapshot, ledger: Ledger) -> Procedure:
    """Every record, seal and signature of earlier runs, verified again."""
    try:
        found = ledger.verify()
    except LedgerError as e:
        return Procedure("evidence-intact", Status.NOT_AVAILABLE, str(e))
    if not found.runs:
        return Procedure("evidence-intact", Status.NOT_APPLICABLE, "nothing was recorded before this audit")
    if found.intact:
        return Procedure("evidence-intact", Status.PASS, f"{found.records} records of {found.runs} runs are intact")
    first = found.problems[0]
    return Procedure("evidence-intact", Status.FAIL, f"{first.where}: {first.what}", {"problems": len(found.problems)})


def _organization_known(account: Snapshot, ledger: Ledger) -> Procedure:
    """Whether it is known who manages the account, and which accounts there are beside it."""
    try:
        membership = account.fact("organization-membership")
    except NotRead as e:
        return Procedure("organization-known", Status.NOT_AVAILABLE, str(e))
    if membership is None:
        return Procedure("organization-known", Status.NOT_APPLICABLE, "the account is in no organization")
    id = membership["Id"]
    return Procedure("organization-known", Status.PASS, f"the account is in organization {id}", {"organization": id})


PROCEDURES: dict[str, Run] = {"evidence-intact": _evidence_intact, "organization-known": _organization_known}

"""Assessments: which there were, what they said, and a new one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.assess.audit import built_in
from garrison.assess.diff import difference
from garrison.assess.kept import Kept, assessment, assessments
from garrison.assess.ledger import LedgerError
from garrison.assess.starting import Running, running, start
from garrison.assess.verified import intact, verified
from garrison.aws.errors import AwsError
from garrison.checks.check import SEVERITIES, Result, Status
from garrison.evidence.verify import Verified
from garrison.services.assessments import seen
from garrison.services.operation import operation
from garrison.services.paging import BadToken, cut
from garrison.store import Reader

PAGE = 50
"""Assessments of a page, unless the caller says otherwise."""
RESULTS = 100
"""Results of a page, unless the caller says otherwise."""
_PROBLEMS = 20
_ORDER = (Status.FAIL, Status.NOT_AVAILABLE, Status.EXCEPTED, Status.PASS, Status.NOT_APPLICABLE)


@operation("garrison", "ListAssessments", access="read")
def list_assessments(call: Call, reader: Reader) -> None:
    visible, evidence = seen.accounts(call, reader), seen.directory(call)

    def read() -> dict[str, Any]:
        seen.told(lambda: intact(evidence))
        found = {f"{10**9 - one.run.number:010}": one for one in seen.told(lambda: [*assessments(evidence, visible)])}
        shown, more = page(call, found, PAGE)
        return {"assessments": [summary(found[key]) for key in shown], "running": running(evidence), **more}

    call.later = read


@operation("garrison", "GetAssessment", access="read")
def get_assessment(call: Call, reader: Reader) -> None:
    visible, evidence = seen.accounts(call, reader), seen.directory(call)

    def read() -> dict[str, Any]:
        id = call.params.get("assessmentId")
        try:
            # Of evidence that was altered this one operation still tells, because it is the one that says so.
            found = assessment(evidence, visible, id)
        except LedgerError as e:
            fields = {"resourceType": "assessment", **({"resourceId": id} if id else {})}
            raise AwsError("ResourceNotFoundException", str(e), status=404, fields=fields) from None
        state = seen.told(lambda: verified(evidence))
        return {
            "assessment": summary(found),
            "evidence": evidence_state(state),
            "running": running(evidence),
            "now": call.now,
        }

    call.later = read


@operation("garrison", "ListAssessmentResults", access="read")
def list_assessment_results(call: Call, reader: Reader) -> None:
    visible = seen.accounts(call, reader)

    def read() -> dict[str, Any]:
        params = call.params
        one = seen.wanted(call, visible)
        several = {
            f"{_ORDER.index(result.status)} {SEVERITIES.index(result.severity)} {n:08}": (hash, result)
            for n, (hash, result) in enumerate(one.results)
            if params.get("checkId") in (None, result.check)
            and params.get("status") in (None, result.status.value)
            and params.get("accountId") in (None, result.account)
            and params.get("subject") in (None, result.outcome.subject)
        }
        shown, more = page(call, several, RESULTS)
        rows = [told_result(*several[key], when=one.finished) for key in shown]
        return {"assessmentId": one.run.id, "results": rows, **more}

    call.later = read


@operation("garrison", "GetAssessmentChanges", access="read")
def get_assessment_changes(call: Call, reader: Reader) -> None:
    visible, named = seen.accounts(call, reader), call.params.get("beforeId")

    def read() -> dict[str, Any]:
        after = seen.wanted(call, visible)
        earlier = (one for one in assessments(seen.directory(call), visible) if one.run.number < after.run.number)
        before = next((one for one in earlier if (one.compares(after) if named is None else one.run.id == named)), None)
        if before is None:
            fields = {"resourceType": "assessment", **({"resourceId": named} if named else {})}
            message = f"There is no such assessment before {after.run.id}."
            raise AwsError("ResourceNotFoundException", message, status=404, fields=fields)
        changes = difference([result for _, result in before.results], [result for _, result in after.results])
        return {
            "assessmentId": after.run.id,
            "beforeId": before.run.id,
            "beforeAt": float(before.finished),
            "changes": [msgspec.to_builtins(one) for one in changes],
        }

    call.later = read


@operation("garrison", "StartAssessment", access="read")
def start_assessment(call: Call, reader: Reader) -> None:
    # Registered as a read because it changes no resource of the store; what it makes is evidence.
    visible, evidence = seen.accounts(call, reader), seen.directory(call)

    checklist = call.params.get("checklist")
    if checklist is not None and checklist not in built_in():
        fields = {"resourceId": checklist, "resourceType": "checklist"}
        message = f"There is no checklist {checklist}."
        raise AwsError("ResourceNotFoundException", message, status=404, fields=fields)

    def begin() -> dict[str, Any]:
        try:
            act = call.runtime.first_account in visible
            start(evidence.parent, evidence, visible, act=act, checklist=checklist)
        except Running:
            fields = {"resourceId": "running", "resourceType": "assessment"}
            message = "An assessment is being made already."
            raise AwsError("ConflictException", message, status=409, fields=fields) from None
        return {"accounts": visible}

    call.later = begin


def summary(one: Kept) -> dict[str, Any]:
    """`AssessmentSummary`."""
    about = one.about
    return {
        "assessmentId": one.run.id,
        "number": one.run.number,
        "source": f"{about['source']['kind']} {about['source']['name']}".strip(),
        "collector": about["collector"],
        "accounts": list(one.accounts),
        "startedAt": float(about["started"]),
        "finishedAt": float(about["finished"]),
        "checks": len(about["checks"]),
        "whole": one.whole,
        "notTried": list(about["not_tried"]),
        "statuses": {status.value: n for status, n in one.statuses.items()},
        "failures": dict(one.failures),
    }


def evidence_state(found: Verified) -> dict[str, Any]:
    """`EvidenceState`."""
    return {
        "intact": found.intact,
        "runs": found.runs,
        "records": found.records,
        "head": found.head,
        "keys": list(found.keys),
        "problems": [{"where": one.where, "what": one.what} for one in found.problems[:_PROBLEMS]],
    }


def told_result(hash: str, result: Result, *, when: int) -> dict[str, Any]:
    """`AssessmentResult`."""
    outcome, fix = result.outcome, result.outcome.fix
    return seen.empty(
        {
            "evidenceId": hash,
            "checkId": result.check,
            "version": result.version,
            "title": result.title,
            "severity": result.severity,
            "status": result.status.value,
            "accountId": result.account,
            "subject": outcome.subject,
            "reason": outcome.reason,
            "observed": outcome.observed,
            "examined": outcome.examined,
            "cells": list(result.cells),
            "behavioural": result.behavioural,
            "exceptionId": result.exception,
            "collectedAt": float(when),
            "fix": [] if fix is None else list(fix.commands),
            "fixAccount": "" if fix is None else fix.account,
            "fixNote": "" if fix is None else fix.note,
        }
    )


def page(call: Call, keys: Iterable[str], most: int) -> tuple[list[str], dict[str, Any]]:
    """One page of keys, and the answer's paging member."""
    limit = int(call.params.get("maxResults") or most)
    try:
        shown, token = cut(call, keys, str, limit=limit, token=call.params.get("nextToken"))
    except BadToken:
        raise AwsError("ValidationException", "The nextToken is not one this operation gave out.") from None
    return shown, {} if token is None else {"nextToken": token}

"""Compliance frameworks, and where assessments leave them."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

from garrison.access.call import Call
from garrison.assess.frameworks import ControlResult, Framework, Standing, built_in, load, standing
from garrison.assess.kept import Kept, assessments, speaks_of
from garrison.assess.report.bundle import NAMES, forms
from garrison.assess.report.pdf import NoTypst
from garrison.assess.report.told import SENTENCES
from garrison.assess.verified import intact
from garrison.aws.errors import AwsError
from garrison.checks import load as load_checks
from garrison.checks.check import Result
from garrison.services.assessments import seen
from garrison.services.assessments.assessments import told_result
from garrison.services.operation import operation
from garrison.store import Reader

TREND = 20
"""Assessments of a trend, unless the caller says otherwise."""
_SHOWN = 20
"""Results shown of one control and kind."""
_TYPES = {
    "html": "text/html; charset=utf-8", "pdf": "application/pdf", "csv": "text/csv; charset=utf-8",
    "junit": "application/xml", "oscal": "application/json", "json": "application/json", "sarif": "application/json",
}  # fmt: skip


@operation("garrison", "ListFrameworks", access="read")
def list_frameworks(call: Call, reader: Reader) -> dict[str, Any]:
    return {"frameworks": [_summary(_framework(id)) for id in built_in()]}


@operation("garrison", "GetFrameworkStanding", access="read")
def get_framework_standing(call: Call, reader: Reader) -> None:
    visible, framework = seen.accounts(call, reader), _asked(call)

    def read() -> dict[str, Any]:
        one = seen.wanted(call, visible)
        found = _standing(framework, one)
        shown = () if call.params.get("countsOnly") else found.controls
        hashes = {id(result): hash for hash, result in one.results}
        return {
            "framework": _summary(framework),
            "assessmentId": one.run.id,
            "finishedAt": float(one.finished),
            "statuses": {status.value: n for status, n in found.counts.items()},
            "assessed": found.assessed,
            "meanings": {status.value: text for status, text in SENTENCES.items()},
            "controls": [_control(control, hashes, one.finished) for control in shown],
        }

    call.later = read


@operation("garrison", "GetFrameworkTrend", access="read")
def get_framework_trend(call: Call, reader: Reader) -> None:
    visible, framework, evidence = seen.accounts(call, reader), _asked(call), seen.directory(call)
    most = int(call.params.get("maxResults") or TREND)

    def read() -> dict[str, Any]:
        seen.told(lambda: intact(evidence))
        points: list[dict[str, Any]] = []
        for one in seen.told(lambda: [*assessments(evidence, visible)]):
            if speaks_of(framework.checks, one.asked) and len(points) < most:
                found = _standing(framework, one)
                points.append(
                    {
                        "assessmentId": one.run.id,
                        "finishedAt": float(one.finished),
                        "statuses": {status.value: n for status, n in found.counts.items()},
                        "assessed": found.assessed,
                        "requirements": len(found.controls),
                    }
                )
        return {"points": points[::-1]}

    call.later = read


@operation("garrison", "GetFrameworkReport", access="read")
def get_framework_report(call: Call, reader: Reader) -> None:
    visible, framework, form = seen.accounts(call, reader), _asked(call), call.params["form"]

    def read() -> dict[str, Any]:
        one = seen.wanted(call, visible)
        try:
            document = forms(framework, one.run, (form,), one.accounts)[form]
        except NoTypst as e:
            raise AwsError("ValidationException", str(e)) from None
        return {
            "document": document,
            "mediaType": _TYPES[form],
            "fileName": f"{framework.id}-{one.run.id}-{NAMES[form]}",
            "sha256": hashlib.sha256(document).hexdigest(),
        }

    call.later = read


@cache
def _framework(id: str) -> Framework:
    return load(id, load_checks())


def _asked(call: Call) -> Framework:
    id = call.params["framework"]
    if id not in built_in():
        fields = {"resourceId": id, "resourceType": "framework"}
        raise AwsError("ResourceNotFoundException", f"There is no framework {id}.", status=404, fields=fields)
    return _framework(id)


def _standing(framework: Framework, one: Kept) -> Standing:
    return standing(framework, [result for _, result in one.results])


def _summary(framework: Framework) -> dict[str, Any]:
    return {
        "framework": framework.id,
        "title": framework.title,
        "version": framework.version,
        "source": framework.source,
        "note": framework.note,
        "requirements": len(framework.controls),
        "assessable": sum(bool(control.checks) for control in framework.controls),
        "checks": sorted(framework.checks),
    }


def _control(found: ControlResult, hashes: dict[int, str], when: int) -> dict[str, Any]:
    def rows(several: tuple[Result, ...]) -> list[dict[str, Any]]:
        return [told_result(hashes[id(one)], one, when=when) for one in several[:_SHOWN]]

    return {
        "controlId": found.control.id,
        "title": found.control.title,
        "kind": found.control.kind,
        "status": found.status.value,
        "partly": found.control.partly,
        "checks": list(found.control.checks),
        "notAsked": list(found.not_asked),
        "passed": found.passed,
        "failed": len(found.failing),
        "unknown": len(found.unknown),
        "excepted": len(found.excepted),
        "results": [*rows(found.failing), *rows(found.unknown), *rows(found.excepted)],
    }

"""The risk and compliance overview: everything that is known of the account now, on one page."""

from __future__ import annotations

from collections import Counter
from typing import Any

from garrison.centre.calls import Calls, Refusal, Tried, attempt, together
from garrison.centre.pages.assessments import counted
from garrison.centre.pages.checks import grouped
from garrison.centre.pages.frameworks import asking, seen
from garrison.centre.pages.responsibility import matrix
from garrison.centre.visit import Visit
from garrison.signin.answer import Answer

_GAPS = 8
_THREATS = 4
_MOST = 100
_TREND = 12
_GRAVE = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.0, "low"))
"""GuardDuty's severities by their least number (GuardDuty user guide, "Severity levels of findings")."""


def overview(visit: Visit) -> Answer:
    """The first page."""
    if visit.standing.refusal is not None and visit.standing.refusal.denied:
        raise visit.standing.refusal
    calls = visit.calls
    asked = attempt(lambda: asking(calls))
    each = {f"framework {id}": ask for id, ask in (asked.value or {}).items()}
    found = together(
        failures=lambda: calls.pages("garrison", "ListAssessmentResults", "results", status="FAIL", maxResults=500),
        runs=lambda: calls.pages("garrison", "ListAssessments", "assessments", _TREND, maxResults=_TREND),
        changes=lambda: calls.ask("garrison", "GetAssessmentChanges"),
        guardduty=lambda: _guardduty(calls),
        inspector=lambda: _inspector(calls),
        shield=lambda: _shield(calls),
        agreements=lambda: calls.pages("artifact", "ListCustomerAgreements", "customerAgreements"),
        regulations=lambda: calls.ask("garrison", "GetAccountRegulations"),
        matrix=lambda: matrix(calls, in_use=True),
        **each,
    )
    found["frameworks"] = seen({name: found.pop(name) for name in each}) if asked.ok else asked
    changed = counted(found["changes"].value["changes"]) if found["changes"].ok else {}
    return visit.page(
        "overview.html", found=found, gaps=_gaps(found), points=_points(found["runs"]), changed=changed
    )  # fmt: skip


def _gaps(found: dict[str, Tried]) -> list[dict[str, Any]]:
    """Checks that fail, the gravest first, each with the frameworks that ask for it."""
    if not found["failures"].ok:
        return []
    asked: dict[str, list[dict[str, Any]]] = {}
    for one in found["frameworks"].value or () if found["frameworks"].ok else ():
        for check in one["framework"]["checks"]:
            asked.setdefault(check, []).append(one["framework"])
    several = grouped(found["failures"].value)
    return [gap | {"frameworks": asked.get(gap["check"], [])} for gap in several[:_GAPS]]


def _points(runs: Tried) -> list[dict[str, Any]]:
    if not runs.ok:
        return []
    whole = [one for one in runs.value if one["whole"]] or runs.value
    return [{"when": one["finishedAt"], "failures": one["failures"]} for one in reversed(whole)]


def _guardduty(calls: Calls) -> dict[str, Any]:
    detectors = calls.ask("guardduty", "ListDetectors").get("DetectorIds", [])
    several: list[dict[str, Any]] = []
    for detector in detectors[:1]:
        ids = calls.pages(
            "guardduty", "ListFindings", "FindingIds", _MOST, DetectorId=detector, MaxResults=50,
            FindingCriteria={"Criterion": {"service.archived": {"Eq": ["false"]}}},
            SortCriteria={"AttributeName": "severity", "OrderBy": "DESC"},
        )  # fmt: skip
        for start in range(0, len(ids), 50):
            asked = {"DetectorId": detector, "FindingIds": ids[start : start + 50]}
            several += calls.ask("guardduty", "GetFindings", **asked).get("Findings", [])
    several.sort(key=lambda one: -float(one["Severity"]))
    rows = [
        {
            "severity": next(word for least, word in _GRAVE if float(one["Severity"]) >= least),
            "title": one["Title"], "type": one["Type"], "account": one["AccountId"], "when": one["UpdatedAt"],
            "count": one.get("Service", {}).get("Count", 1),
        }
        for one in several
    ]  # fmt: skip
    return _told(rows, on=bool(detectors), most=len(several) >= _MOST)


def _inspector(calls: Calls) -> dict[str, Any]:
    active = {"findingStatus": [{"comparison": "EQUALS", "value": "ACTIVE"}]}
    try:
        several = calls.pages(
            "inspector2", "ListFindings", "findings", _MOST, filterCriteria=active, maxResults=100,
            sortCriteria={"field": "SEVERITY", "sortOrder": "DESC"},
        )  # fmt: skip
    except Refusal as e:
        if e.denied and "is not enabled" in e.message:
            return _told([], on=False, most=False)
        raise
    rows = [
        {
            "severity": one["severity"].lower(),
            "title": one["title"], "type": ", ".join(r["id"] for r in one.get("resources", ())[:2]),
            "account": one["awsAccountId"], "when": one.get("updatedAt") or one["lastObservedAt"], "count": 1,
        }
        for one in several
    ]  # fmt: skip
    return _told(rows, on=True, most=len(several) >= _MOST)


def _shield(calls: Calls) -> dict[str, Any]:
    state = calls.ask("shield", "GetSubscriptionState")["SubscriptionState"]
    attacks = calls.pages("shield", "ListAttacks", "AttackSummaries", _MOST) if state == "ACTIVE" else []
    rows = [
        {
            "severity": "low" if one.get("EndTime") else "high",
            "title": ", ".join(vector["VectorType"] for vector in one.get("AttackVectors", ())) or "attack",
            "type": one.get("ResourceArn", ""), "account": "", "when": one["StartTime"], "count": 1,
        }
        for one in attacks
    ]  # fmt: skip
    return _told(rows, on=state == "ACTIVE", most=False)


def _told(rows: list[dict[str, Any]], *, on: bool, most: bool) -> dict[str, Any]:
    counted = Counter(row["severity"] for row in rows)
    return {"on": on, "rows": rows[:_THREATS], "all": len(rows), "most": most, "counts": dict(counted)}

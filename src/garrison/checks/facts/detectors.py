"""GuardDuty in every region that is assessed: whether it is on, what it watches, what it has found."""

from __future__ import annotations

from typing import Any

from garrison.checks.api import Api, pages
from garrison.checks.fact import fact

GRAVE = 7
"""Severity from which GuardDuty calls a finding high."""


@fact("detectors", "guardduty:ListDetectors", "guardduty:GetDetector", "guardduty:ListFindings")
def detectors(api: Api) -> list[dict[str, Any]]:
    """For each region: `Region`, `DetectorId` and `Status` (None where there is no detector), `Features` (name ->
    status), and `Grave`: ids of findings that are high or critical and not archived."""
    return [_detector(place) for place in api.regional()]


def _detector(api: Api) -> dict[str, Any]:
    ids = list(pages(api, "guardduty", "ListDetectors", "DetectorIds"))
    if not ids:
        return {"Region": api.region, "DetectorId": None, "Status": None, "Features": {}, "Grave": []}
    found = api.call("guardduty", "GetDetector", DetectorId=ids[0])
    wanted = {"service.archived": {"Eq": ["false"]}, "severity": {"GreaterThanOrEqual": GRAVE}}
    criteria = {"Criterion": wanted}
    grave = pages(api, "guardduty", "ListFindings", "FindingIds", DetectorId=ids[0], FindingCriteria=criteria)
    return {
        "Region": api.region,
        "DetectorId": ids[0],
        "Status": found.get("Status"),
        "Features": {one["Name"]: one["Status"] for one in found.get("Features") or ()},
        "Grave": list(grave),
    }

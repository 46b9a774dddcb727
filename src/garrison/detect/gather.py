"""Detections gathered into findings, as they come, in little memory: what a run over files has to show."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.detect.detection import Detection
from garrison.detect.engine import finding_of, occurrence_of
from garrison.detect.finding import iso, to_finding

LEVELS = {"critical": 9.0, "high": 7.0, "medium": 4.0, "low": 1.0}
"""The lowest severity of each level (GuardDuty user guide, "Severity levels of GuardDuty findings")."""


def level(severity: float) -> str:
    """`critical`, `high`, `medium` or `low`."""
    return next((name for name, least in LEVELS.items() if severity >= least), "low")


class _Issue(msgspec.Struct):
    latest: Detection
    first: float
    occurrences: set[bytes]


class Gathered:
    """`tell` it detections, then ask for the findings."""

    def __init__(self) -> None:
        self._issues: dict[bytes, _Issue] = {}

    def tell(self, detection: Detection) -> None:
        """One more occurrence, or one that says more than before."""
        issue = self._issues.setdefault(finding_of(detection), _Issue(detection, detection.first, set()))
        issue.occurrences.add(occurrence_of(detection))
        issue.first = min(issue.first, detection.first)
        if detection.last >= issue.latest.last:
            issue.latest = detection

    def findings(self) -> list[dict[str, Any]]:
        """In GuardDuty's JSON, the worst first, then the latest."""
        made = []
        for issue in self._issues.values():
            finding = to_finding([issue.latest])
            finding["service"]["count"] = len(issue.occurrences)
            finding["service"]["eventFirstSeen"] = iso(issue.first)
            made.append(finding)
        made.sort(key=lambda finding: finding["service"]["eventLastSeen"], reverse=True)
        made.sort(key=lambda finding: -finding["severity"])
        return made

"""Detections gathered into findings, as they come, in little memory: what a run over files has to show."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.detect.detection import Detection
from garrison.detect.engine import finding_of, occurrence_of
from garrison.detect.finding import iso, to_finding

_NONE = "0" * 32
"""The detector of findings that none made."""


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
            finding = to_finding([issue.latest], detector_id=_NONE)
            finding["service"]["count"] = len(issue.occurrences)
            finding["service"]["eventFirstSeen"] = iso(issue.first)
            made.append(finding)
        made.sort(key=lambda finding: finding["service"]["eventLastSeen"], reverse=True)
        made.sort(key=lambda finding: -finding["severity"])
        return made

"""Findings as OCSF events of the class Detection Finding (2004), with the cloud profile.

Source: OCSF schema 1.3.0, "Detection Finding [2004]".
"""

from __future__ import annotations

from typing import Any

from garrison import __version__
from garrison.detect.finding import seconds
from garrison.detect.report.subject import subject
from garrison.detect.severity import level

_VERSION = "1.3.0"
_SEVERITIES = {"low": (2, "Low"), "medium": (3, "Medium"), "high": (4, "High"), "critical": (5, "Critical")}
_CREATE, _UPDATE = 1, 2


def ocsf(finding: dict[str, Any]) -> dict[str, Any]:
    """One finding. Times are milliseconds since 1970."""
    service = finding["service"]
    severity_id, severity = _SEVERITIES[level(finding["severity"])]
    activity = _CREATE if service["count"] == 1 else _UPDATE
    last = _time(service["eventLastSeen"])
    return {
        "activity_id": activity,
        "activity_name": "Create" if activity == _CREATE else "Update",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "type_uid": 200400 + activity,
        "time": last,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": 5 if service.get("archived") else 1,
        "status": "Archived" if service.get("archived") else "New",
        "count": service["count"],
        "message": finding["title"],
        "metadata": {
            "version": _VERSION,
            "profiles": ["cloud"],
            "product": {"name": "Garrison", "vendor_name": "Garrison", "version": __version__},
            "event_code": finding["type"],
        },
        "cloud": {
            "provider": "AWS",
            "region": finding["region"],
            "account": {"uid": finding["accountId"], "type": "AWS Account", "type_id": 10},
        },
        "finding_info": {
            "uid": finding["id"],
            "title": finding["title"],
            "desc": finding["description"],
            "types": [finding["type"]],
            "created_time": _time(finding["createdAt"]),
            "modified_time": _time(finding["updatedAt"]),
            "first_seen_time": _time(service["eventFirstSeen"]),
            "last_seen_time": last,
        },
        "resources": [
            {
                "uid": subject(finding).partition(" ")[2] or subject(finding),
                "type": finding["resource"].get("resourceType", ""),
                "region": finding["region"],
                "data": finding["resource"],
            }
        ],
        "evidences": [{"data": service["action"]}],
    }


def _time(text: str) -> int:
    return round(seconds(text) * 1000)

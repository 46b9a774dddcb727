"""A report as OSCAL assessment results, version 1.1.2 (NIST, "Assessment Results Model").

Identifiers are derived from what they name, so that the same run gives the same document.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

_SPACE = uuid.UUID("6d2f5e0a-9d8b-4a55-9c3f-7f3f0a8f4f5e")
_STATE = {"GAP": "not-satisfied", "SATISFIED": "satisfied", "PARTLY": "not-satisfied", "NOT_AVAILABLE": "not-satisfied"}
_REASON = {"GAP": "fail", "SATISFIED": "pass", "PARTLY": "other", "NOT_AVAILABLE": "other"}
"""`reason` of an objective's status; `other` says that it was not shown, and the remarks say why."""


def oscal(report: Mapping[str, Any]) -> dict[str, Any]:
    """The document; `report` is what `told` gives. Controls that nothing looked at are in none of its findings."""
    run, framework = report["run"], report["framework"]
    observations: dict[str, dict[str, Any]] = {}
    findings = []
    for control in report["controls"]:
        if control["status"] not in _STATE:
            continue
        related = []
        for kind in ("failures", "unread", "exceptions"):
            for one in control[kind]:
                id = _id(run, kind, one["check"], one["account"], one["subject"], one["reason"])
                observations.setdefault(id, _observation(id, one, report))
                related.append({"observation-uuid": id})
        finding: dict[str, Any] = {
            "uuid": _id(run, framework["id"], control["id"]),
            "title": f"{control['id']}: {control['title']}",
            "description": f"{control['passed']} results passed, {control['failed']} failed, "
            f"{control['unknown']} could not be read, {control['excepted']} are excepted.",
            "target": {
                "type": "objective-id",
                "target-id": _token(control["id"]),
                "status": {
                    "state": _STATE[control["status"]],
                    "reason": _REASON[control["status"]],
                    "remarks": report["meanings"][control["status"]],
                },
            },
        }
        if related:
            finding["related-observations"] = related
        findings.append(finding)
    result: dict[str, Any] = {
        "uuid": _id(run, framework["id"], "result"),
        "title": f"{framework['title']} {framework['version']}",
        "description": framework["note"],
        "start": report["started"],
        "end": report["finished"],
        "reviewed-controls": {
            "control-selections": [
                {"include-controls": [{"control-id": _token(c["id"])} for c in report["controls"] if c["checks"]]}
            ]
        },
        "findings": findings,
    }
    if observations:
        result["observations"] = list(observations.values())
    return {
        "assessment-results": {
            "uuid": _id(run, framework["id"]),
            "metadata": {
                "title": f"Assessment of {report['source']} against {framework['title']} {framework['version']}",
                "last-modified": report["finished"],
                "version": run,
                "oscal-version": "1.1.2",
            },
            "import-ap": {"href": f"#{_id(framework['id'], 'plan')}"},
            "results": [result],
            "back-matter": {
                "resources": [
                    {
                        "uuid": _id(framework["id"], "plan"),
                        "title": f"{framework['title']} {framework['version']}",
                        "rlinks": [{"href": framework["source"]}],
                    }
                ]
            },
        }
    }


def _observation(id: str, one: Mapping[str, Any], report: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "uuid": id,
        "title": one["check"],
        "description": one["reason"],
        "methods": ["EXAMINE"],
        "subjects": [
            {"subject-uuid": _id(one["account"], one["subject"]), "type": "resource", "title": one["subject"]}
        ],
        "collected": report["finished"],
    }


def _id(*what: str) -> str:
    return str(uuid.uuid5(_SPACE, "\0".join(what)))


def _token(id: str) -> str:
    """OSCAL's tokens begin with a letter or `_`, and have letters, digits, `.`, `-` and `_`."""
    made = re.sub(r"[^A-Za-z0-9._-]+", "-", id).strip("-").lower()
    return made if made[:1].isalpha() else f"_{made}"

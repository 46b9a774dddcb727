"""Findings as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from garrison.services.inspector2.details import MEMBER
from garrison.services.inspector2.resources import NETWORK, PACKAGE, VULNERABILITY, Known, Vulnerable
from garrison.services.inspector2.seen import Seen
from garrison.store import Reader

_NETWORK_REMEDY = (
    "You can restrict access to your instance by modifying the Security Groups or ACLs in the network path."
)
_NONE = "None Provided"
"""What AWS says where the remedy stands with each package."""
_LONGEST = 1024


def shown(reader: Reader, seen: Seen) -> dict[str, Any]:
    """A finding in the API's shape."""
    finding = seen.finding
    answer: dict[str, Any] = {
        "findingArn": seen.arn,
        "awsAccountId": seen.account,
        "type": finding.type,
        "title": finding.title,
        "severity": finding.severity,
        "firstObservedAt": finding.first,
        "lastObservedAt": seen.last,
        "updatedAt": finding.updated,
        "status": seen.status,
        "resources": [_resource(seen)],
        "remediation": {"recommendation": {"text": _NETWORK_REMEDY if finding.type == NETWORK else _NONE}},
    }
    if finding.type == PACKAGE:
        known = known_of(reader, finding.vulnerability)
        answer["description"] = (known.description or finding.title)[:_LONGEST]
        answer |= _package(seen, known)
    elif finding.type == NETWORK:
        assert finding.path is not None
        answer["description"] = finding.description
        answer["networkReachabilityDetails"] = {
            "openPortRange": {"begin": finding.path.begin, "end": finding.path.end},
            "protocol": finding.path.protocol,
            "networkPath": {"steps": [dict(step) for step in finding.path.steps]},
        }
    else:
        answer["description"] = finding.description
        answer["codeVulnerabilityDetails"] = finding.code
        if finding.remedy:
            answer["remediation"] = {"recommendation": {"text": finding.remedy}}
    return answer


def known_of(reader: Reader, id: str) -> Known:
    """What is told of a vulnerability."""
    row = reader.get(VULNERABILITY, "", id)
    return Known() if row is None else row.body


def _package(seen: Seen, known: Known) -> dict[str, Any]:
    finding = seen.finding
    details: dict[str, Any] = {
        "vulnerabilityId": finding.vulnerability[:128],
        "source": finding.source,
        "cvss": [dict(one) for one in known.cvss],
        "relatedVulnerabilities": [one for one in finding.related if len(one) <= 128],
        "referenceUrls": list(known.references) or [finding.source_url or known.url],
        "vulnerablePackages": [_vulnerable(one) for one in finding.packages],
    }
    if finding.source_url:
        details["sourceUrl"] = finding.source_url
    if finding.vendor_severity:
        details["vendorSeverity"] = finding.vendor_severity
    for member, text in (("vendorCreatedAt", known.created), ("vendorUpdatedAt", known.updated)):
        if (moment := when(text)) is not None:
            details[member] = moment
    answer: dict[str, Any] = {
        "packageVulnerabilityDetails": details,
        "fixAvailable": finding.fix,
        "exploitAvailable": "YES" if finding.exploit else "NO",
    }
    if finding.score is not None:
        answer["inspectorScore"] = finding.score
        answer["inspectorScoreDetails"] = {"adjustedCvss": dict(finding.score_details)}
    if finding.epss is not None:
        answer["epss"] = {"score": finding.epss}
    if (moment := when(known.exploit_seen)) is not None:
        answer["exploitabilityDetails"] = {"lastKnownExploitAt": moment}
    return answer


def _vulnerable(one: Vulnerable) -> dict[str, Any]:
    answer: dict[str, Any] = {"name": one.name, "version": one.version, "packageManager": one.manager}
    answer["fixedInVersion"] = one.fixed or "NotAvailable"
    if one.epoch is not None:
        answer["epoch"] = one.epoch
    texts = {
        "release": one.release, "arch": one.arch, "filePath": one.path, "sourceLayerHash": one.layer,
        "remediation": one.remediation,
    }  # fmt: skip
    answer |= {member: value for member, value in texts.items() if value}
    return answer


def _resource(seen: Seen) -> dict[str, Any]:
    covered = seen.covered
    details: Mapping[str, Any] = dict(covered.details)
    if covered.platform and covered.type in ("AWS_EC2_INSTANCE", "AWS_ECR_CONTAINER_IMAGE"):
        details = {"platform": covered.platform, **details}
    return {
        "type": covered.type,
        "id": seen.resource,
        "partition": seen.partition,
        "region": seen.region,
        "tags": covered.tags,
        "details": {MEMBER[covered.type]: details},
    }


def when(text: str) -> float | None:
    """A source's time (RFC 3339, or as much of it as there is) in seconds since the epoch."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

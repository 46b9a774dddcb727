"""What CIS scans found: per resource, per check, and each check on each resource."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from garrison.access.call import Call
from garrison.services.inspector2 import criteria
from garrison.services.inspector2.arns import owned_arn
from garrison.services.inspector2.cis.resources import ENDED, Check, Job
from garrison.services.inspector2.cis.scans import checks as checks_of
from garrison.services.inspector2.cis.scans import jobs, load, scan_arn
from garrison.services.inspector2.errors import invalid
from garrison.services.inspector2.paging import page
from garrison.services.inspector2.state import needed
from garrison.services.inspector2.threads import on_a_thread
from garrison.services.operation import operation
from garrison.store import Reader, Resource

_FINDINGS = uuid.UUID("2f1d9f0e-6f52-5d55-9a57-0d2a1c7b8e44")


def finding_arn(call: Call, job: Resource[Job], check: str) -> str:
    """The ARN of a check's result on a resource: always the same one."""
    id = str(uuid.uuid5(_FINDINGS, f"{job.id}/{check}"))
    return owned_arn(call.partition, job.region, job.account, "cis-finding", id)


def _counts(statuses: Iterator[str] | list[str]) -> dict[str, int]:
    counted = Counter(statuses)
    return {name: counted.get(name.upper(), 0) for name in ("failed", "skipped", "passed")}


def _texts(row: dict[str, Any], wanted: dict[str, Any], names: dict[str, str]) -> bool:
    """Whether a row fits filters on its members: filter -> member."""
    return all(criteria.text((str(row.get(member, "")),), wanted.get(key) or ()) for key, member in names.items())


def _page(
    call: Call, rows: list[dict[str, Any]], by: Callable[[dict[str, Any]], Any], unique: tuple[str, ...], default: int
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    return page(
        call,
        rows,
        key=lambda row: (by(row), *(str(row.get(name, "")) for name in unique)),
        default=default,
        descending=call.params.get("sortOrder") == "DESC",
    )


@operation("inspector2", "GetCisScanResultDetails", access="read")
@on_a_thread
def get_cis_scan_result_details(call: Call, reader: Reader) -> dict[str, Any]:
    needed(call, reader)
    scan = load(call, reader)
    resource, account = call.params["targetResourceId"], call.params["accountId"]
    found = [j for j in jobs(call, reader, scan) if (j.body.resource, j.body.account) == (resource, account)]
    if not found:
        raise invalid("The resource is no target of the scan.", "targetResourceId")
    wanted = call.params.get("filterCriteria") or {}
    names = {
        "findingStatusFilters": "status",
        "checkIdFilters": "checkId",
        "titleFilters": "title",
        "securityLevelFilters": "level",
        "findingArnFilters": "findingArn",
    }
    rows = [
        row
        for job in found
        for id, check in checks_of(reader, job).items()
        if _texts(row := _detail(call, scan_arn(call, scan), job, id, check), wanted, names)
    ]
    by = "status" if call.params.get("sortBy") == "STATUS" else "checkId"
    some, rest = _page(call, rows, lambda row: row[by], ("checkId", "findingArn"), 1000)
    return {"scanResultDetails": some, **rest}


def _detail(call: Call, arn: str, job: Resource[Job], id: str, check: Check) -> dict[str, Any]:
    body = job.body
    answer = {
        "scanArn": arn,
        "accountId": body.account,
        "targetResourceId": body.resource,
        "platform": body.platform,
        "status": check.status,
        "statusReason": check.reason,
        "checkId": id,
        "title": check.title,
        "checkDescription": check.description,
        "remediation": check.remediation,
        "level": check.level,
        "findingArn": finding_arn(call, job, id),
    }
    return {name: value for name, value in answer.items() if value}


_CHECKS_BY = {
    "CHECK_ID": lambda row: row["checkId"],
    "TITLE": lambda row: row["title"],
    "PLATFORM": lambda row: row.get("platform", ""),
    "FAILED_COUNTS": lambda row: row["statusCounts"]["failed"],
    "SECURITY_LEVEL": lambda row: row.get("level", ""),
}


@operation("inspector2", "ListCisScanResultsAggregatedByChecks", access="read")
@on_a_thread
def list_cis_scan_results_aggregated_by_checks(call: Call, reader: Reader) -> dict[str, Any]:
    needed(call, reader)
    scan = load(call, reader)
    wanted = call.params.get("filterCriteria") or {}
    groups: dict[tuple[str, str, str], list[Check]] = {}
    for job in jobs(call, reader, scan):
        for id, check in checks_of(reader, job).items():
            groups.setdefault((job.body.account, id, job.body.platform), []).append(check)
    names = {
        "accountIdFilters": "accountId",
        "checkIdFilters": "checkId",
        "titleFilters": "title",
        "platformFilters": "platform",
        "securityLevelFilters": "level",
    }
    rows = []
    for (account, id, platform), checks in groups.items():
        told = {
            "scanArn": scan_arn(call, scan),
            "checkId": id,
            "title": checks[0].title,
            "checkDescription": checks[0].description,
            "level": checks[0].level,
            "accountId": account,
            "platform": platform,
        }
        row: dict[str, Any] = {name: value for name, value in told.items() if value}
        row["statusCounts"] = _counts([check.status for check in checks])
        failed = wanted.get("failedResourcesFilters")
        if _texts(row, wanted, names) and (not failed or criteria.numbers(row["statusCounts"]["failed"], failed)):
            rows.append(row)
    by = _CHECKS_BY[call.params.get("sortBy", "CHECK_ID")]
    some, rest = _page(call, rows, by, ("checkId", "accountId", "platform"), 100)
    return {"checkAggregations": some, **rest}


_TARGETS_BY = {
    "RESOURCE_ID": lambda row: row["targetResourceId"],
    "FAILED_COUNTS": lambda row: row["statusCounts"]["failed"],
    "ACCOUNT_ID": lambda row: row["accountId"],
    "PLATFORM": lambda row: row.get("platform", ""),
    "TARGET_STATUS": lambda row: row.get("targetStatus", ""),
    "TARGET_STATUS_REASON": lambda row: row.get("targetStatusReason", ""),
}


@operation("inspector2", "ListCisScanResultsAggregatedByTargetResource", access="read")
@on_a_thread
def list_cis_scan_results_aggregated_by_target_resource(call: Call, reader: Reader) -> dict[str, Any]:
    needed(call, reader)
    scan = load(call, reader)
    wanted = call.params.get("filterCriteria") or {}
    names = {
        "accountIdFilters": "accountId",
        "targetResourceIdFilters": "targetResourceId",
        "platformFilters": "platform",
        "targetStatusFilters": "targetStatus",
        "targetStatusReasonFilters": "targetStatusReason",
    }
    rows = []
    for job in jobs(call, reader, scan):
        checks = _chosen(reader, job, wanted)
        if checks is None:
            continue
        row = _target(scan_arn(call, scan), job.body, checks)
        failed, tags = wanted.get("failedChecksFilters"), wanted.get("targetResourceTagFilters")
        if (
            _texts(row, wanted, names)
            and (not failed or criteria.numbers(row["statusCounts"]["failed"], failed))
            and (not tags or criteria.mapped(job.body.tags, tags))
        ):
            rows.append(row)
    by = _TARGETS_BY[call.params.get("sortBy", "RESOURCE_ID")]
    some, rest = _page(call, rows, by, ("targetResourceId", "accountId"), 100)
    return {"targetResourceAggregations": some, **rest}


def _chosen(reader: Reader, job: Resource[Job], wanted: dict[str, Any]) -> list[Check] | None:
    """The checks that count; None if filters on checks leave none of the resource."""
    ids, statuses = wanted.get("checkIdFilters") or (), wanted.get("statusFilters") or ()
    every = checks_of(reader, job)
    found = [c for id, c in every.items() if criteria.text((id,), ids) and criteria.text((c.status,), statuses)]
    return None if (ids or statuses) and not found else found


def _target(arn: str, body: Job, checks: list[Check]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "scanArn": arn,
        "targetResourceId": body.resource,
        "accountId": body.account,
        "targetResourceTags": {key: [value] for key, value in body.tags.items()},
        "statusCounts": _counts([check.status for check in checks]),
    }
    if body.platform:
        row["platform"] = body.platform
    if body.state in ENDED:
        row["targetStatus"] = body.state
    reason = body.reason or ("" if body.state in ENDED else "SCAN_IN_PROGRESS")
    if reason:
        row["targetStatusReason"] = reason
    return row

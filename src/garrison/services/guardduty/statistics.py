"""GetFindingsStatistics: how many findings there are, by severity, account, day, type or resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from garrison.access.call import Call
from garrison.detect.finding import seconds
from garrison.services.guardduty import criteria
from garrison.services.guardduty.detectors import load
from garrison.services.guardduty.errors import rejected
from garrison.services.guardduty.finding_operations import chosen
from garrison.services.operation import operation
from garrison.store import Reader

Document = Mapping[str, Any]
MOST_GROUPS = 100
_DEFAULT_GROUPS = 25
"""Source: API reference, `maxResults`: "By default, up to 25"; recalled."""
_IDS = {
    "AccessKey": ("accessKeyDetails", "accessKeyId"),
    "Instance": ("instanceDetails", "instanceId"),
    "EKSCluster": ("eksClusterDetails", "arn"),
    "KubernetesCluster": ("eksClusterDetails", "arn"),
    "ECSCluster": ("ecsClusterDetails", "arn"),
    "Lambda": ("lambdaDetails", "functionArn"),
    "RDSDBInstance": ("rdsDbInstanceDetails", "dbInstanceIdentifier"),
    "Container": ("containerDetails", "id"),
}
"""Resource type -> where its id is in a finding's `resource`."""


@operation("guardduty", "GetFindingsStatistics", access="read")
def get_findings_statistics(call: Call, reader: Reader) -> None:
    detector = load(call, reader)
    params = call.params
    criteria.compiled(params.get("FindingCriteria"))
    types, group = params.get("FindingStatisticTypes"), params.get("GroupBy")
    if (not types) == (not group):
        raise rejected("exactly one of findingStatisticTypes and groupBy must be provided.")
    if not group and (params.get("OrderBy") or params.get("MaxResults")):
        raise rejected("orderBy and maxResults can only be used with groupBy.")
    limit = int(params.get("MaxResults") or _DEFAULT_GROUPS)
    if not 1 <= limit <= MOST_GROUPS:
        raise rejected(f"the input maxResults is not between 1 and {MOST_GROUPS}.")

    def work() -> dict[str, Any]:
        with call.runtime.store.reading() as again:
            documents: list[Document] = [row.body.document for row in chosen(call, again, detector)]
        if not group:
            counts: dict[str, int] = {}
            for one in documents:
                name = str(float(one["severity"]))
                counts[name] = counts.get(name, 0) + 1
            return {"FindingStatistics": {"CountBySeverity": counts}}
        member, groups = _GROUPS[group](documents)
        ascending = params.get("OrderBy", "DESC") == "ASC"
        groups.sort(key=lambda one: one["TotalFindings"], reverse=not ascending)
        return {"FindingStatistics": {member: groups[:limit]}}

    call.later = work


def resource_id(document: Document) -> str:
    """The id of what a finding is about, "" where it does not say."""
    resource = document.get("resource", {})
    if resource.get("resourceType") in ("S3Bucket", "S3Object"):
        buckets = resource.get("s3BucketDetails") or [{}]
        return str(buckets[0].get("arn") or buckets[0].get("name") or "")
    member, name = _IDS.get(resource.get("resourceType", ""), ("", ""))
    return str(resource.get(member, {}).get(name) or "")


def _grouped(
    documents: list[Document], key: Callable[[Document], tuple[Any, ...]], names: tuple[str, ...]
) -> list[dict[str, Any]]:
    groups: dict[tuple[Any, ...], list[Document]] = {}
    for one in documents:
        groups.setdefault(key(one), []).append(one)
    return [
        {
            **dict(zip(names, group, strict=True)),
            "LastGeneratedAt": max(seconds(one["updatedAt"]) for one in some),
            "TotalFindings": len(some),
        }
        for group, some in sorted(groups.items())
    ]


def _day(document: Document) -> float:
    return seconds(document["updatedAt"]) // 86_400 * 86_400


_GROUPS: dict[str, Callable[[list[Document]], tuple[str, list[dict[str, Any]]]]] = {
    "ACCOUNT": lambda all: ("GroupedByAccount", _grouped(all, lambda one: (one["accountId"],), ("AccountId",))),
    "DATE": lambda all: (
        "GroupedByDate",
        _grouped(all, lambda one: (_day(one), float(one["severity"])), ("Date", "Severity")),
    ),
    "FINDING_TYPE": lambda all: ("GroupedByFindingType", _grouped(all, lambda one: (one["type"],), ("FindingType",))),
    "RESOURCE": lambda all: (
        "GroupedByResource",
        _grouped(
            all,
            lambda one: (one["accountId"], resource_id(one), one["resource"].get("resourceType", "")),
            ("AccountId", "ResourceId", "ResourceType"),
        ),
    ),
    "SEVERITY": lambda all: ("GroupedBySeverity", _grouped(all, lambda one: (float(one["severity"]),), ("Severity",))),
}

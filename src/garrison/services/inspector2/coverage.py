"""Coverage: which resources Inspector looks at, and how each stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from garrison.access.call import Call
from garrison.services.inspector2 import criteria, state
from garrison.services.inspector2.coverage_status import status
from garrison.services.inspector2.paging import page
from garrison.services.inspector2.resources import (
    CODE_REPOSITORY,
    EC2,
    ECR,
    LAMBDA,
    RESOURCE,
    SCANNED_BY,
    Covered,
)
from garrison.services.inspector2.threads import on_a_thread
from garrison.services.operation import operation
from garrison.store import Reader, Resource

Row = dict[str, Any]
_ECR_REPOSITORY = "AWS_ECR_REPOSITORY"


@operation("inspector2", "ListCoverage", access="read")
@on_a_thread
def list_coverage(call: Call, reader: Reader) -> dict[str, Any]:
    some, rest = page(
        call,
        _chosen(call, reader),
        key=lambda row: (row["accountId"], row["resourceType"], row["resourceId"], row["scanType"]),
        default=200,
    )
    return {"coveredResources": [{k: v for k, v in row.items() if k != "repository"} for row in some], **rest}


_GROUPS: dict[str, Callable[[Row], str]] = {
    "SCAN_STATUS_CODE": lambda row: row["scanStatus"]["statusCode"],
    "SCAN_STATUS_REASON": lambda row: row["scanStatus"]["reason"],
    "ACCOUNT_ID": lambda row: row["accountId"],
    "RESOURCE_TYPE": lambda row: row["resourceType"],
    "ECR_REPOSITORY_NAME": lambda row: row["repository"],
    "PROVIDER": lambda row: row["provider"],
    "PROVIDER_ACCOUNT_ID": lambda row: row["providerAccountId"],
    "PROVIDER_REGION": lambda row: row["providerRegion"],
    "PROVIDER_ORG_ID": lambda row: "",
}


@operation("inspector2", "ListCoverageStatistics", access="read")
@on_a_thread
def list_coverage_statistics(call: Call, reader: Reader) -> dict[str, Any]:
    rows = list(_chosen(call, reader))
    answer: dict[str, Any] = {"totalCounts": len(rows)}
    by = call.params.get("groupBy")
    if by is None:
        return answer
    counted = Counter(value for row in rows if (value := _GROUPS[by](row)))
    shown, rest = page(call, counted.items(), key=lambda pair: (pair[0],), default=1000)
    # The model says 1 to 5 groups, which more than 5 reasons would break; clients do not check it.
    return {**answer, "countsByGroup": [{"groupKey": key, "count": count} for key, count in shown], **rest}


def _chosen(call: Call, reader: Reader) -> Iterator[Row]:
    wanted = call.params.get("filterCriteria") or {}
    for row in _covered(call, reader):
        if all(_fits(row, key, entries) for key, entries in wanted.items() if entries):
            yield row


def _covered(call: Call, reader: Reader) -> Iterator[Row]:
    for id in state.seen(call, reader):
        enabled = state.account(reader, id, call.region).enabled
        repositories: dict[str, Resource[Covered]] = {}
        for resource in reader.page(RESOURCE, id, region=call.region):
            yield from _rows(call, resource, enabled)
            if resource.body.type == ECR and resource.body.terminated is None:
                repositories.setdefault(resource.body.details["repositoryName"], resource)
        for name, image in repositories.items():
            yield _repository(call, image, name, "ECR" in enabled)


def _rows(call: Call, resource: Resource[Covered], types: Mapping[str, float]) -> Iterator[Row]:
    body = resource.body
    enabled = SCANNED_BY[body.type] in types
    code, reason = status(body, call.now, enabled=enabled)
    row = _row(call, resource, resource.name, body.type, "PACKAGE", code, reason)
    row["resourceMetadata"] = _metadata(body)
    if body.scanned is not None and body.inventoried is not None:
        row["lastScannedAt"] = body.scanned
    if body.scan_mode:
        row["scanMode"] = body.scan_mode
    if body.type == ECR:
        row["repository"] = body.details["repositoryName"]
    yield row
    if body.coded:
        told = "CODE_REPOSITORY" if body.type == CODE_REPOSITORY else "LAMBDA_CODE"
        active = told in types and body.terminated is None
        state = (
            {"statusCode": "ACTIVE", "reason": "SUCCESSFUL"}
            if active
            else {**row["scanStatus"], "statusCode": "INACTIVE"}
        )
        yield {**row, "scanType": "CODE", "scanStatus": state}
    if body.type == EC2 and body.reachability is not None:
        ended = body.terminated is not None or not enabled
        network = {**row, "scanType": "NETWORK"}
        network["scanStatus"] = row["scanStatus"] if ended else {"statusCode": "ACTIVE", "reason": "SUCCESSFUL"}
        if body.scanned is not None:
            network["lastScannedAt"] = body.scanned
        yield network


def _repository(call: Call, image: Resource[Covered], name: str, enabled: bool) -> Row:
    arn = image.name.rpartition("/")[0]
    code, reason = ("ACTIVE", "SUCCESSFUL") if enabled else ("INACTIVE", "PENDING_DISABLE")
    row = _row(call, image, arn, _ECR_REPOSITORY, "PACKAGE", code, reason)
    row["resourceMetadata"] = {"ecrRepository": {"name": name, "scanFrequency": "CONTINUOUS_SCAN"}}
    row["repository"] = name
    return row


def _row(call: Call, resource: Resource[Covered], id: str, type: str, scan: str, code: str, reason: str) -> Row:
    return {
        "resourceType": type,
        "resourceId": id,
        "accountId": resource.account,
        "scanType": scan,
        "scanStatus": {"statusCode": code, "reason": reason},
        "provider": "AWS",
        "providerAccountId": resource.account,
        "providerRegion": resource.region,
        "providerPartition": call.partition,
        "repository": "",
    }


def _metadata(body: Covered) -> dict[str, Any]:
    details = body.details
    if body.type == EC2:
        image = {"amiId": details["imageId"]} if "imageId" in details else {}
        platform = body.platform or str(details.get("platform", "")).upper()
        known = (
            "WINDOWS" if "WINDOWS" in platform else "MACOS" if "MAC" in platform else "LINUX" if platform else "UNKNOWN"
        )
        return {"ec2": {"tags": body.tags, "platform": known, **image}}
    if body.type == ECR:
        image = {member: details[name] for member, name in _IMAGE.items() if name in details}
        return {"ecrImage": image}
    if body.type == LAMBDA:
        told = {name: details[name] for name in ("functionName", "runtime", "layers") if name in details}
        return {"lambdaFunction": {"functionTags": body.tags, **told}}
    provider = {"providerType": details.get("providerType", "GITHUB"), "providerTypeVisibility": "PRIVATE"}
    return {"codeRepository": {"projectName": details.get("projectName", "project"), **provider}}


_IMAGE = {"tags": "imageTags", "lastInUseAt": "lastInUseAt", "inUseCount": "inUseCount"}

_TEXTS: dict[str, Callable[[Row], Iterable[str]]] = {
    "scanStatusCode": lambda row: (row["scanStatus"]["statusCode"],),
    "scanStatusReason": lambda row: (row["scanStatus"]["reason"],),
    "accountId": lambda row: (row["accountId"],),
    "resourceId": lambda row: (row["resourceId"],),
    "resourceType": lambda row: (row["resourceType"],),
    "scanType": lambda row: (row["scanType"],),
    "scanMode": lambda row: (row.get("scanMode", ""),),
    "ecrRepositoryName": lambda row: (row["repository"],),
    "ecrImageTags": lambda row: _of(row, "ecrImage").get("tags", ()),
    "lambdaFunctionName": lambda row: (_of(row, "lambdaFunction").get("functionName", ""),),
    "lambdaFunctionRuntime": lambda row: (_of(row, "lambdaFunction").get("runtime", ""),),
    "codeRepositoryProjectName": lambda row: (_of(row, "codeRepository").get("projectName", ""),),
    "codeRepositoryProviderType": lambda row: (_of(row, "codeRepository").get("providerType", ""),),
    "codeRepositoryProviderTypeVisibility": lambda row: (_of(row, "codeRepository").get("providerTypeVisibility", ""),),
    "cloudProvider": lambda row: (row["provider"],),
    "cloudProviderAccountId": lambda row: (row["providerAccountId"],),
    "cloudProviderRegion": lambda row: (row["providerRegion"],),
}
_TAGS = {"ec2InstanceTags": ("ec2", "tags"), "lambdaFunctionTags": ("lambdaFunction", "functionTags")}


def _of(row: Row, member: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = row["resourceMetadata"].get(member, {})
    return found


def _fits(row: Row, key: str, entries: Any) -> bool:
    """One key of CoverageFilterCriteria. Those of other clouds fit nothing here but NOT_EQUALS."""
    if key == "lastScannedAt":
        return criteria.dates(row.get("lastScannedAt"), entries)
    if key in ("ecrImageLastInUseAt", "imagePulledAt"):
        name = "lastInUseAt" if key == "ecrImageLastInUseAt" else "imagePulledAt"
        return criteria.dates(_of(row, "ecrImage").get(name), entries)
    if key == "ecrImageInUseCount":
        return criteria.numbers(_of(row, "ecrImage").get("inUseCount"), entries)
    if key in _TAGS or (key.endswith("Tags") and "key" in entries[0]):
        member, tags = _TAGS.get(key, ("", ""))
        return criteria.mapped(_of(row, member).get(tags, {}), entries)
    values = _TEXTS.get(key)
    return criteria.text(() if values is None else values(row), entries)

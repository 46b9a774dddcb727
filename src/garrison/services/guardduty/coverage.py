"""Runtime coverage: hosts and clusters that are known, and whether their sensor has been heard of.

A host is healthy while flows of it were seen within ten minutes; what runs behind load balancers and never was seen is
not. Processes are told of by nobody here, so that clusters, whose audit records are all that is seen, are unhealthy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from garrison import __version__
from garrison.access.call import Call
from garrison.services.guardduty.detectors import load
from garrison.services.guardduty.errors import rejected
from garrison.services.guardduty.features import enabled
from garrison.services.guardduty.paging import sorted_page
from garrison.services.guardduty.resources import Detector
from garrison.services.guardduty.standing import owned, visible
from garrison.services.operation import operation
from garrison.store import Kind, Reader, Resource, Transaction

SILENCE = 600.0
"""Seconds without a word after which a sensor counts as gone."""
HEALTHY, UNHEALTHY = "HEALTHY", "UNHEALTHY"


class Heard(msgspec.Struct, frozen=True, omit_defaults=True):
    """A resource. Row: named by its id, under the detector."""

    type: str
    """`EC2` or `EKS`."""
    last: float
    sensor: bool
    """Whether it was the sensor on it that spoke, or only a log that mentions it."""


HEARD = owned(Kind("guardduty.coverage", Heard))


def heard(
    tx: Transaction, detector_id: str, account: str, region: str, type: str, id: str, *, sensor: bool, now: float
) -> None:
    """Note that a resource was heard of."""
    row = tx.get(HEARD, account, id, region=region, parent=detector_id)
    body = Heard(type, now, sensor)
    if row is None:
        tx.insert(
            HEARD, account, id, body,
            id=f"{detector_id}/{id}", region=region, parent=detector_id, created=now,
        )  # fmt: skip
    else:
        tx.update(row, body, updated=now)


class Covered(msgspec.Struct, frozen=True):
    """A resource as it stands now."""

    id: str
    detector: str
    account: str
    type: str
    issue: str
    updated: float

    @property
    def status(self) -> str:
        return UNHEALTHY if self.issue else HEALTHY


def _covered(call: Call, reader: Reader, detector: Resource[Detector]) -> list[Covered]:
    found = []
    for one in visible(reader, detector):
        if not enabled(one.body) & {"RUNTIME_MONITORING", "EKS_RUNTIME_MONITORING"}:
            continue
        rows = reader.page(HEARD, one.account, region=one.region, parent=one.id)
        for row in rows:
            issue = ""
            if not row.body.sensor:
                issue = "Agent Not Provisioned"
            elif call.now - row.body.last > SILENCE:
                issue = "Agent Not Reporting"
            found.append(Covered(row.name, one.id, one.account, row.body.type, issue, row.body.last))
        if one.account == call.runtime.first_account and one.region == call.runtime.region:
            known = {row.name for row in rows}
            unknown = [id for id in call.runtime.edge.instances if id not in known]
            found += [Covered(id, one.id, one.account, "EC2", "Agent Not Provisioned", one.created) for id in unknown]
    return found


_VALUES: Mapping[str, Callable[[Covered], Any]] = {
    "ACCOUNT_ID": lambda one: one.account,
    "RESOURCE_TYPE": lambda one: one.type,
    "COVERAGE_STATUS": lambda one: one.status,
    "ISSUE": lambda one: one.issue,
    "INSTANCE_ID": lambda one: one.id if one.type == "EC2" else "",
    "EKS_CLUSTER_NAME": lambda one: one.id if one.type == "EKS" else "",
    "CLUSTER_NAME": lambda one: one.id if one.type == "EKS" else "",
    "MANAGEMENT_TYPE": lambda one: "MANUAL",
    "AGENT_VERSION": lambda one: __version__ if one.type == "EC2" else "",
    "UPDATED_AT": lambda one: one.updated,
}


def _nothing(one: Covered) -> str:
    """Of what no resource here has: versions of add-ons, ECS clusters."""
    return ""


def _chosen(call: Call, reader: Reader) -> list[Covered]:
    found = _covered(call, reader, load(call, reader))
    for one in (call.params.get("FilterCriteria") or {}).get("FilterCriterion") or ():
        value = _VALUES.get(one.get("CriterionKey", ""), _nothing)
        wanted = one.get("FilterCondition") or {}
        if not wanted.get("Equals") and not wanted.get("NotEquals"):
            raise rejected("the input filterCriteria contains a condition that is empty.")
        if wanted.get("Equals"):
            found = [each for each in found if value(each) in wanted["Equals"]]
        if wanted.get("NotEquals"):
            found = [each for each in found if value(each) not in wanted["NotEquals"]]
    return found


def _shown(one: Covered) -> dict[str, Any]:
    details: dict[str, Any] = {"ResourceType": one.type}
    if one.type == "EC2":
        details["Ec2InstanceDetails"] = {
            "InstanceId": one.id,
            "AgentDetails": {"Version": "" if one.issue == "Agent Not Provisioned" else __version__},
            "ManagementType": "MANUAL",
        }
    else:
        details["EksClusterDetails"] = {"ClusterName": one.id, "CoveredNodes": 0, "ManagementType": "MANUAL"}
    shown = {
        "ResourceId": one.id,
        "DetectorId": one.detector,
        "AccountId": one.account,
        "ResourceDetails": details,
        "CoverageStatus": one.status,
        "UpdatedAt": one.updated,
    }
    return {**shown, "Issue": one.issue} if one.issue else shown


@operation("guardduty", "ListCoverage", access="read")
def list_coverage(call: Call, reader: Reader) -> dict[str, Any]:
    sort = call.params.get("SortCriteria") or {}
    by = _VALUES.get(sort.get("AttributeName", "UPDATED_AT"), _nothing)
    found = sorted(_chosen(call, reader), key=lambda one: one.id)
    found = sorted(found, key=by, reverse=sort.get("OrderBy", "ASC") == "DESC")
    shown, rest = sorted_page(call, found, key=lambda one: f"{one.account}/{one.id}")
    return {"Resources": [_shown(one) for one in shown], **rest}


@operation("guardduty", "GetCoverageStatistics", access="read")
def get_coverage_statistics(call: Call, reader: Reader) -> dict[str, Any]:
    found = _chosen(call, reader)
    told: dict[str, dict[str, int]] = {}
    for wanted, member, value in (
        ("COUNT_BY_RESOURCE_TYPE", "CountByResourceType", "RESOURCE_TYPE"),
        ("COUNT_BY_COVERAGE_STATUS", "CountByCoverageStatus", "COVERAGE_STATUS"),
    ):
        if wanted in call.params["StatisticsType"]:
            counts: dict[str, int] = {}
            for one in found:
                name = _VALUES[value](one)
                counts[name] = counts.get(name, 0) + 1
            told[member] = counts
    return {"CoverageStatistics": told}

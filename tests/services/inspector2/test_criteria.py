"""The filter language of findings, and the orders they are listed in."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.aws import models
from garrison.services.inspector2 import criteria, sorting
from garrison.services.inspector2.resources import Covered, Finding, Path, Vulnerable
from garrison.services.inspector2.seen import Seen

ENTRY = dict[str, Any]
PACKAGE = Finding(
    type="PACKAGE_VULNERABILITY",
    severity="HIGH",
    title="CVE-2024-1 - openssl, libssl",
    first=100.0,
    updated=200.0,
    fix="YES",
    exploit=True,
    epss=0.5,
    score=7.5,
    vulnerability="CVE-2024-1",
    source="DEBIAN_CVE",
    vendor_severity="important",
    related=("DSA-1", "GHSA-1"),
    packages=(
        Vulnerable(name="openssl", version="3.0.1", manager="OS", epoch=1, release="2", arch="amd64", path="a/b"),
        Vulnerable(name="libssl", version="3.0.2", manager="OS", layer="sha256:x"),
    ),
)
NETWORK = Finding(
    type="NETWORK_REACHABILITY", severity="MEDIUM", title="Port 22 is reachable", first=1.0, updated=1.0,
    path=Path("TCP", 22, 25, "INTERNET", ({"componentId": "igw-1", "componentType": "AWS::EC2::InternetGateway"},)),
)  # fmt: skip
HOST = Covered(
    "AWS_EC2_INSTANCE", {"imageId": "ami-1", "vpcId": "vpc-1"}, {"team": "pay", "env": "prod"}, scanned=300.0
)
IMAGE = Covered("AWS_ECR_CONTAINER_IMAGE", {"repositoryName": "web", "imageTags": ["v1", "latest"], "inUseCount": 3})


def seen(finding: Finding = PACKAGE, covered: Covered = HOST, status: str = "ACTIVE") -> Seen:
    return Seen("0" * 32, "111111111111", "us-east-1", "aws", finding, "i-0123456789abcdef0", covered, status)


def equals(value: str) -> ENTRY:
    return {"comparison": "EQUALS", "value": value}


def prefix(value: str) -> ENTRY:
    return {"comparison": "PREFIX", "value": value}


def differs(value: str) -> ENTRY:
    return {"comparison": "NOT_EQUALS", "value": value}


YES: list[tuple[Seen, dict[str, list[ENTRY]]]] = [
    (seen(), {}),
    (seen(), {"severity": [equals("LOW"), equals("HIGH")]}),
    (seen(), {"title": [prefix("CVE-2024")], "findingType": [equals("PACKAGE_VULNERABILITY")]}),
    (seen(), {"severity": [differs("LOW"), differs("MEDIUM")]}),
    (seen(), {"relatedVulnerabilities": [equals("GHSA-1")]}),
    (seen(), {"resourceTags": [{"comparison": "EQUALS", "key": "team"}]}),
    (seen(), {"resourceTags": [{"comparison": "EQUALS", "key": "env", "value": "prod"}]}),
    (seen(), {"inspectorScore": [{"lowerInclusive": 7.5}]}),
    (seen(), {"epssScore": [{"lowerInclusive": 0.9}, {"upperInclusive": 0.5}]}),
    (seen(), {"firstObservedAt": [{"startInclusive": 100.0, "endInclusive": 100.0}]}),
    (seen(), {"lastObservedAt": [{"startInclusive": 300.0}]}),
    (seen(), {"exploitAvailable": [equals("YES")], "fixAvailable": [equals("YES")]}),
    (seen(), {"ec2InstanceVpcId": [equals("vpc-1")], "ec2InstanceImageId": [prefix("ami-")]}),
    (seen(), {"ecrImageRepositoryName": [differs("web")]}),
    (
        seen(),
        {"vulnerablePackages": [{"name": equals("openssl"), "epoch": {"lowerInclusive": 1, "upperInclusive": 1}}]},
    ),
    (seen(), {"vulnerablePackages": [{"name": equals("none")}, {"sourceLayerHash": equals("sha256:x")}]}),
    (seen(NETWORK), {"portRange": [{"beginInclusive": 22, "endInclusive": 25}]}),
    (seen(NETWORK), {"portRange": [{"beginInclusive": 1}]}),
    (seen(NETWORK), {"networkProtocol": [equals("TCP")], "componentId": [prefix("igw")]}),
    (seen(covered=IMAGE), {"ecrImageTags": [equals("latest")], "ecrImageInUseCount": [{"lowerInclusive": 1}]}),
    (seen(status="SUPPRESSED"), {"findingStatus": [equals("SUPPRESSED")]}),
]
NO: list[tuple[Seen, dict[str, list[ENTRY]]]] = [
    (seen(), {"severity": [equals("high")]}),
    (seen(), {"severity": [equals("HIGH")], "findingStatus": [equals("CLOSED")]}),
    (seen(), {"severity": [differs("LOW"), differs("HIGH")]}),
    (seen(), {"severity": [equals("HIGH"), differs("HIGH")]}),
    (seen(), {"relatedVulnerabilities": [differs("GHSA-1")]}),
    (seen(), {"resourceTags": [{"comparison": "EQUALS", "key": "team", "value": "other"}]}),
    (seen(NETWORK), {"inspectorScore": [{"upperInclusive": 10}]}),
    (seen(), {"portRange": [{"beginInclusive": 0, "endInclusive": 65535}]}),
    (seen(NETWORK), {"portRange": [{"beginInclusive": 22, "endInclusive": 22}]}),
    (seen(), {"vulnerablePackages": [{"name": equals("openssl"), "version": equals("3.0.2")}]}),
    (seen(), {"ecrImageTags": [equals("latest")]}),
    (seen(), {"machineImageId": [equals("ami-1")]}),
    (seen(NETWORK), {"exploitAvailable": [equals("NO")]}),
]


@pytest.mark.parametrize(("one", "wanted"), YES)
def test_it_fits(one: Seen, wanted: dict[str, Any]) -> None:
    assert criteria.compile(wanted)(one)


@pytest.mark.parametrize(("one", "wanted"), NO)
def test_it_does_not_fit(one: Seen, wanted: dict[str, Any]) -> None:
    assert not criteria.compile(wanted)(one)


def test_every_key_and_every_order_of_the_model_is_understood() -> None:
    model: Any = models.service("inspector2")
    assert set(model.shape_for("FilterCriteria").members) == criteria.KEYS
    assert set(model.shape_for("SortField").enum) == set(sorting.FIELDS)
    shape = model.shape_for("PackageFilter")
    for key in shape.members:
        entry = {"lowerInclusive": 0} if key == "epoch" else equals("x")
        assert criteria.compile({"vulnerablePackages": [{key: entry}]})(seen()) in (True, False)


@pytest.mark.parametrize("field", sorting.FIELDS)
def test_findings_of_all_types_can_be_put_in_any_order(field: str) -> None:
    key = sorting.key(field)
    ordered = sorted([seen(), seen(NETWORK), seen(covered=IMAGE)], key=key)
    assert len(ordered) == 3
    assert key(seen())[1:] == ("111111111111", "0" * 32)

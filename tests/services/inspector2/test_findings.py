"""Findings: opened, changed, closed and opened again as inventories, databases and rules change."""

from __future__ import annotations

from typing import Any

from garrison.services.inspector2 import upkeep
from tests.services.inspector2.inspector import FUNCTION, HOST, IMAGE, OTHER, THING, Inspector, equals, path, sbom

DAY = 86_400.0


def test_a_finding_tells_its_package_its_score_and_its_remedy(inspector: Inspector) -> None:
    assert inspector.host("thing@1.0", "fine@1.0") == {"active": 1, "created": 1, "updated": 0, "closed": 0}
    (finding,) = inspector.findings()
    assert (finding["title"], finding["severity"], finding["status"]) == ("CVE-2024-1001 - thing", "CRITICAL", "ACTIVE")
    assert (finding["inspectorScore"], finding["fixAvailable"], finding["exploitAvailable"]) == (9.8, "YES", "NO")
    (package,) = finding["packageVulnerabilityDetails"]["vulnerablePackages"]
    assert (package["name"], package["version"], package["fixedInVersion"]) == ("thing", "1.0", "1.5")
    assert finding["packageVulnerabilityDetails"]["cvss"][0]["baseScore"] == 9.8
    (details,) = inspector.run("BatchGetFindingDetails", findingArns=[finding["findingArn"]])["findingDetails"]
    assert details["findingArn"] == finding["findingArn"]
    gone = finding["findingArn"][:-32] + "0" * 32
    assert (
        inspector.run("BatchGetFindingDetails", findingArns=[gone])["errors"][0]["errorCode"]
        == "FINDING_DETAILS_NOT_FOUND"
    )


def test_an_upgrade_closes_and_a_downgrade_opens_the_same_finding_again_for_seven_days(inspector: Inspector) -> None:
    inspector.host("thing@1.0")
    (first,) = inspector.findings()
    inspector.wait(DAY)
    assert inspector.host("thing@1.5")["closed"] == 1
    (closed,) = inspector.findings()
    assert (closed["status"], closed["lastObservedAt"]) == ("CLOSED", first["firstObservedAt"])
    inspector.wait(6 * DAY)
    inspector.host("thing@1.0")
    (again,) = inspector.findings()
    assert (again["findingArn"], again["status"]) == (first["findingArn"], "ACTIVE")
    assert again["firstObservedAt"] == first["firstObservedAt"]
    inspector.host("thing@1.5")
    inspector.wait(8 * DAY)
    inspector.host("thing@1.0")
    (other,) = inspector.findings()
    assert other["findingArn"] != first["findingArn"]


def test_closed_findings_go_after_thirty_days_and_those_of_a_lost_host_after_three(inspector: Inspector) -> None:
    inspector.host("thing@1.0", reachability={"paths": [path(22)]})
    inspector.host("thing@1.5")
    inspector.wait(29 * DAY)
    assert [f["status"] for f in inspector.findings()] == ["CLOSED", "ACTIVE"]
    inspector.wait(1.1 * DAY)
    assert [f["type"] for f in inspector.findings()] == ["NETWORK_REACHABILITY"]
    inspector.run("DeleteResourceInventory", resourceId=HOST)
    assert [f["status"] for f in inspector.findings()] == ["CLOSED"]
    (covered, _) = inspector.run("ListCoverage")["coveredResources"]
    assert covered["scanStatus"] == {"statusCode": "INACTIVE", "reason": "RESOURCE_TERMINATED"}
    inspector.wait(3.1 * DAY)
    assert inspector.findings() == []
    assert inspector.run("ListCoverage")["coveredResources"] == []
    assert inspector.refused("DeleteResourceInventory", resourceId=HOST) == "ResourceNotFound"


def test_reachability_opens_findings_and_changes_scores_without_a_new_inventory(inspector: Inspector) -> None:
    inspector.host("thing@1.0")
    put = {"resourceId": HOST, "resourceType": "AWS_EC2_INSTANCE"}
    inspector.run(
        "PutResourceInventory", **put, reachability={"paths": [path(22), path(80, "NETWORK", severity="LOW")]}
    )
    found = inspector.findings(findingType=equals("NETWORK_REACHABILITY"))
    assert [f["severity"] for f in found] == ["MEDIUM", "LOW"]
    assert found[0]["networkReachabilityDetails"]["openPortRange"] == {"begin": 22, "end": 22}

    def score() -> tuple[float, list[str]]:
        (package,) = inspector.findings(vulnerabilityId=equals("CVE-2024-1001"))
        details = package["inspectorScoreDetails"]["adjustedCvss"]
        return package["inspectorScore"], [one["metric"] for one in details["adjustments"]]

    assert score() == (9.8, [])
    inspector.run("PutResourceInventory", **put, reachability={"paths": [path(80, "NETWORK")]})
    assert score() == (8.8, ["Attack Vector"])
    inspector.run("PutResourceInventory", **put, reachability={"paths": []})
    assert score() == (8.4, ["Attack Vector"])
    assert {f["status"] for f in inspector.findings(findingType=equals("NETWORK_REACHABILITY"))} == {"CLOSED"}


def test_a_new_database_opens_and_closes_findings_of_stored_inventories(inspector: Inspector) -> None:
    inspector.know(THING)
    inspector.host("thing@1.0", "other@1.0")
    assert [f["title"] for f in inspector.findings()] == ["CVE-2024-1001 - thing"]
    assert upkeep.rematch(inspector.house.runtime) == 0
    inspector.know(OTHER)
    assert upkeep.rematch(inspector.house.runtime) == 1
    assert [(f["title"], f["status"]) for f in inspector.findings()] == [
        ("CVE-2024-1001 - thing", "CLOSED"),
        ("CVE-2024-1002 - other", "ACTIVE"),
    ]
    assert upkeep.rematch(inspector.house.runtime) == 0


def test_without_a_database_nothing_is_said_and_with_the_first_one_it_is(inspector: Inspector) -> None:
    (inspector.directory / "v.db").rename(inspector.directory / "away.db")
    told = inspector.run(
        "PutResourceInventory", resourceId=HOST, resourceType="AWS_EC2_INSTANCE", sbom=sbom("thing@1.0"),
        reachability={"paths": [path(22)]},
    )  # fmt: skip
    assert "database" not in told
    assert told["scanStatus"] == {"statusCode": "ACTIVE", "reason": "PENDING_INITIAL_SCAN"}
    assert [f["type"] for f in inspector.findings()] == ["NETWORK_REACHABILITY"]
    (inspector.directory / "away.db").rename(inspector.directory / "v.db")
    assert upkeep.rematch(inspector.house.runtime) == 1
    assert len(inspector.findings()) == 2


def test_images_and_functions_have_findings_of_their_own_kind(inspector: Inspector) -> None:
    inspector.run("PutResourceInventory", resourceId=IMAGE, resourceType="AWS_ECR_CONTAINER_IMAGE",
                  sbom=sbom("thing@1.0"), details={"imageTags": ["v1"], "architecture": "amd64"})  # fmt: skip
    inspector.run("PutResourceInventory", resourceId=FUNCTION, resourceType="AWS_LAMBDA_FUNCTION",
                  sbom=sbom("other@1"),
                  details={"runtime": "PYTHON_3_11", "layers": ["arn:layer:1"]}, tags={"team": "pay"})  # fmt: skip
    (image,) = inspector.findings(ecrImageRepositoryName=equals("shop/web"))
    assert image["resources"][0]["details"]["awsEcrContainerImage"]["imageTags"] == ["v1"]
    (function,) = inspector.findings(lambdaFunctionName=equals("pay"))
    assert function["resources"][0]["details"]["awsLambdaFunction"]["version"] == "$LATEST"
    counts = inspector.run("ListCoverageStatistics", groupBy="RESOURCE_TYPE")
    assert {one["groupKey"]: one["count"] for one in counts["countsByGroup"]} == {
        "AWS_ECR_CONTAINER_IMAGE": 1, "AWS_ECR_REPOSITORY": 1, "AWS_LAMBDA_FUNCTION": 1,
    }  # fmt: skip
    for params in (
        {"resourceId": "i-1", "resourceType": "AWS_EC2_INSTANCE"},
        {"resourceId": IMAGE.replace("111111111111", "999999999999"), "resourceType": "AWS_ECR_CONTAINER_IMAGE"},
        {"resourceId": IMAGE, "resourceType": "AWS_ECR_CONTAINER_IMAGE", "details": {"imageTags": 1}},
        {"resourceId": IMAGE, "resourceType": "AWS_ECR_CONTAINER_IMAGE", "details": {"moon": "x"}},
        {"resourceId": IMAGE, "resourceType": "AWS_ECR_CONTAINER_IMAGE", "reachability": {"paths": []}},
        {"resourceId": HOST, "resourceType": "AWS_EC2_INSTANCE", "sbom": {"bomFormat": "SPDX"}},
    ):
        assert inspector.refused("PutResourceInventory", **params) == "Validation"


def test_a_suppression_rule_hides_what_fits_for_as_long_as_it_is_there(inspector: Inspector) -> None:
    inspector.host("thing@1.0", "other@1.0")
    rule = inspector.run("CreateFilter", name="known", action="SUPPRESS",
                         filterCriteria={"vulnerabilityId": equals("CVE-2024-1002")})["arn"]  # fmt: skip
    assert [f["status"] for f in inspector.findings()] == ["ACTIVE", "SUPPRESSED"]
    (counted,) = inspector.run("ListFindingAggregations", aggregationType="ACCOUNT")["responses"]
    assert counted["accountAggregation"]["severityCounts"]["all"] == 1
    inspector.run("UpdateFilter", filterArn=rule, action="NONE")
    assert [f["status"] for f in inspector.findings()] == ["ACTIVE", "ACTIVE"]
    inspector.run("UpdateFilter", filterArn=rule, action="SUPPRESS", name="renamed", reason="accepted")
    (shown,) = inspector.run("ListFilters")["filters"]
    assert (shown["name"], shown["reason"], shown["action"]) == ("renamed", "accepted", "SUPPRESS")
    inspector.host("thing@1.0")
    assert [f["status"] for f in inspector.findings()] == ["ACTIVE", "CLOSED"]
    inspector.run("DeleteFilter", arn=rule)
    assert inspector.refused("DeleteFilter", arn=rule) == "ResourceNotFound"


def test_pages_are_whole_in_every_order(inspector: Inspector) -> None:
    for n in range(7):
        inspector.host("thing@1.0", "other@1.0", id=f"i-{n:017x}")
    every = {f["findingArn"] for f in inspector.findings()}
    for order in ("ASC", "DESC"):
        told: list[str] = []
        severities: list[str] = []
        token: dict[str, str] = {}
        while True:
            page = inspector.run(
                "ListFindings", maxResults=4, sortCriteria={"field": "SEVERITY", "sortOrder": order}, **token
            )
            told += [f["findingArn"] for f in page["findings"]]
            severities += [f["severity"] for f in page["findings"]]
            if "nextToken" not in page:
                break
            token = {"nextToken": page["nextToken"]}
        assert len(told) == 14
        assert set(told) == every
        assert severities == sorted(severities, key=["LOW", "CRITICAL"].index, reverse=order == "DESC")
    assert inspector.refused("ListFindings", nextToken="bm9uZQ==") == "Validation"


def test_every_aggregation_counts_what_its_name_says(inspector: Inspector) -> None:
    inspector.host("thing@1.0", "other@1.0", details={"imageId": "ami-12345678"}, reachability={"paths": [path(22)]})
    inspector.host("thing@1.0", id="i-" + "1" * 17, details={"imageId": "ami-12345678"})
    inspector.run(
        "PutResourceInventory", resourceId=IMAGE, resourceType="AWS_ECR_CONTAINER_IMAGE", sbom=sbom("thing@1.0")
    )
    inspector.run("PutResourceInventory", resourceId=FUNCTION, resourceType="AWS_LAMBDA_FUNCTION", sbom=sbom("other@1"),
                  details={"layers": ["arn:layer:1"]})  # fmt: skip

    def told(type: str, **request: Any) -> list[dict[str, Any]]:
        answer = inspector.run("ListFindingAggregations", aggregationType=type, **request)
        assert answer["aggregationType"] == type
        return [next(iter(one.values())) for one in answer["responses"]]

    hosts = told("AWS_EC2_INSTANCE")
    assert [(h["instanceId"], h["severityCounts"]["all"], h["networkFindings"]) for h in hosts] == [
        (HOST, 3, 1),
        ("i-" + "1" * 17, 1, 0),
    ]
    assert [h["affectedInstances"] for h in told("AMI")] == [2]
    assert {p["packageName"]: p["severityCounts"]["all"] for p in told("PACKAGE")} == {"thing": 3, "other": 2}
    assert [r["affectedImages"] for r in told("REPOSITORY")] == [1]
    assert [r["repository"] for r in told("AWS_ECR_CONTAINER")] == ["shop/web"]
    assert [f["functionName"] for f in told("AWS_LAMBDA_FUNCTION")] == ["pay"]
    assert [f["layerArn"] for f in told("LAMBDA_LAYER")] == ["arn:layer:1"]
    assert len(told("TITLE")) == 3
    assert (
        told("FINDING_TYPE", aggregationRequest={"findingTypeAggregation": {"findingType": "NETWORK_REACHABILITY"}})[0][
            "severityCounts"
        ]["all"]
        == 1
    )
    assert (
        told("VM_INSTANCE") == told("CONTAINER_IMAGE") == told("SERVERLESS_FUNCTION") == told("CODE_REPOSITORY") == []
    )
    only = {"ec2InstanceAggregation": {"instanceIds": equals(HOST), "sortBy": "CRITICAL", "sortOrder": "ASC"}}
    assert len(told("AWS_EC2_INSTANCE", aggregationRequest=only)) == 1
    assert inspector.refused("ListFindingAggregations", aggregationType="AMI", aggregationRequest=only) == "Validation"


def test_disabling_closes_what_was_found_and_forgets_it_a_day_later(inspector: Inspector) -> None:
    inspector.host("thing@1.0")
    inspector.run("Disable", resourceTypes=["EC2"])
    assert [f["status"] for f in inspector.findings()] == ["CLOSED"]
    assert inspector.run("BatchGetAccountStatus")["accounts"][0]["resourceState"]["ec2"]["status"] == "DISABLED"
    inspector.wait(1.1 * DAY)
    assert inspector.findings() == []
    put = {"resourceId": HOST, "resourceType": "AWS_EC2_INSTANCE"}
    assert inspector.refused("PutResourceInventory", **put) == "Conflict"
    inspector.run("Disable")
    assert inspector.refused("ListFindings") == "AccessDenied"
    inspector.run("Enable", resourceTypes=["EC2"])
    assert upkeep.rematch(inspector.house.runtime) == 1
    assert [f["status"] for f in inspector.findings()] == ["ACTIVE"]


def test_an_inventory_grows_stale_and_its_agent_is_told(inspector: Inspector) -> None:
    inspector.host("thing@1.0")
    assert inspector.run("ListResourceTasks", resourceId=HOST)["tasks"] == []
    inspector.wait(8 * DAY)
    assert inspector.run("ListResourceTasks", resourceId=HOST)["tasks"] == [
        {"type": "INVENTORY", "reason": "STALE_INVENTORY"}
    ]
    (covered,) = inspector.run("ListCoverage", filterCriteria={"scanStatusReason": equals("STALE_INVENTORY")})[
        "coveredResources"
    ]
    assert covered["scanStatus"]["statusCode"] == "INACTIVE"
    (usage,) = inspector.run("ListUsageTotals")["totals"][0]["usage"]
    assert (usage["type"], usage["total"]) == ("EC2_INSTANCE_HOURS", 192.0)


def test_an_inventory_that_was_not_read_whole_is_no_success(inspector: Inspector) -> None:
    for more, reason in (
        ({"compositions": [{"aggregate": "incomplete", "assemblies": ["target"]}]}, "INTERNAL_ERROR"),
        ({"components": [5]}, "INTERNAL_ERROR"),
        ({}, "SUCCESSFUL"),
    ):
        told = inspector.run(
            "PutResourceInventory", resourceId=HOST, resourceType="AWS_EC2_INSTANCE", sbom=sbom("thing@1.0") | more
        )
        assert told["scanStatus"]["reason"] == reason
        (covered,) = [c for c in inspector.run("ListCoverage")["coveredResources"] if c["scanType"] == "PACKAGE"]
        assert covered["scanStatus"]["reason"] == reason


def test_an_inventory_that_a_cut_off_database_could_not_match_waits_for_the_next(inspector: Inspector) -> None:
    inspector.host("thing@1.0")
    file = inspector.directory / "v.db"
    whole = file.read_bytes()
    file.write_bytes(whole[:5000])
    told = inspector.run(
        "PutResourceInventory", resourceId=HOST, resourceType="AWS_EC2_INSTANCE", sbom=sbom("other@1.0")
    )
    assert "database" not in told
    assert told["scanStatus"]["reason"] == "PENDING_INITIAL_SCAN"
    assert [one["title"] for one in inspector.findings()] == ["CVE-2024-1001 - thing"]
    inspector.know(THING, OTHER)
    assert upkeep.rematch(inspector.house.runtime) == 1
    assert {one["title"]: one["status"] for one in inspector.findings()} == {
        "CVE-2024-1001 - thing": "CLOSED",
        "CVE-2024-1002 - other": "ACTIVE",
    }

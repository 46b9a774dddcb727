"""Custom detection rules: associated live they make findings, in a dry run they are counted, for fourteen days."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from garrison.detect.custom import Engine, run
from garrison.services.guardduty.associated import associated
from garrison.services.guardduty.custom_rules import ASSOCIATION
from tests.detect.case import Case
from tests.detect.making import api
from tests.detect.running import Around
from tests.services.guardduty.guarded import Guarded
from tests.services.organizations.house import MANAGEMENT, OTHERS

RULE = "organization-leave-attempt"
DAY = 86_400


def happens(guarded: Guarded, account: str = MANAGEMENT) -> list[str]:
    """Ids of the findings that an account's wish to leave makes, by the rules associated."""
    made = api("organizations", "LeaveOrganization", account=account)
    calls = [msgspec.structs.replace(made, region="us-east-1")]
    now = guarded.house.clock.now()
    with guarded.house.store.reading() as reader:
        ids = associated(reader, account, "us-east-1", now)
    engine = Engine()
    found = run(engine, ids, calls, Around(Case(name="x", events=tuple(calls))))
    engine.close()
    return guarded.record(*found)


def matches(guarded: Guarded) -> int:
    with guarded.house.store.reading() as reader:
        rows = reader.page(ASSOCIATION, guarded.account, region="us-east-1", parent=guarded.detector)
    return sum(row.body.matches for row in rows)


def associate(guarded: Guarded, mode: str, **params: Any) -> str:
    made = guarded.run("CreateCustomDetectionRuleAssociation", RuleId=RULE, Mode=mode, **params)["RuleAssociation"]
    return str(made["AssociationId"])


def test_rules_are_found_by_what_they_are(guarded: Guarded) -> None:
    every = guarded.run("ListCustomDetectionRules", MaxResults=100)["Rules"]
    assert len(every) == 35
    first = guarded.run("ListCustomDetectionRules", MaxResults=20)
    rest = guarded.run("ListCustomDetectionRules", MaxResults=20, NextToken=first["NextToken"])
    assert first["Rules"] + rest["Rules"] == every
    wanted = [
        {"Name": "service", "Values": ["RDS"]},
        {"Name": "description", "Values": ["pass"], "Condition": "CONTAINS"},
    ]
    some = guarded.run("ListCustomDetectionRules", Filters=wanted)["Rules"]
    assert {one["Service"] for one in some} <= {"RDS"}
    rule = guarded.run("GetCustomDetectionRule", RuleId=RULE)["Rule"]
    assert (rule["Language"], rule["Schema"], rule["Severity"]) == ("SQL", "CloudTrail", "HIGH")
    assert "LeaveOrganization" in rule["Definition"]["Expression"]
    assert guarded.house.error("GetCustomDetectionRule", None, "guardduty", RuleId="x").code == (
        "ResourceNotFoundException"
    )


def test_a_live_rule_makes_findings(guarded: Guarded) -> None:
    assert happens(guarded) == []
    id = associate(guarded, "LIVE", ClientToken="t")
    assert associate(guarded, "LIVE", ClientToken="t") == id
    error = guarded.house.error("CreateCustomDetectionRuleAssociation", None, "guardduty", RuleId=RULE, Mode="LIVE")
    assert error.code == "ConflictException"
    arn = guarded.run("ListCustomDetectionRuleAssociations")["RuleAssociations"][0]["Arn"]
    guarded.run("TagResource", ResourceArn=arn, Tags={"a": "b"})
    assert guarded.run("GetCustomDetectionRuleAssociation", RuleId=RULE, AssociationId=id)["Tags"] == {"a": "b"}
    (finding,) = happens(guarded)
    told = guarded.finding(finding)
    assert told["CustomDetectionRuleName"] == "OrganizationLeaveAttempt"
    assert happens(guarded) == [finding]
    assert guarded.finding(finding)["Service"]["Count"] == 2
    guarded.run("DeleteCustomDetectionRuleAssociation", RuleId=RULE, AssociationId=id)
    assert happens(guarded) == []


def test_a_dry_run_counts_and_ends(guarded: Guarded) -> None:
    id = associate(guarded, "DRY_RUN")
    assert (happens(guarded), happens(guarded), matches(guarded)) == ([], [], 2)
    shown = guarded.run("GetCustomDetectionRuleAssociation", RuleId=RULE, AssociationId=id)["RuleAssociation"]
    assert shown["ExpiresAt"] - shown["CreatedAt"] == 14 * DAY
    guarded.house.clock.advance(15 * DAY)
    assert guarded.run("ListCustomDetectionRuleAssociations")["RuleAssociations"] == []
    again = associate(guarded, "DRY_RUN")
    guarded.run("UpdateCustomDetectionRuleAssociation", RuleId=RULE, AssociationId=again, Mode="LIVE")
    assert len(happens(guarded)) == 1


def test_an_administrator_runs_rules_for_its_organization(guarded: Guarded) -> None:
    a, b, _ = OTHERS
    assert guarded.house.error(
        "CreateCustomDetectionRuleOrgConfiguration", a, "guardduty", RuleId=RULE, Mode="LIVE"
    ).code == ("AccessDeniedException")
    guarded.house.organization()
    guarded.house.join(a)
    guarded.house.join(b)
    guarded.run("EnableOrganizationAdminAccount", AdminAccountId=a)
    (mine,) = guarded.run("ListDetectors", a)["DetectorIds"]
    guarded.run("UpdateOrganizationConfiguration", a, DetectorId=mine, AutoEnableOrganizationMembers="ALL")
    key = {"RuleId": RULE, "Mode": "LIVE"}
    guarded.run("CreateCustomDetectionRuleOrgConfiguration", a, **key, ExcludeAccountIds=[MANAGEMENT])
    assert (len(happens(guarded, b)), happens(guarded)) == (1, [])
    guarded.run("UpdateCustomDetectionRuleOrgConfiguration", a, **key, IncludeAccountIds=[MANAGEMENT])
    assert (happens(guarded, b), len(happens(guarded))) == ([], 1)
    told = guarded.run("GetCustomDetectionRuleOrgConfiguration", a, **key)["Configuration"]
    assert (told["Status"], told["IncludeAccountIds"]) == ("ACTIVE", [MANAGEMENT])
    with pytest.raises(Exception, match="both"):
        guarded.run("UpdateCustomDetectionRuleOrgConfiguration", a, **key, IncludeAccountIds=[a], ExcludeAccountIds=[b])
    guarded.run("DeleteCustomDetectionRuleOrgConfiguration", a, **key)
    assert guarded.run("ListCustomDetectionRuleOrgConfigurations", a)["Configurations"] == []

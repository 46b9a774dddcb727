"""Which web ACL protects what, where its records go, and what managed groups there are."""

from __future__ import annotations

import pytest

from tests.services.organizations.house import OTHERS
from tests.services.wafv2.waf import Waf, lock


def test_a_resource_has_one_web_acl_and_a_web_acl_in_use_stays(waf: Waf) -> None:
    first, second = waf.web_acl("first"), waf.web_acl("second")
    shop = waf.balancer("shop")
    assert waf.run("GetWebACLForResource", ResourceArn=shop) == {}
    waf.run("AssociateWebACL", WebACLArn=first["ARN"], ResourceArn=shop)
    waf.run("AssociateWebACL", WebACLArn=second["ARN"], ResourceArn=shop)
    assert waf.run("GetWebACLForResource", ResourceArn=shop)["WebACL"]["Name"] == "second"
    assert waf.run("ListResourcesForWebACL", WebACLArn=first["ARN"])["ResourceArns"] == []
    assert waf.run("ListResourcesForWebACL", WebACLArn=second["ARN"])["ResourceArns"] == [shop]
    waf.run("DeleteWebACL", **lock(first))
    assert waf.refused("DeleteWebACL", **lock(second)) == "AssociatedItem"
    waf.run("DisassociateWebACL", ResourceArn=shop)
    waf.run("DeleteWebACL", **lock(second))


def test_only_what_is_there_and_ones_own_can_be_protected(waf: Waf) -> None:
    acl = waf.web_acl("front")
    there = waf.balancer("shop")
    gone = there.replace("shop", "gone")
    theirs = there.replace(waf.account, OTHERS[0])

    def refused(resource: str, web_acl: str = acl["ARN"]) -> str:
        return waf.refused("AssociateWebACL", WebACLArn=web_acl, ResourceArn=resource)

    assert refused(gone) == "UnavailableEntity"
    assert refused(theirs) in ("NonexistentItem", "AccessDenied")
    assert refused(f"arn:aws:s3:::{'x' * 20}") == "InvalidParameter RESOURCE_ARN"
    assert refused(there.replace("us-east-1", "eu-west-1")) == "InvalidParameter RESOURCE_ARN"
    edge = waf.web_acl("edge", Scope="CLOUDFRONT")
    assert refused(there, edge["ARN"]) == "InvalidParameter SCOPE_VALUE"


@pytest.mark.parametrize(
    ("destination", "fine"),
    [
        ("arn:aws:logs:us-east-1:111111111111:log-group:aws-waf-logs-shop", True),
        ("arn:aws:s3:::aws-waf-logs-shop", True),
        ("arn:aws:firehose:us-east-1:111111111111:deliverystream/aws-waf-logs-shop", True),
        ("arn:aws:s3:::shop-logs-of-the-year", False),
        ("arn:aws:sqs:us-east-1:111111111111:aws-waf-logs-shop", False),
    ],
)
def test_records_go_where_the_name_says_they_may(waf: Waf, destination: str, fine: bool) -> None:
    acl = waf.web_acl("front")
    config = {"ResourceArn": acl["ARN"], "LogDestinationConfigs": [destination]}
    if not fine:
        assert waf.refused("PutLoggingConfiguration", LoggingConfiguration=config) == "InvalidParameter LOG_DESTINATION"
        return
    put = waf.run("PutLoggingConfiguration", LoggingConfiguration=config)["LoggingConfiguration"]
    assert put["LogType"] == "WAF_LOGS"
    assert waf.run("GetLoggingConfiguration", ResourceArn=acl["ARN"])["LoggingConfiguration"] == put
    assert waf.run("ListLoggingConfigurations", Scope="REGIONAL")["LoggingConfigurations"] == [put]
    waf.run("DeleteLoggingConfiguration", ResourceArn=acl["ARN"])
    assert waf.refused("GetLoggingConfiguration", ResourceArn=acl["ARN"]) == "NonexistentItem"


def test_a_field_that_cannot_be_redacted_is_refused(waf: Waf) -> None:
    acl = waf.web_acl("front")
    config = {
        "ResourceArn": acl["ARN"],
        "LogDestinationConfigs": ["arn:aws:s3:::aws-waf-logs-shop"],
        "RedactedFields": [{"Body": {}}],
    }
    assert waf.refused("PutLoggingConfiguration", LoggingConfiguration=config) == "InvalidParameter FIELD_TO_MATCH"


def test_managed_groups_tell_their_rules_and_labels(waf: Waf) -> None:
    names = [g["Name"] for g in waf.run("ListAvailableManagedRuleGroups", Scope="REGIONAL")["ManagedRuleGroups"]]
    assert "AWSManagedRulesCommonRuleSet" in names
    group = {"VendorName": "AWS", "Name": "AWSManagedRulesSQLiRuleSet", "Scope": "REGIONAL"}
    told = waf.run("DescribeManagedRuleGroup", **group)
    assert told["Capacity"] == 200
    assert {"Name": "SQLi_BODY", "Action": {"Block": {}}} in told["Rules"]
    assert {"Name": "awswaf:managed:aws:sql-database:SQLi_Body"} in told["AvailableLabels"]
    versions = waf.run("ListAvailableManagedRuleGroupVersions", **group)
    assert versions["CurrentDefaultVersion"] in {one["Name"] for one in versions["Versions"]}
    nobody = {**group, "Name": "AWSManagedRulesNobody"}
    assert waf.refused("DescribeManagedRuleGroup", **nobody) == "NonexistentItem"


def test_a_key_for_the_captcha_script_tells_its_domains(waf: Waf) -> None:
    made = waf.run("CreateAPIKey", Scope="REGIONAL", TokenDomains=["shop.example"])["APIKey"]
    told = waf.run("GetDecryptedAPIKey", Scope="REGIONAL", APIKey=made)
    assert told["TokenDomains"] == ["shop.example"]
    assert [k["APIKey"] for k in waf.run("ListAPIKeys", Scope="REGIONAL")["APIKeySummaries"]] == [made]
    waf.run("DeleteAPIKey", Scope="REGIONAL", APIKey=made)
    assert waf.refused("GetDecryptedAPIKey", Scope="REGIONAL", APIKey=made) == "NonexistentItem"

"""Shield Advanced: the subscription's term, what can be protected, groups, contacts, the response team, attacks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from garrison.access.sites import announce
from garrison.services.shield import events
from garrison.services.shield.resources import ATTACK, Attack
from tests.services.organizations.house import NOW, OTHERS, allow
from tests.services.shield.shield import EIP, ZONE, Shield

YEAR = 31_536_000


def test_nothing_is_protected_without_a_subscription(shield: Shield) -> None:
    other = OTHERS[0]
    assert shield.run("GetSubscriptionState", other) == {"SubscriptionState": "INACTIVE"}
    error = shield.house.error("ListProtections", other, "shield")
    assert (error.code, error.message) == ("ResourceNotFoundException", "The subscription does not exist.")
    assert error.fields == {"resourceType": "SUBSCRIPTION"}
    assert shield.run("ListAttacks", other) == {"AttackSummaries": []}


def test_a_subscription_binds_for_its_term(shield: Shield) -> None:
    assert shield.refused("CreateSubscription") == "ResourceAlreadyExists"
    told = shield.run("DescribeSubscription")["Subscription"]
    assert (told["EndTime"] - told["StartTime"], told["AutoRenew"]) == (YEAR, "ENABLED")
    assert shield.refused("DeleteSubscription") == "LockedSubscription"
    assert shield.refused("UpdateSubscription", AutoRenew="DISABLED") == "LockedSubscription"
    shield.house.clock.advance(YEAR - 86_400)
    shield.run("UpdateSubscription", AutoRenew="DISABLED")
    shield.house.clock.advance(2 * 86_400)
    shield.run("DeleteSubscription")
    assert shield.run("GetSubscriptionState") == {"SubscriptionState": "INACTIVE"}


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        ("arn:aws:s3:::bucket", "InvalidResource"),
        (f"arn:aws:ec2:eu-west-1:{OTHERS[0]}:eip-allocation/eipalloc-0123456789abcdef0", "InvalidResource"),
        (
            "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/gone/0123456789abcdef",
            "ResourceNotFound",
        ),
        ("arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/net/n/0123456789abcdef", "InvalidResource"),
    ],
)
def test_only_ones_own_resources_of_the_six_types_are_protected(shield: Shield, arn: str, code: str) -> None:
    assert shield.refused("CreateProtection", Name="x", ResourceArn=arn) == code


def test_a_resource_is_protected_once_and_found_either_way(shield: Shield) -> None:
    id = shield.protect(EIP, Tags=[{"Key": "team", "Value": "edge"}])
    assert shield.refused("CreateProtection", Name="again", ResourceArn=EIP) == "ResourceAlreadyExists"
    told = shield.run("DescribeProtection", ProtectionId=id)["Protection"]
    assert told == shield.run("DescribeProtection", ResourceArn=EIP)["Protection"]
    assert told["ProtectionArn"] == f"arn:aws:shield::{shield.account}:protection/{id}"
    assert shield.refused("DescribeProtection") == "InvalidParameter"
    assert shield.refused("DescribeProtection", ProtectionId=id, ResourceArn=EIP) == "InvalidParameter"
    shield.run("DeleteProtection", ProtectionId=id)
    assert shield.refused("DescribeProtection", ProtectionId=id) == "ResourceNotFound"


def test_lists_are_filtered_and_paged(shield: Shield) -> None:
    shield.protect(EIP, "address")
    shield.protect(ZONE, "zone")
    shield.protect(shield.balancer("shop"), "shop")

    def names(**filters: list[str]) -> list[str]:
        found = shield.run("ListProtections", InclusionFilters=filters)["Protections"]
        return sorted(one["Name"] for one in found)

    assert names(ResourceTypes=["ROUTE_53_HOSTED_ZONE"]) == ["zone"]
    assert names(ProtectionNames=["shop"]) == ["shop"]
    assert names(ResourceArns=[EIP]) == ["address"]
    first = shield.run("ListProtections", MaxResults=2)
    rest = shield.run("ListProtections", MaxResults=2, NextToken=first["NextToken"])
    assert len(first["Protections"]) == 2
    assert len(rest["Protections"]) == 1
    assert "NextToken" not in rest
    assert shield.refused("ListProtections", NextToken="bm9ib2R5") == "InvalidPaginationToken"


def test_a_group_takes_just_what_its_pattern_means(shield: Shield) -> None:
    shop = shield.balancer("shop")
    shield.protect(EIP, "address")
    id = shield.protect(shop)

    def group(name: str, pattern: str, **more: Any) -> None:
        shield.run("CreateProtectionGroup", ProtectionGroupId=name, Aggregation="SUM", Pattern=pattern, **more)

    def refused(pattern: str, **more: Any) -> str:
        params: dict[str, Any] = {"ProtectionGroupId": "x", "Aggregation": "SUM", "Pattern": pattern, **more}
        return shield.refused("CreateProtectionGroup", **params)

    assert refused("ALL", Members=[EIP]) == "InvalidParameter"
    assert refused("ARBITRARY") == "InvalidParameter"
    assert refused("BY_RESOURCE_TYPE") == "InvalidParameter"
    assert refused("ARBITRARY", Members=[ZONE]) == "ResourceNotFound"
    group("everything", "ALL")
    group("balancers", "BY_RESOURCE_TYPE", ResourceType="APPLICATION_LOAD_BALANCER")
    group("chosen", "ARBITRARY", Members=[EIP, shop])
    members = {
        name: shield.run("ListResourcesInProtectionGroup", ProtectionGroupId=name)["ResourceArns"]
        for name in ("everything", "balancers", "chosen")
    }
    assert members == {"everything": sorted([EIP, shop]), "balancers": [shop], "chosen": sorted([EIP, shop])}
    shield.run("DeleteProtection", ProtectionId=id)
    assert shield.run("ListResourcesInProtectionGroup", ProtectionGroupId="chosen")["ResourceArns"] == [EIP]
    assert refused("ALL", ProtectionGroupId="everything") == "ResourceAlreadyExists"


def test_proactive_engagement_needs_somebody_to_call(shield: Shield) -> None:
    mail = {"EmailAddress": "ops@example.com"}
    assert shield.refused("EnableProactiveEngagement") == "InvalidOperation"
    assert shield.refused("AssociateProactiveEngagementDetails", EmergencyContactList=[mail]) == "InvalidParameter"
    called = {**mail, "PhoneNumber": "+15550100"}
    shield.run("AssociateProactiveEngagementDetails", EmergencyContactList=[called])
    assert shield.run("DescribeSubscription")["Subscription"]["ProactiveEngagementStatus"] == "ENABLED"
    assert shield.refused("UpdateEmergencyContactSettings", EmergencyContactList=[mail]) == "InvalidParameter"
    shield.run("DisableProactiveEngagement")
    shield.run("UpdateEmergencyContactSettings", EmergencyContactList=[mail])
    assert shield.run("DescribeEmergencyContactSettings")["EmergencyContactList"] == [mail]


def test_the_response_team_gets_a_role_that_is_meant_for_it(shield: Shield) -> None:
    def role(name: str, service: str) -> str:
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        made = shield.house.run("CreateRole", None, "iam", RoleName=name, AssumeRolePolicyDocument=document)
        return str(made["Role"]["Arn"])

    def attach(name: str) -> None:
        policy = "arn:aws:iam::aws:policy/service-role/AWSShieldDRTAccessPolicy"
        shield.house.run("AttachRolePolicy", None, "iam", RoleName=name, PolicyArn=policy)

    nobody = f"arn:aws:iam::{shield.account}:role/nobody"
    lambdas = role("lambdas", "lambda.amazonaws.com")
    attach("lambdas")
    team = role("team", "drt.shield.amazonaws.com")
    assert shield.refused("AssociateDRTLogBucket", LogBucket="logs") == "NoAssociatedRole"
    for arn in (nobody, lambdas, team):
        assert shield.refused("AssociateDRTRole", RoleArn=arn) == "InvalidParameter"
    attach("team")
    shield.run("AssociateDRTRole", RoleArn=team)
    shield.run("AssociateDRTLogBucket", LogBucket="logs")
    assert shield.run("DescribeDRTAccess") == {"RoleArn": team, "LogBucketList": ["logs"]}
    ana = shield.house.user(shield.account, "ana", allow("shield:*"))
    assert shield.refused("AssociateDRTRole", ana, RoleArn=team) == "AccessDenied"


def test_automatic_response_lives_in_the_web_acl_until_the_last_resource_leaves(shield: Shield) -> None:
    acl = f"arn:aws:wafv2:eu-west-1:{shield.account}:regional/webacl/front/0"
    one, two, bare = shield.balancer("one", acl), shield.balancer("two", acl), shield.balancer("bare")
    for arn in (one, two, bare, EIP):
        shield.protect(arn, "x")
    block: dict[str, Any] = {"Block": {}}
    count: dict[str, Any] = {"Count": {}}

    def enable(arn: str, action: object = block) -> str:
        return shield.refused("EnableApplicationLayerAutomaticResponse", ResourceArn=arn, Action=action)

    assert enable(EIP) == "InvalidOperation"
    assert enable(bare) == "InvalidOperation"
    assert enable(one, {**block, **count}) == "InvalidParameter"
    for arn in (one, two):
        shield.run("EnableApplicationLayerAutomaticResponse", ResourceArn=arn, Action=block)
    assert enable(one) == "InvalidOperation"
    shield.web_acls.groups[acl] = ({"Name": "flood", "Action": block},)
    shield.run("UpdateApplicationLayerAutomaticResponse", ResourceArn=one, Action=count)
    assert shield.web_acls.groups[acl] == [{"Name": "flood", "Action": count}]
    shield.run("DisableApplicationLayerAutomaticResponse", ResourceArn=one)
    assert acl in shield.web_acls.groups
    told = shield.run("DescribeProtection", ResourceArn=one)["Protection"]
    assert told["ApplicationLayerAutomaticResponseConfiguration"] == {"Status": "DISABLED", "Action": count}
    id = shield.run("DescribeProtection", ResourceArn=two)["Protection"]["Id"]
    shield.run("DeleteProtection", ProtectionId=id)
    assert acl not in shield.web_acls.groups


def test_attacks_are_told_by_time_and_resource(shield: Shield) -> None:
    counter = {
        "Name": "REQUEST_FLOOD",
        "Max": 900.0,
        "Average": 500.0,
        "Sum": 5e4,
        "N": 100,
        "Unit": "Requests per second",
    }
    attacks = {
        f"0000000{n}-0000-4000-8000-000000000000": Attack(
            resource=EIP if n % 2 else ZONE,
            started=NOW - 1000 * n,
            ended=NOW - 1000 * n + 100,
            vectors=("REQUEST_FLOOD",),
            detail={"AttackCounters": [{**counter, "Max": 900.0 * n}]},
        )
        for n in (1, 2, 3)
    }

    def write(tx: object) -> None:
        for id, attack in attacks.items():
            tx.insert(ATTACK, shield.account, id, attack, id=id, created=NOW)  # type: ignore[attr-defined]

    shield.house.runtime.store.writing(write)
    found = shield.run("ListAttacks", ResourceArns=[EIP])["AttackSummaries"]
    assert [one["StartTime"] for one in found] == [NOW - 3000, NOW - 1000]
    span = {"FromInclusive": NOW - 2000, "ToExclusive": NOW - 1000}
    assert len(shield.run("ListAttacks", StartTime=span)["AttackSummaries"]) == 1
    id = next(iter(attacks))
    told = shield.run("DescribeAttack", AttackId=id)["Attack"]
    assert (told["ResourceArn"], told["AttackCounters"][0]["Max"]) == (EIP, 900.0)
    assert shield.refused("DescribeAttack", OTHERS[0], AttackId=id) == "AccessDenied"
    statistics = shield.run("DescribeAttackStatistics")["DataItems"]
    assert statistics == [{"AttackVolume": {"RequestsPerSecond": {"Max": 2700.0}}, "AttackCount": 3}]
    assert shield.run("DescribeAttackStatistics", OTHERS[0])["DataItems"] == [{"AttackCount": 0}]


def test_tags_decide_who_may_touch_a_protection(shield: Shield) -> None:
    id = shield.protect(EIP, Tags=[{"Key": "stage", "Value": "test"}])
    arn = f"arn:aws:shield::{shield.account}:protection/{id}"
    condition = {"StringEquals": {"aws:ResourceTag/stage": "test"}}
    ana = shield.house.user(shield.account, "ana", allow("shield:DescribeProtection", Condition=condition))
    shield.run("DescribeProtection", ana, ProtectionId=id)
    shield.run("TagResource", ResourceARN=arn, Tags=[{"Key": "stage", "Value": "live"}])
    assert shield.refused("DescribeProtection", ana, ProtectionId=id) == "AccessDenied"
    shield.run("UntagResource", ResourceARN=arn, TagKeys=["stage"])
    assert shield.run("ListTagsForResource", ResourceARN=arn) == {"Tags": []}
    assert shield.refused("ListTagsForResource", ResourceARN=arn[:-1]) == "ResourceNotFound"


def test_a_rule_against_known_sources_stands_in_shields_group_at_all_times(shield: Shield) -> None:
    shop, blog = (shield.balancer(name, "the-acl") for name in ("shop", "blog"))
    tx = shield.house.runtime.store.writing

    def stand(arn: str) -> None:
        tx(lambda tx: announce(tx, shield.account, arn))

    for arn, action in ((shop, "Block"), (blog, "Count")):
        shield.protect(arn)
        shield.run("EnableApplicationLayerAutomaticResponse", ResourceArn=arn, Action={action: {}})
        stand(arn)

    def standing() -> dict[str, Any]:
        tx(lambda tx: events.respond(tx, {}, now=NOW))
        (rule,) = shield.web_acls.groups["the-acl"]
        return dict(rule)

    quiet = standing()
    assert (quiet["Name"], quiet["Action"]) == ("ShieldKnownSources", {"Count": {}})
    shield.run("UpdateApplicationLayerAutomaticResponse", ResourceArn=blog, Action={"Block": {}})
    tx(lambda tx: events.remember(tx, shop, ["203.0.113.9", "2001:db8::9"], NOW))
    found = standing()
    assert found["Action"] == {"Block": {}}
    scope = found["Statement"]["RateBasedStatement"]["ScopeDownStatement"]["OrStatement"]["Statements"]
    assert [one["IPSetReferenceStatement"]["ARN"] for one in scope] == [
        "ShieldKnownSources_v4",
        "ShieldKnownSources_v6",
    ]
    with shield.house.runtime.store.reading() as reader:
        assert not events.differing(reader, {}, now=NOW)


def test_groups_are_seen_with_the_members_that_are_watched(shield: Shield) -> None:
    shop, blog = shield.balancer("shop"), shield.balancer("blog")
    for arn in (shop, blog, EIP):
        shield.protect(arn)
    for name, aggregation in (("all", "SUM"), ("other", "MAX")):
        chosen = {"Pattern": "ALL"} if name == "all" else {"Pattern": "ARBITRARY", "Members": [EIP]}
        shield.run("CreateProtectionGroup", ProtectionGroupId=name, Aggregation=aggregation, **chosen)
    with shield.house.runtime.store.reading() as reader:
        assert events.groups(reader, [shop, blog]) == [
            events.GroupView(f"arn:aws:shield::{shield.account}:protection-group/all", "SUM", (blog, shop))
        ]

"""Sets, groups and web ACLs: names, lock tokens, what holds what, tags and pages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.organizations.house import OTHERS, allow
from tests.services.wafv2.waf import VISIBLE, Waf, key, lock, path_is, rule


def test_a_set_is_read_back_as_it_was_made(waf: Waf) -> None:
    made = waf.ip_set("office", "192.0.2.44/32", "198.51.100.0/24", Description="our office")
    got = waf.run("GetIPSet", **key(made))
    assert got["LockToken"] == made["LockToken"]
    assert got["IPSet"] == {
        "Name": "office",
        "Id": made["Id"],
        "ARN": f"arn:aws:wafv2:us-east-1:{waf.account}:regional/ipset/office/{made['Id']}",
        "Description": "our office",
        "IPAddressVersion": "IPV4",
        "Addresses": ["192.0.2.44/32", "198.51.100.0/24"],
    }


@pytest.mark.parametrize(
    ("version", "address"),
    [
        ("IPV4", "192.0.2.44"),
        ("IPV4", "0.0.0.0/0"),
        ("IPV4", "192.0.2.44/33"),
        ("IPV4", "192.0.2.44/255.255.255.0"),
        ("IPV4", "2001:db8::/32"),
        ("IPV4", "office/32"),
        ("IPV6", "::/0"),
        ("IPV6", "192.0.2.44/32"),
        ("IPV4", "192.0.2.44/+8"),
        ("IPV4", "192.0.2.44/\u0663"),
    ],
)
def test_an_address_that_is_no_block_of_its_version_is_refused(waf: Waf, version: str, address: str) -> None:
    params: dict[str, Any] = {"Name": "x", "Scope": "REGIONAL", "IPAddressVersion": version, "Addresses": [address]}
    assert waf.refused("CreateIPSet", **params) == "InvalidParameter IP_ADDRESS"


def test_an_update_replaces_the_whole_and_needs_the_token_of_what_it_saw(waf: Waf) -> None:
    made = waf.ip_set("office", "192.0.2.44/32", Description="our office")
    new = waf.run("UpdateIPSet", **lock(made), Addresses=["192.0.2.45/32"])["NextLockToken"]
    got = waf.run("GetIPSet", **key(made))
    assert (got["IPSet"]["Addresses"], got["LockToken"]) == (["192.0.2.45/32"], new)
    assert "Description" not in got["IPSet"]
    assert waf.refused("UpdateIPSet", **lock(made), Addresses=[]) == "OptimisticLock"
    assert waf.refused("DeleteIPSet", **lock(made)) == "OptimisticLock"


def test_a_name_is_taken_per_scope_and_an_id_belongs_to_its_name(waf: Waf) -> None:
    made = waf.ip_set("office")
    assert waf.refused("CreateIPSet", Name="office", Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=[]) == (
        "DuplicateItem"
    )
    other = waf.ip_set("office", Scope="CLOUDFRONT")
    assert other["ARN"].split(":")[5].startswith("global/ipset/office/")
    assert waf.refused("GetIPSet", **{**key(made), "Id": other["Id"]}) == "NonexistentItem"
    assert waf.refused("GetIPSet", OTHERS[0], **key(made)) == "NonexistentItem"


def test_a_set_that_rules_name_cannot_be_deleted_until_they_do_not(waf: Waf) -> None:
    office = waf.ip_set("office", "192.0.2.44/32")
    inner = rule("inner", 0, {"IPSetReferenceStatement": {"ARN": office["ARN"]}})
    group = waf.group("shared", inner)
    reference = {"RuleGroupReferenceStatement": {"ARN": group["ARN"]}}
    acl = waf.web_acl("front", rule("outer", 0, reference, OverrideAction={"None": {}}))
    assert waf.refused("DeleteIPSet", **lock(office)) == "AssociatedItem"
    assert waf.refused("DeleteRuleGroup", **lock(group)) == "AssociatedItem"
    waf.run("UpdateWebACL", **lock(acl), DefaultAction={"Allow": {}}, VisibilityConfig=VISIBLE)
    waf.run("DeleteRuleGroup", **lock(group))
    waf.run("DeleteIPSet", **lock(office))
    assert waf.run("ListIPSets", Scope="REGIONAL")["IPSets"] == []


def test_rules_may_only_name_what_is_there_in_the_same_scope(waf: Waf) -> None:
    edge = waf.ip_set("edge", "192.0.2.44/32", Scope="CLOUDFRONT")
    params: dict[str, Any] = {
        "Name": "w",
        "Scope": "REGIONAL",
        "DefaultAction": {"Allow": {}},
        "VisibilityConfig": VISIBLE,
    }

    def with_set(arn: str) -> list[object]:
        return [rule("r", 0, {"NotStatement": {"Statement": {"IPSetReferenceStatement": {"ARN": arn}}}})]

    assert waf.refused("CreateWebACL", **params, Rules=with_set(edge["ARN"])) == "InvalidParameter SCOPE_VALUE"
    gone = edge["ARN"].replace("global", "regional")
    assert waf.refused("CreateWebACL", **params, Rules=with_set(gone)) == "NonexistentItem"


def test_what_is_sent_as_bytes_comes_back_as_bytes(waf: Waf) -> None:
    made = waf.web_acl("front", rule("admin", 0, path_is(b"/adm\xffin")))
    got = waf.run("GetWebACL", **key(made))["WebACL"]
    assert got["Rules"][0]["Statement"]["ByteMatchStatement"]["SearchString"] == b"/adm\xffin"
    assert got["Capacity"] == 2
    assert got["LabelNamespace"] == f"awswaf:{waf.account}:webacl:front:"
    assert waf.run("GetWebACL", ARN=made["ARN"])["WebACL"] == got


def test_a_group_keeps_to_its_capacity(waf: Waf) -> None:
    rules = [rule(f"r{n}", n, path_is(b"/a")) for n in range(3)]
    params: dict[str, Any] = {"Name": "g", "Scope": "REGIONAL", "VisibilityConfig": VISIBLE, "Rules": rules}
    assert waf.run("CheckCapacity", Scope="REGIONAL", Rules=rules)["Capacity"] == 6
    assert waf.refused("CreateRuleGroup", Capacity=5, **params) == "LimitsExceeded"
    made = waf.run("CreateRuleGroup", Capacity=6, **params)["Summary"]
    more = [*rules, rule("one-more", 3, path_is(b"/b"))]
    assert waf.refused("UpdateRuleGroup", **lock(made), VisibilityConfig=VISIBLE, Rules=more) == "LimitsExceeded"


def test_tags_are_kept_and_decide(waf: Waf) -> None:
    made = waf.ip_set("office", Tags=[{"Key": "team", "Value": "edge"}])
    waf.run("TagResource", ResourceARN=made["ARN"], Tags=[{"Key": "stage", "Value": "test"}])
    waf.run("UntagResource", ResourceARN=made["ARN"], TagKeys=["team"])
    info = waf.run("ListTagsForResource", ResourceARN=made["ARN"])["TagInfoForResource"]
    assert info == {"ResourceARN": made["ARN"], "TagList": [{"Key": "stage", "Value": "test"}]}
    condition = {"StringEquals": {"aws:ResourceTag/stage": "test"}}
    ana = waf.house.user(waf.account, "ana", allow("wafv2:GetIPSet", Condition=condition))
    waf.run("GetIPSet", ana, **key(made))
    waf.run("TagResource", ResourceARN=made["ARN"], Tags=[{"Key": "stage", "Value": "live"}])
    assert waf.refused("GetIPSet", ana, **key(made)) == "AccessDenied"
    reserved = [{"Key": "aws:x", "Value": "1"}]
    assert waf.refused("TagResource", ResourceARN=made["ARN"], Tags=reserved) == "TagOperation"


def test_lists_come_in_pages(waf: Waf) -> None:
    for n in range(5):
        waf.ip_set(f"set{n}")
    names: list[str] = []
    marker: dict[str, str] = {}
    while True:
        got = waf.run("ListIPSets", Scope="REGIONAL", Limit=2, **marker)
        names += [one["Name"] for one in got["IPSets"]]
        if "NextMarker" not in got:
            break
        marker = {"NextMarker": got["NextMarker"]}
    assert names == [f"set{n}" for n in range(5)]
    assert waf.refused("ListIPSets", Scope="REGIONAL", NextMarker="bm9ib2R5") == "InvalidParameter ENTITY_LIMIT"


def test_a_rule_that_names_a_set_needs_permission_for_the_set(waf: Waf) -> None:
    office = waf.ip_set("office", "192.0.2.44/32")
    arn = f"arn:aws:wafv2:us-east-1:{waf.account}:regional/webacl/*"
    ana = waf.house.user(waf.account, "ana", {**allow("wafv2:CreateWebACL"), "Resource": arn})
    params: dict[str, Any] = {"Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": VISIBLE}
    waf.run("CreateWebACL", ana, Name="plain", **params)
    rules = [rule("r", 0, {"IPSetReferenceStatement": {"ARN": office["ARN"]}})]
    assert waf.refused("CreateWebACL", ana, Name="naming", Rules=rules, **params) == "AccessDenied"


def test_a_group_is_used_from_another_account_only_when_its_policy_says_so(waf: Waf) -> None:
    group = waf.group("shared", rule("r", 0, path_is(b"/a")))
    reference = {"RuleGroupReferenceStatement": {"ARN": group["ARN"]}}
    params: dict[str, Any] = {
        "Name": "theirs",
        "Scope": "REGIONAL",
        "DefaultAction": {"Allow": {}},
        "VisibilityConfig": VISIBLE,
        "Rules": [rule("r", 0, reference, OverrideAction={"None": {}})],
    }
    assert waf.refused("CreateWebACL", OTHERS[0], **params) == "AccessDenied"

    def sharing(*actions: str) -> str:
        statement = {"Effect": "Allow", "Principal": {"AWS": OTHERS[0]}, "Action": actions}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    wild = sharing("wafv2:*")
    assert waf.refused("PutPermissionPolicy", ResourceArn=group["ARN"], Policy=wild) == "InvalidPermissionPolicy"
    policy = sharing("wafv2:CreateWebACL", "wafv2:UpdateWebACL", "wafv2:PutFirewallManagerRuleGroups")
    waf.run("PutPermissionPolicy", ResourceArn=group["ARN"], Policy=policy)
    assert waf.run("GetPermissionPolicy", ResourceArn=group["ARN"])["Policy"] == policy
    waf.run("CreateWebACL", OTHERS[0], **params)
    assert waf.refused("CreateWebACL", OTHERS[1], **params) == "AccessDenied"

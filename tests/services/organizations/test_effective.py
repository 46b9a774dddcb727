"""Management policies merge from the root down. The cases are those of the user guide's "Inheritance examples"."""

from __future__ import annotations

import json
from typing import Any

import pytest

from garrison.services.organizations.effective import merge
from tests.services.organizations.house import OTHERS, House

ANA, BEN, _ = OTHERS


def tag(name: str, **settings: dict[str, Any]) -> dict[str, Any]:
    return {"tags": {name: settings}}


def operator(setter: str, value: Any, allowed: list[str] | None = None) -> dict[str, Any]:
    control = {} if allowed is None else {"@@operators_allowed_for_child_policies": allowed}
    return {**control, f"@@{setter}": value}


A = tag(
    "costcenter", tag_key=operator("assign", "CostCenter"), tag_value=operator("assign", ["Development", "Support"])
)
ENFORCED = ["redshift:*", "dynamodb:table"]


def test_a_child_policy_overwrites_values() -> None:
    b = tag("costcenter", tag_value=operator("assign", ["Sandbox"]), enforced_for=operator("assign", ENFORCED))
    assert merge([[A], [b]]) == {
        "tags": {"costcenter": {"tag_key": "CostCenter", "tag_value": ["Sandbox"], "enforced_for": ENFORCED}}
    }


def test_a_child_policy_appends_and_the_next_one_removes() -> None:
    c = tag("costcenter", tag_value=operator("append", ["Marketing"]), enforced_for=operator("append", ENFORCED))
    d = tag(
        "costcenter",
        tag_value=operator("remove", ["Development", "Marketing"]),
        enforced_for=operator("remove", ENFORCED),
    )
    merged = merge([[A], [c]])["tags"]["costcenter"]
    assert merged["tag_value"] == ["Development", "Support", "Marketing"]
    assert merged["enforced_for"] == ENFORCED
    assert merge([[A], [c], [d]])["tags"]["costcenter"] == {"tag_key": "CostCenter", "tag_value": ["Support"]}


def test_controls_limit_what_child_policies_do() -> None:
    e = tag(
        "project",
        tag_key=operator("assign", "Project", ["@@none"]),
        tag_value=operator("assign", ["Maintenance", "Escalations"], ["@@append"]),
    )
    f = tag("project", tag_key=operator("assign", "PROJECT"), tag_value=operator("append", ["Research"]))
    gone = tag("project", tag_value=operator("remove", ["Maintenance"]))
    assert merge([[e], [f], [gone]])["tags"]["project"] == {
        "tag_key": "Project",
        "tag_value": ["Maintenance", "Escalations", "Research"],
    }


def test_controls_of_one_level_intersect_and_cannot_be_undone_below() -> None:
    g = tag("project", tag_value=operator("assign", ["Maintenance"], ["@@append"]))
    h = {"tags": {"project": {"tag_value": {"@@operators_allowed_for_child_policies": ["@@append", "@@remove"]}}}}
    loose = {"tags": {"project": {"tag_value": {"@@operators_allowed_for_child_policies": ["@@all"]}}}}
    more = tag("project", tag_value=operator("append", ["More"]))
    gone = tag("project", tag_value=operator("remove", ["Maintenance"]))
    assert merge([[g, h], [loose], [more], [gone]])["tags"]["project"]["tag_value"] == ["Maintenance", "More"]


def test_of_two_policies_on_one_level_the_one_attached_first_assigns() -> None:
    j = tag("project", tag_key=operator("assign", "PROJECT"), tag_value=operator("append", ["Maintenance"]))
    k = tag("project", tag_key=operator("assign", "project"))
    assert merge([[j, k]]) == {"tags": {"project": {"tag_key": "PROJECT", "tag_value": ["Maintenance"]}}}


def test_none_on_a_group_of_settings_keeps_new_ones_out() -> None:
    closed = {
        "services": {
            "@@operators_allowed_for_child_policies": ["@@none"],
            "default": {"opt_out_policy": operator("assign", "optOut")},
        }
    }
    child = {
        "services": {
            "lex": {"opt_out_policy": operator("assign", "optIn")},
            "default": {"opt_out_policy": operator("assign", "optIn")},
        }
    }
    assert merge([[closed], [child]]) == {"services": {"default": {"opt_out_policy": "optIn"}}}


def test_an_account_has_what_everything_above_it_comes_to(house: House) -> None:
    house.organization()
    house.join(ANA)
    unit = house.unit("sales")
    house.move(ANA, unit)
    params = {"PolicyType": "TAG_POLICY", "TargetId": ANA}
    assert house.refused("DescribeEffectivePolicy", **params)[0] == "EffectivePolicyNotFound"
    house.run("EnablePolicyType", RootId=house.root, PolicyType="TAG_POLICY")
    house.attach(house.policy(json.dumps(A), "TAG_POLICY"), house.root)
    more = tag("costcenter", tag_value=operator("append", ["Marketing"]))
    house.attach(house.policy(json.dumps(more), "TAG_POLICY"), unit)
    found = house.run("DescribeEffectivePolicy", ANA, PolicyType="TAG_POLICY")["EffectivePolicy"]
    assert found["TargetId"] == ANA
    values = json.loads(found["PolicyContent"])["tags"]["costcenter"]["tag_value"]
    assert values == ["Development", "Support", "Marketing"]
    assert house.run("DescribeEffectivePolicy", **params)["EffectivePolicy"] == found
    assert house.refused("DescribeEffectivePolicy", ANA, PolicyType="TAG_POLICY", TargetId=BEN)[0] == "AccessDenied"
    refused = house.refused("DescribeEffectivePolicy", PolicyType="TAG_POLICY", TargetId=house.root)
    assert refused == ("InvalidInput", "TARGET_NOT_SUPPORTED")


def test_faults_of_effective_policies_are_listed(house: House) -> None:
    house.organization()
    house.join(ANA)
    house.run("EnablePolicyType", RootId=house.root, PolicyType="AISERVICES_OPT_OUT_POLICY")
    wrong = {"services": {"lex": {"opt_out_policy": operator("assign", "perhaps")}}}
    id = house.policy(json.dumps(wrong), "AISERVICES_OPT_OUT_POLICY")
    house.attach(id, ANA)
    params = {"PolicyType": "AISERVICES_OPT_OUT_POLICY"}
    listed = house.run("ListAccountsWithInvalidEffectivePolicy", **params)
    assert [account["Id"] for account in listed["Accounts"]] == [ANA]
    answer = house.run("ListEffectivePolicyValidationErrors", AccountId=ANA, **params)
    (fault,) = answer["EffectivePolicyValidationErrors"]
    assert fault["PathToError"] == "services/lex/opt_out_policy"
    assert fault["ContributingPolicies"] == [id]


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "{}",
        '{"plans":{}}',
        '{"tags":{"a":{"tag_key":"plain"}}}',
        '{"tags":{"a":{"tag_key":{"@@assign":"a","@@append":["b"]}}}}',
        '{"tags":{"a":{"tag_key":{"@@assgin":"a"}}}}',
        '{"tags":{"a":{"@@operators_allowed_for_child_policies":["@@none","@@assign"]}}}',
        '{"tags":{},"tags":{}}',
        '{"tags":' * 2000 + "1" + "}" * 2000,
    ],
)
def test_what_is_no_tag_policy_is_not_saved(house: House, content: str) -> None:
    house.organization()
    params = {"Type": "TAG_POLICY", "Name": "p", "Description": "", "Content": content}
    assert house.error("CreatePolicy", **params).code in (
        "MalformedPolicyDocumentException",
        "ConstraintViolationException",
    )

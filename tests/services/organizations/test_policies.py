"""Policies, their types, and what they are attached to."""

from __future__ import annotations

import pytest

from tests.services.organizations.house import MANAGEMENT, OTHERS, RCP, SCP, House, deny, policy

ANA, BEN, _ = OTHERS
DOCUMENT = policy(deny("s3:*"))


@pytest.fixture
def org(house: House) -> str:
    return str(house.organization()["Id"])


def test_a_policy_is_made_read_changed_and_deleted(house: House, org: str) -> None:
    params = {"Type": SCP, "Name": "no-s3", "Description": "none of it", "Content": DOCUMENT}
    made = house.run("CreatePolicy", **params)["Policy"]
    summary = made["PolicySummary"]
    id = summary["Id"]
    assert summary == {
        "Id": id,
        "Arn": f"arn:aws:organizations::{MANAGEMENT}:policy/{org}/service_control_policy/{id}",
        "Name": "no-s3",
        "Description": "none of it",
        "Type": SCP,
        "AwsManaged": False,
    }
    assert made["Content"] == DOCUMENT
    assert house.refused("CreatePolicy", **params)[0] == "DuplicatePolicy"
    house.run("UpdatePolicy", PolicyId=id, Name="nothing")
    assert house.run("DescribePolicy", PolicyId=id)["Policy"]["PolicySummary"]["Name"] == "nothing"
    assert [p["Id"] for p in house.run("ListPolicies", Filter=SCP)["Policies"]] == sorted([id, "p-FullAWSAccess"])
    house.attach(id, house.root)
    assert house.refused("DeletePolicy", PolicyId=id)[0] == "PolicyInUse"
    house.run("DetachPolicy", PolicyId=id, TargetId=house.root)
    house.run("DeletePolicy", PolicyId=id)
    assert house.refused("DescribePolicy", PolicyId=id) == (
        "PolicyNotFound",
        "You specified a policy that doesn't exist.",
    )


def test_the_policies_of_aws_stay_as_they_are(house: House, org: str) -> None:
    assert house.refused("UpdatePolicy", PolicyId="p-FullAWSAccess", Name="x") == ("InvalidInput", "IMMUTABLE_POLICY")
    assert house.refused("DeletePolicy", PolicyId="p-FullAWSAccess") == ("InvalidInput", "IMMUTABLE_POLICY")
    house.run("EnablePolicyType", RootId=house.root, PolicyType=RCP)
    assert house.refused("DetachPolicy", PolicyId="p-RCPFullAWSAccess", TargetId=house.root) == (
        "InvalidInput",
        "NON_DETACHABLE_POLICY",
    )


def test_one_service_control_policy_stays_and_ten_are_the_most(house: House, org: str) -> None:
    root = house.root
    assert house.refused("DetachPolicy", PolicyId="p-FullAWSAccess", TargetId=root) == (
        "ConstraintViolation",
        "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
    )
    ids = [house.policy(DOCUMENT) for _ in range(10)]
    for id in ids[:9]:
        house.attach(id, root)
    assert house.refused("AttachPolicy", PolicyId=ids[9], TargetId=root) == (
        "ConstraintViolation",
        "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
    )
    assert house.refused("AttachPolicy", PolicyId=ids[0], TargetId=root)[0] == "DuplicatePolicyAttachment"
    assert house.refused("DetachPolicy", PolicyId=ids[9], TargetId=root)[0] == "PolicyNotAttached"
    assert house.refused("AttachPolicy", PolicyId=ids[9], TargetId=ANA)[0] == "TargetNotFound"


def test_a_type_is_enabled_before_its_policies_are_attached(house: House, org: str) -> None:
    root = house.root
    tag = house.policy('{"tags":{"team":{"tag_key":{"@@assign":"Team"}}}}', "TAG_POLICY")
    assert house.refused("AttachPolicy", PolicyId=tag, TargetId=root) == (
        "PolicyTypeNotEnabled",
        "This operation can be performed only for enabled policy types.",
    )
    shown = house.run("EnablePolicyType", RootId=root, PolicyType="TAG_POLICY")["Root"]
    assert {"Type": "TAG_POLICY", "Status": "ENABLED"} in shown["PolicyTypes"]
    assert house.refused("EnablePolicyType", RootId=root, PolicyType="TAG_POLICY")[0] == "PolicyTypeAlreadyEnabled"
    house.attach(tag, root)
    house.run("DisablePolicyType", RootId=root, PolicyType="TAG_POLICY")
    assert house.refused("DisablePolicyType", RootId=root, PolicyType="TAG_POLICY")[0] == "PolicyTypeNotEnabled"
    house.run("EnablePolicyType", RootId=root, PolicyType="TAG_POLICY")
    assert house.run("ListTargetsForPolicy", PolicyId=tag)["Targets"] == []
    assert house.refused("EnablePolicyType", RootId="r-zzzz", PolicyType=RCP)[0] == "RootNotFound"


def test_targets_of_a_policy_are_named(house: House, org: str) -> None:
    id = house.policy(DOCUMENT)
    unit = house.unit("sales")
    house.join(ANA)
    for target in (house.root, unit, ANA):
        house.attach(id, target)
    targets = {t["TargetId"]: t for t in house.run("ListTargetsForPolicy", PolicyId=id)["Targets"]}
    assert {id: (t["Type"], t["Name"]) for id, t in targets.items()} == {
        house.root: ("ROOT", "Root"),
        unit: ("ORGANIZATIONAL_UNIT", "sales"),
        ANA: ("ACCOUNT", "account 2"),
    }
    assert targets[unit]["Arn"] == f"arn:aws:organizations::{MANAGEMENT}:ou/{org}/{unit}"


def test_tags_are_kept_on_everything_that_can_have_them(house: House, org: str) -> None:
    house.join(ANA)
    for resource in (house.root, house.unit("sales"), ANA, house.policy(DOCUMENT)):
        house.run("TagResource", ResourceId=resource, Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
        house.run("UntagResource", ResourceId=resource, TagKeys=["a"])
        assert house.run("ListTagsForResource", ResourceId=resource)["Tags"] == [{"Key": "A", "Value": "2"}]
    twice = [{"Key": "a", "Value": "1"}] * 2
    assert house.refused("TagResource", ResourceId=ANA, Tags=twice) == ("InvalidInput", "DUPLICATE_TAG_KEY")
    system = [{"Key": "aws:a", "Value": "1"}]
    assert house.refused("TagResource", ResourceId=ANA, Tags=system)[1] == "INVALID_SYSTEM_TAGS_PARAMETER"
    many = [{"Key": str(n), "Value": ""} for n in range(50)]
    assert house.refused("TagResource", ResourceId=ANA, Tags=many) == ("ConstraintViolation", "MAX_TAG_LIMIT_EXCEEDED")
    assert house.refused("TagResource", ResourceId=BEN, Tags=many)[0] == "TargetNotFound"


def test_tags_of_units_and_policies_decide(house: House, org: str) -> None:
    admin = house.user(
        MANAGEMENT, "admin",
        {
            "Effect": "Allow", "Action": "organizations:DeleteOrganizationalUnit", "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}},
        },
        {
            "Effect": "Allow", "Action": "organizations:DescribePolicy", "Resource": "*",
            "Condition": {"StringEquals": {"organizations:PolicyType": RCP}},
        },
    )  # fmt: skip
    unit = house.unit("sales")
    assert "no identity-based policy" in house.refused("DeleteOrganizationalUnit", admin, OrganizationalUnitId=unit)[1]
    house.run("TagResource", ResourceId=unit, Tags=[{"Key": "team", "Value": "blue"}])
    house.run("DeleteOrganizationalUnit", admin, OrganizationalUnitId=unit)
    house.run("DescribePolicy", admin, PolicyId="p-RCPFullAWSAccess")
    assert house.refused("DescribePolicy", admin, PolicyId="p-FullAWSAccess")[0] == "AccessDenied"


def test_delegated_administrators_look_but_do_not_change(house: House, org: str) -> None:
    house.join(ANA)
    service = "guardduty.amazonaws.com"
    params = {"AccountId": ANA, "ServicePrincipal": service}
    assert house.refused("RegisterDelegatedAdministrator", **params) == (
        "ConstraintViolation",
        "SERVICE_ACCESS_NOT_ENABLED",
    )
    house.run("EnableAWSServiceAccess", ServicePrincipal=service)
    house.run("RegisterDelegatedAdministrator", **params)
    assert house.refused("RegisterDelegatedAdministrator", **params)[0] == "AccountAlreadyRegistered"
    assert house.refused("RegisterDelegatedAdministrator", AccountId=MANAGEMENT, ServicePrincipal=service)[1] == (
        "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR"
    )
    assert [a["Id"] for a in house.run("ListAccounts", ANA)["Accounts"]] == [MANAGEMENT, ANA]
    assert [a["Id"] for a in house.run("ListDelegatedAdministrators", ANA)["DelegatedAdministrators"]] == [ANA]
    assert house.run("ListDelegatedServicesForAccount", AccountId=ANA)["DelegatedServices"][0] == {
        "ServicePrincipal": service,
        "DelegationEnabledDate": house.clock.now(),
    }
    change = {"Type": SCP, "Name": "p", "Description": "", "Content": DOCUMENT}
    assert house.refused("CreatePolicy", ANA, **change)[0] == "AccessDenied"
    assert house.refused("RemoveAccountFromOrganization", AccountId=ANA)[1] == (
        "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"
    )
    house.run("DeregisterDelegatedAdministrator", **params)
    assert house.refused("ListAccounts", ANA)[0] == "AccessDenied"
    assert house.refused("DeregisterDelegatedAdministrator", **params)[0] == "AccountNotRegistered"
    enabled = house.run("ListAWSServiceAccessForOrganization")["EnabledServicePrincipals"]
    assert [entry["ServicePrincipal"] for entry in enabled] == [service]


def test_the_resource_policy_lets_members_at_what_it_names(house: House, org: str) -> None:
    house.join(ANA)
    house.join(BEN)
    content = policy(
        {"Effect": "Allow", "Principal": {"AWS": ANA}, "Action": "organizations:List*", "Resource": "*"},
        {
            "Effect": "Allow", "Principal": {"AWS": ANA}, "Resource": "*",
            "Action": ["organizations:CreatePolicy", "organizations:AttachPolicy"],
            "Condition": {"StringLikeIfExists": {"organizations:PolicyType": "TAG_POLICY"}},
        },
    )  # fmt: skip
    made = house.run("PutResourcePolicy", Content=content)["ResourcePolicy"]["ResourcePolicySummary"]
    assert made["Arn"] == f"arn:aws:organizations::{MANAGEMENT}:resourcepolicy/{org}/{made['Id']}"
    assert house.run("ListAccounts", ANA)["Accounts"]
    assert house.refused("ListAccounts", BEN)[0] == "AccessDenied"
    tags = '{"tags":{"team":{"tag_key":{"@@assign":"Team"}}}}'
    house.run("CreatePolicy", ANA, Type="TAG_POLICY", Name="t", Description="", Content=tags)
    scp = {"Type": SCP, "Name": "s", "Description": "", "Content": DOCUMENT}
    assert house.refused("CreatePolicy", ANA, **scp)[0] == "AccessDenied"
    powerless = house.user(ANA, "powerless")
    assert "no identity-based policy" in house.refused("ListAccounts", powerless)[1]
    house.run("DeleteResourcePolicy")
    assert house.refused("ListAccounts", ANA)[0] == "AccessDenied"
    assert house.refused("DescribeResourcePolicy")[0] == "ResourcePolicyNotFound"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ({"Principal": {"AWS": ANA}, "Action": "organizations:*"}, "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        ({"Principal": {"AWS": ANA}, "Action": "organizations:MoveAccount"}, "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        ({"Principal": {"AWS": ANA}, "Action": "s3:ListBucket"}, "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        ({"Principal": {"AWS": BEN}, "Action": "organizations:ListRoots"}, "INVALID_PRINCIPAL"),
        ({"Principal": {"Service": "s3.amazonaws.com"}, "Action": "organizations:ListRoots"}, "INVALID_PRINCIPAL"),
    ],
)
def test_the_resource_policy_says_only_what_it_can(
    house: House, org: str, statement: dict[str, object], reason: str
) -> None:
    house.join(ANA)
    content = policy({"Effect": "Allow", "Resource": "*", **statement})
    assert house.refused("PutResourcePolicy", Content=content) == ("InvalidInput", reason)
    assert house.refused("PutResourcePolicy", Content="[]") == ("InvalidInput", "INVALID_RESOURCE_POLICY_JSON")

"""Service and resource control policies bind whom they should, at the very next call."""

from __future__ import annotations

import json

import pytest

from garrison.aws.errors import AwsError
from garrison.policy.principal import RoleSession, Root
from garrison.services.organizations import creations
from tests.services.organizations.house import MANAGEMENT, OTHERS, RCP, SCP, House, allow, deny, policy

ANA, BEN, _ = OTHERS
NO_USERS = policy(deny("iam:ListUsers"))


def denied(house: House, by: object, operation: str = "ListUsers", **params: object) -> str:
    error = house.error(operation, by, "iam", **params)  # type: ignore[arg-type]
    assert error.code == "AccessDenied"
    return error.message


@pytest.fixture
def org(house: House) -> str:
    made = house.organization()
    house.join(ANA)
    return str(made["Id"])


def test_a_denying_policy_is_named_with_its_arn_and_binds_member_root_users(house: House, org: str) -> None:
    house.run("ListUsers", ANA, "iam")
    no = house.policy(NO_USERS)
    house.attach(no, ANA)
    assert denied(house, ANA) == (
        f"User: arn:aws:iam::{ANA}:root is not authorized to perform: iam:ListUsers on resource: "
        f"arn:aws:iam::{ANA}:user/ with an explicit deny in a service control policy: "
        f"arn:aws:organizations::{MANAGEMENT}:policy/{org}/service_control_policy/{no}"
    )
    house.run("DetachPolicy", PolicyId=no, TargetId=ANA)
    house.run("ListUsers", ANA, "iam")


def test_a_level_without_an_allowing_policy_denies(house: House, org: str) -> None:
    unit = house.unit("sales")
    house.move(ANA, unit)
    house.attach(house.policy(policy(allow("sts:*"))), unit)
    house.run("DetachPolicy", PolicyId="p-FullAWSAccess", TargetId=unit)
    assert denied(house, ANA).endswith("because no service control policy allows the iam:ListUsers action")


def test_the_management_account_and_service_linked_roles_are_not_bound(house: House, org: str) -> None:
    house.attach(house.policy(NO_USERS), house.root)
    house.attach(house.policy(policy(deny("organizations:*"))), house.root)
    house.run("ListUsers", MANAGEMENT, "iam")
    house.run("ListAccounts")
    assert "service control policy" in denied(house, ANA)
    role = house.run("GetRole", ANA, "iam", RoleName="AWSServiceRoleForOrganizations")["Role"]
    linked = RoleSession(ANA, role["Arn"], role["RoleId"], "s", service_linked=True)
    assert "no identity-based policy" in denied(house, linked)


def test_moving_an_account_flips_the_next_call(house: House, org: str) -> None:
    strict, free = house.unit("strict"), house.unit("free")
    house.attach(house.policy(NO_USERS), strict)
    for _ in range(3):
        house.move(ANA, strict)
        denied(house, ANA)
        house.move(ANA, free)
        house.run("ListUsers", ANA, "iam")


def test_joining_leaving_updating_enabling_and_disabling_bind_at_once(house: House, org: str) -> None:
    no = house.policy(NO_USERS)
    house.attach(no, house.root)
    house.run("ListUsers", BEN, "iam")
    house.join(BEN)
    denied(house, BEN)
    house.run("UpdatePolicy", PolicyId=no, Content=policy(deny("iam:ListRoles")))
    house.run("ListUsers", BEN, "iam")
    house.run("UpdatePolicy", PolicyId=no, Content=NO_USERS)
    denied(house, BEN)
    house.run("DisablePolicyType", RootId=house.root, PolicyType=SCP)
    house.run("ListUsers", BEN, "iam")
    house.run("EnablePolicyType", RootId=house.root, PolicyType=SCP)
    house.run("ListUsers", BEN, "iam")
    assert [p["Id"] for p in house.run("ListPoliciesForTarget", TargetId=BEN, Filter=SCP)["Policies"]] == [
        "p-FullAWSAccess"
    ]
    house.attach(no, house.root)
    denied(house, BEN)
    house.run("LeaveOrganization", BEN)
    house.run("ListUsers", BEN, "iam")


def test_a_closed_accounts_credentials_are_refused(house: House, org: str) -> None:
    house.run("ListUsers", ANA, "iam")
    house.run("CloseAccount", AccountId=ANA)
    assert house.error("ListUsers", ANA, "iam").code == "InvalidClientTokenId"
    shown = house.run("DescribeAccount", AccountId=ANA)["Account"]
    assert (shown["State"], shown["Status"]) == ("PENDING_CLOSURE", "PENDING_CLOSURE")
    assert house.refused("CloseAccount", AccountId=ANA)[0] == "Conflict"
    house.clock.advance(2)
    shown = house.run("DescribeAccount", AccountId=ANA)["Account"]
    assert (shown["State"], shown["Status"]) == ("CLOSED", "SUSPENDED")
    assert house.refused("CloseAccount", AccountId=ANA)[0] == "AccountAlreadyClosed"


def trusting(house: House, account: str, name: str, principal: str) -> str:
    trust = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    made = house.run(
        "CreateRole", account, "iam", RoleName=name, AssumeRolePolicyDocument=policy(trust)
    )["Role"]  # fmt: skip
    return str(made["Arn"])


def test_a_resource_control_policy_keeps_outsiders_from_a_members_roles(house: House, org: str) -> None:
    house.join(BEN)
    outside = OTHERS[2]
    role = trusting(house, ANA, "open", "*")
    mine, theirs = (house.user(account, "u", allow("sts:*")) for account in (BEN, outside))
    asked = {"RoleArn": role, "RoleSessionName": "s"}
    for user in (mine, theirs):
        house.run("AssumeRole", user, "sts", **asked)
    perimeter = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sts:AssumeRole",
        "Resource": "*",
        "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": org}},
    }
    house.run("EnablePolicyType", RootId=house.root, PolicyType=RCP)
    id = house.policy(policy(perimeter), RCP)
    house.attach(id, house.root)
    house.run("AssumeRole", mine, "sts", **asked)
    # Across organizations the reason is not told.
    assert house.error("AssumeRole", theirs, "sts", **asked).message == (
        f"User: {theirs.arn} is not authorized to perform: sts:AssumeRole on resource: {role}"
    )
    house.run("LeaveOrganization", ANA)
    house.run("AssumeRole", theirs, "sts", **asked)


def test_a_resource_control_policy_is_named_within_the_organization_and_spares_other_services(
    house: House, org: str
) -> None:
    house.join(BEN)
    role = trusting(house, ANA, "r", "*")
    user = house.user(BEN, "u", allow("sts:*"))
    house.run("EnablePolicyType", RootId=house.root, PolicyType=RCP)
    statement = {"Effect": "Deny", "Principal": "*", "Action": ["sts:AssumeRole"], "Resource": "*"}
    id = house.policy(policy(statement), RCP)
    house.attach(id, ANA)
    said = house.error("AssumeRole", user, "sts", RoleArn=role, RoleSessionName="s").message
    arn = f"arn:aws:organizations::{MANAGEMENT}:policy/{org}/resource_control_policy/{id}"
    assert said.endswith(f"with an explicit deny in a resource control policy: {arn}")
    house.run("GetRole", ANA, "iam", RoleName="r")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("aws:PrincipalOrgID", "{org}"),
        ("aws:PrincipalOrgPaths", "{org}/{root}/{unit}/"),
        ("aws:ResourceOrgID", "{org}"),
        ("aws:ResourceOrgPaths", "{org}/{root}/{unit}/"),
        ("aws:ResourceAccount", "{account}"),
    ],
)
def test_condition_keys_tell_where_an_account_stands(house: House, org: str, key: str, value: str) -> None:
    unit = house.unit("sales")
    house.move(ANA, unit)
    right = value.format(org=org, root=house.root, unit=unit, account=ANA)
    operator = "ForAnyValue:StringEquals" if key.endswith("Paths") else "StringEquals"
    user = house.user(ANA, "u", allow("iam:ListUsers", Condition={operator: {key: right}}))
    house.run("ListUsers", user, "iam")
    other = house.user(ANA, "v", allow("iam:ListUsers", Condition={operator: {key: right + "x"}}))
    denied(house, other)


def test_a_created_account_has_the_access_role_and_is_bound_from_its_first_call(house: House, org: str) -> None:
    house.attach(house.policy(NO_USERS), house.root)
    status = house.create("new@example.com", RoleName="Door", Tags=[{"Key": "team", "Value": "blue"}])
    assert status["State"] == "SUCCEEDED"
    number = status["AccountId"]
    admin = house.user(MANAGEMENT, "admin", allow("sts:AssumeRole"))
    role = f"arn:aws:iam::{number}:role/Door"
    made = house.run("AssumeRole", admin, "sts", RoleArn=role, RoleSessionName="s")["AssumedRoleUser"]
    session = RoleSession(number, role, made["AssumedRoleId"].split(":")[0], "s")
    house.run("ListRoles", session, "iam")
    denied(house, session)
    shown = house.run("DescribeAccount", AccountId=number)["Account"]
    assert (shown["JoinedMethod"], shown["Email"], shown["Name"]) == ("CREATED", "new@example.com", "made")
    assert house.run("ListTagsForResource", ResourceId=number)["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert house.run("ListParents", ChildId=number)["Parents"][0]["Id"] == house.root
    assert house.refused("RemoveAccountFromOrganization", AccountId=number) == (
        "ConstraintViolation",
        "WAIT_PERIOD_ACTIVE",
    )
    house.clock.advance(5 * 86400)
    house.run("RemoveAccountFromOrganization", AccountId=number)
    house.run("ListUsers", Root(number), "iam")


def test_creations_fail_and_are_limited_as_they_are_at_aws(house: House, org: str) -> None:
    taken = house.create(f"{BEN}@example.com")
    assert (taken["State"], taken["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    for n in range(5):
        house.run("CreateAccount", Email=f"{n}@example.com", AccountName="n")
    assert house.refused("CreateAccount", Email="5@example.com", AccountName="n") == (
        "ConstraintViolation",
        "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED",
    )
    assert len(house.run("ListCreateAccountStatus", States=["IN_PROGRESS"])["CreateAccountStatuses"]) == 5
    house.clock.advance(creations.SECONDS)
    assert creations.finish(house.runtime) == 5
    assert creations.finish(house.runtime) == 0
    assert len(house.run("ListCreateAccountStatus", States=["SUCCEEDED"])["CreateAccountStatuses"]) == 5
    for n in range(3):
        assert house.create(f"more{n}@example.com")["State"] == "SUCCEEDED"
    assert house.refused("CreateAccount", Email="last@example.com", AccountName="n") == (
        "ConstraintViolation",
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
    )
    assert house.refused("CreateAccount", Email="x@example.com", AccountName="n", RoleName="AWSServiceRoleForX") == (
        "InvalidInput",
        "INVALID_ROLE_NAME",
    )


def test_a_write_decided_before_the_tree_changed_is_decided_again(house: House, org: str) -> None:
    from garrison.access.authorize import authorize, still_stands

    call = house.call("CreateUser", ANA, "iam", UserName="x")
    with house.store.reading() as reader:
        authorize(call, reader)
        assert still_stands(call, reader)
    house.attach(house.policy(policy(deny("iam:CreateUser"))), house.root)
    with house.store.reading() as reader:
        assert not still_stands(call, reader)
        with pytest.raises(AwsError):
            authorize(call, reader)


def test_policies_that_could_not_bind_are_not_saved(house: House, org: str) -> None:
    for content in ("{", json.dumps({"Version": "2012-10-17"}), policy({**allow("s3:*"), "Principal": "*"})):
        error = house.error("CreatePolicy", Type=SCP, Name="p", Description="", Content=content)
        assert error.code == "MalformedPolicyDocumentException"
    rcp = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    error = house.error("CreatePolicy", Type=RCP, Name="p", Description="", Content=policy(rcp))
    assert error.code == "MalformedPolicyDocumentException"
    long = policy(*(deny("s3:*", Sid=f"s{n}") for n in range(300)))
    assert house.refused("CreatePolicy", Type=SCP, Name="p", Description="", Content=long) == (
        "ConstraintViolation",
        "POLICY_CONTENT_LIMIT_EXCEEDED",
    )

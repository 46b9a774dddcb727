"""Centralized root access: what the organization switches on, and the sessions it makes possible."""

from __future__ import annotations

import pytest

from garrison.access.tokens import open_token
from garrison.aws.errors import AwsError
from garrison.policy.principal import AssumedRoot, User
from tests.services.organizations.house import MANAGEMENT, OTHERS, House, allow, deny, policy

ANA, BEN, CAT = OTHERS
AUDIT = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"


def refused(house: House, operation: str, by: str = MANAGEMENT) -> str:
    return house.error(operation, by, "iam").code


def test_features_need_an_organization_its_management_account_and_trusted_access(house: House) -> None:
    enable = "EnableOrganizationsRootSessions"
    assert refused(house, enable) == "OrganizationNotFoundException"
    org = house.organization()["Id"]
    assert refused(house, enable) == "ServiceAccessNotEnabledException"
    house.run("EnableAWSServiceAccess", ServicePrincipal="iam.amazonaws.com")
    house.join(ANA)
    assert refused(house, enable, ANA) == "AccountNotManagementOrDelegatedAdministratorException"
    house.run("RegisterDelegatedAdministrator", AccountId=ANA, ServicePrincipal="iam.amazonaws.com")
    assert refused(house, enable, ANA) == "CallerIsNotManagementAccountException"
    assert house.run(enable, service="iam") == {"OrganizationId": org, "EnabledFeatures": ["RootSessions"]}
    house.run("EnableOrganizationsRootCredentialsManagement", service="iam")
    listed = house.run("ListOrganizationsFeatures", ANA, "iam")["EnabledFeatures"]
    assert listed == ["RootSessions", "RootCredentialsManagement"]
    house.run("DisableOrganizationsRootSessions", service="iam")
    assert house.run("ListOrganizationsFeatures", service="iam")["EnabledFeatures"] == ["RootCredentialsManagement"]


@pytest.fixture
def auditor(house: House) -> User:
    house.organization()
    house.join(ANA)
    house.run("EnableAWSServiceAccess", ServicePrincipal="iam.amazonaws.com")
    return house.user(MANAGEMENT, "auditor", allow("sts:AssumeRoot"))


def assume(house: House, by: User, target: str = ANA, task: str = AUDIT) -> dict[str, str]:
    made = house.run("AssumeRoot", by, "sts", TargetPrincipal=target, TaskPolicyArn={"arn": task})
    credentials: dict[str, str] = made["Credentials"]
    return credentials


def test_a_root_session_does_its_task_and_nothing_else_and_is_bound_by_policies(house: House, auditor: User) -> None:
    with pytest.raises(AwsError, match="not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::2"):
        assume(house, auditor)
    house.run("EnableOrganizationsRootCredentialsManagement", service="iam")
    made = assume(house, auditor)
    caller, _ = open_token(house.runtime, made["SessionToken"], made["AccessKeyId"])
    assert caller.principal == AssumedRoot(ANA, AUDIT)
    assert caller.session is not None
    assert caller.session.expires == house.clock.now() + 900

    def run(operation: str) -> str:
        from garrison.access.authorize import authorize

        call = house.call(operation, ANA, "iam")
        call.caller = caller
        with house.store.reading() as reader:
            try:
                authorize(call, reader)
            except AwsError as e:
                return e.message
        return "allowed"

    assert run("ListAccessKeys") == "allowed"
    assert run("ListUsers").endswith("with an explicit deny in a session policy")
    # The key that tells such a session from the root user it stands for.
    guard = {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}, "Null": {"aws:AssumedRoot": "true"}}
    house.attach(house.policy(policy(deny("*", Condition=guard))), ANA)
    assert run("ListAccessKeys") == "allowed"
    assert house.error("ListAccessKeys", ANA, "iam").code == "AccessDenied"
    house.attach(house.policy(policy(deny("iam:ListAccessKeys"))), ANA)
    assert "with an explicit deny in a service control policy" in run("ListAccessKeys")


def test_root_sessions_are_for_member_accounts_of_the_same_organization_only(house: House, auditor: User) -> None:
    house.run("EnableOrganizationsRootCredentialsManagement", service="iam")
    for target in (MANAGEMENT, CAT):
        with pytest.raises(AwsError, match="not authorized"):
            assume(house, auditor, target)
    member = house.user(ANA, "member", allow("sts:AssumeRoot"))
    house.join(BEN)
    with pytest.raises(AwsError, match="not authorized"):
        assume(house, member, BEN)
    with pytest.raises(AwsError, match="not authorized"):
        house.run("AssumeRoot", MANAGEMENT, "sts", TargetPrincipal=ANA, TaskPolicyArn={"arn": AUDIT})
    powerless = house.user(MANAGEMENT, "powerless")
    with pytest.raises(AwsError, match="no identity-based policy allows the sts:AssumeRoot action"):
        assume(house, powerless)
    with pytest.raises(AwsError, match="not a valid task policy"):
        assume(house, auditor, task="arn:aws:iam::aws:policy/AdministratorAccess")


@pytest.mark.parametrize("spelled", ["arn:aws:iam::{}:root", "arn:aws-cn:iam::{}:root", "{}"])
def test_a_denied_member_stays_denied_however_it_is_spelled(house: House, auditor: User, spelled: str) -> None:
    house.run("EnableOrganizationsRootCredentialsManagement", service="iam")
    spared = deny("sts:AssumeRoot", Resource=f"arn:aws:iam::{ANA}:root")
    careful = house.user(MANAGEMENT, "careful", allow("sts:AssumeRoot"), spared)
    with pytest.raises(AwsError, match=r"explicit deny in an identity-based policy|is invalid"):
        assume(house, careful, spelled.format(ANA))

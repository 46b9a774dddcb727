"""IAM as the source of principals: keys, what a principal is given, and when it was last used."""

from __future__ import annotations

import time
from typing import Any

import pytest

from garrison.access.caller import Caller, Session
from garrison.access.principals import Credential, Grants, RoleFacts, principals
from garrison.policy.principal import FederatedUser, Principal, RoleSession, Root, User
from garrison.policy.request import PolicyType
from garrison.services.iam import last_used
from garrison.services.iam.provider import flush
from garrison.services.iam.resources import ACCESS_KEY
from tests.services.iam.conftest import ACCOUNT, NOW, Iam
from tests.services.iam.documents import ALLOW_ALL, EC2

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def credential(iam: Iam, key: str) -> Credential | None:
    with iam.runtime.store.reading() as reader:
        return principals().credential(iam.runtime, reader, key)


def grants(iam: Iam, principal: Principal) -> Grants:
    with iam.runtime.store.reading() as reader:
        return principals().grants(iam.runtime, reader, principal)


def role(iam: Iam, arn: str) -> RoleFacts | None:
    with iam.runtime.store.reading() as reader:
        return principals().role(reader, arn)


def new_key(iam: Iam, by: Principal | None = None, **params: Any) -> tuple[str, str]:
    key = iam.run("CreateAccessKey", by=by, **params)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def test_a_users_key_opens_to_its_secret_and_user(iam: Iam) -> None:
    ana = iam.user("ana", Path="/staff/")
    key, secret = new_key(iam, UserName="ana")
    assert credential(iam, key) == Credential(key, secret, ana, active=True)
    iam.run("UpdateAccessKey", UserName="ana", AccessKeyId=key, Status="Inactive")
    assert credential(iam, key) == Credential(key, secret, ana, active=False)
    assert credential(iam, "AKIAAAAAAAAAAAAAAAAA") is None


def test_a_root_key_is_the_accounts(iam: Iam) -> None:
    key, secret = new_key(iam, by=Root(ACCOUNT))
    assert credential(iam, key) == Credential(key, secret, Root(ACCOUNT), active=True)


def test_a_session_under_a_users_old_name_is_nobodys(iam: Iam) -> None:
    before = iam.user("ana")
    iam.run("PutUserPolicy", UserName="ana", PolicyName="p", PolicyDocument=ALLOW_ALL)
    federated = FederatedUser(ACCOUNT, "guest", before.arn, before.id)
    assert grants(iam, before).exists
    assert grants(iam, federated).exists
    iam.run("UpdateUser", UserName="ana", NewUserName="ben")
    iam.user("ana")
    assert not grants(iam, before).exists
    assert not grants(iam, federated).exists
    assert grants(iam, User(ACCOUNT, before.arn.replace("/ana", "/ben"), before.id)).identity
    iam.run("UpdateUser", UserName="ben", NewPath="/staff/")
    assert not grants(iam, User(ACCOUNT, before.arn.replace("/ana", "/ben"), before.id)).exists


def test_a_user_has_its_own_policies_and_those_of_its_groups(iam: Iam) -> None:
    ana = iam.user("ana", Path="/staff/", Tags=[{"Key": "Team", "Value": "a"}])
    iam.run("CreateGroup", GroupName="devs")
    iam.run("AddUserToGroup", UserName="ana", GroupName="devs")
    own = iam.run("CreatePolicy", PolicyName="own", PolicyDocument=ALLOW_ALL)["Policy"]["Arn"]
    iam.run("PutUserPolicy", UserName="ana", PolicyName="p", PolicyDocument=ALLOW_ALL)
    iam.run("AttachUserPolicy", UserName="ana", PolicyArn=own)
    iam.run("PutGroupPolicy", GroupName="devs", PolicyName="q", PolicyDocument=ALLOW_ALL)
    iam.run("AttachGroupPolicy", GroupName="devs", PolicyArn=READ_ONLY)
    iam.run("PutUserPermissionsBoundary", UserName="ana", PermissionsBoundary=READ_ONLY)
    found = grants(iam, ana)
    devs = f"arn:aws:iam::{ACCOUNT}:group/devs"
    assert [(policy.name, policy.arn, policy.attached_to) for policy in found.identity] == [
        ("inline policy p of user ana", None, ana.arn),
        ("own", own, ana.arn),
        ("inline policy q of group devs", None, devs),
        ("ReadOnlyAccess", READ_ONLY, devs),
    ]
    assert {policy.type for policy in found.identity} == {PolicyType.IDENTITY}
    assert found.boundary is not None
    assert (found.boundary.name, found.boundary.type) == ("ReadOnlyAccess", PolicyType.BOUNDARY)
    assert found.tags == {"Team": "a"}
    assert found.exists


def test_only_the_default_version_counts(iam: Iam) -> None:
    ana = iam.user("ana")
    own = iam.run("CreatePolicy", PolicyName="own", PolicyDocument=ALLOW_ALL)["Policy"]["Arn"]
    iam.run("AttachUserPolicy", UserName="ana", PolicyArn=own)
    other = ALLOW_ALL.replace("Allow", "Deny")
    iam.run("CreatePolicyVersion", PolicyArn=own, PolicyDocument=other)
    assert grants(iam, ana).identity[0].document.text == ALLOW_ALL
    iam.run("SetDefaultPolicyVersion", PolicyArn=own, VersionId="v2")
    assert grants(iam, ana).identity[0].document.text == other


def test_a_principal_made_again_under_its_old_name_is_another(iam: Iam) -> None:
    ana = iam.user("ana")
    assert grants(iam, ana).exists
    iam.run("DeleteUser", UserName="ana")
    again = iam.user("ana")
    assert not grants(iam, ana).exists
    assert grants(iam, again).exists


def test_a_role_session_has_its_roles_policies(iam: Iam) -> None:
    made = iam.run("CreateRole", RoleName="r", AssumeRolePolicyDocument=EC2)["Role"]
    iam.run("PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=ALLOW_ALL)
    session = RoleSession(ACCOUNT, made["Arn"], made["RoleId"], "s")
    assert [policy.name for policy in grants(iam, session).identity] == ["inline policy p of role r"]
    iam.run("DeleteRolePolicy", RoleName="r", PolicyName="p")
    iam.run("DeleteRole", RoleName="r")
    assert not grants(iam, session).exists


def test_a_federated_user_has_its_issuers_policies(iam: Iam) -> None:
    ana = iam.user("ana")
    iam.run("PutUserPolicy", UserName="ana", PolicyName="p", PolicyDocument=ALLOW_ALL)
    assert len(grants(iam, FederatedUser(ACCOUNT, "f", ana.arn, ana.id)).identity) == 1
    root = Root(ACCOUNT)
    of_root = grants(iam, FederatedUser(ACCOUNT, "f", root.arn, ACCOUNT))
    assert (of_root.exists, of_root.identity) == (True, ())
    iam.run("DeleteUserPolicy", UserName="ana", PolicyName="p")
    iam.run("DeleteUser", UserName="ana")
    assert not grants(iam, FederatedUser(ACCOUNT, "f", ana.arn, ana.id)).exists


def test_a_role_is_found_by_its_arn_with_its_path(iam: Iam) -> None:
    made = iam.run(
        "CreateRole",
        RoleName="R",
        Path="/x/",
        AssumeRolePolicyDocument=EC2,
        MaxSessionDuration=7200,
        Tags=[{"Key": "a", "Value": "b"}],
    )["Role"]
    assert role(iam, made["Arn"]) == RoleFacts(made["Arn"], made["RoleId"], ACCOUNT, 7200, {"a": "b"})
    for arn in (f"arn:aws:iam::{ACCOUNT}:role/R", f"arn:aws:iam::{ACCOUNT}:user/x/R", "arn:aws:iam::1:role/x/R", "R"):
        assert role(iam, arn) is None


def test_managed_policies_are_found_by_arn(iam: Iam) -> None:
    own = iam.run("CreatePolicy", PolicyName="own", PolicyDocument=ALLOW_ALL)["Policy"]["Arn"]
    with iam.runtime.store.reading() as reader:
        found = [principals().managed(reader, arn) for arn in (own, READ_ONLY, own + "x", "x")]
    assert [policy and policy.name for policy in found] == ["own", "ReadOnlyAccess", None, None]


def use(iam: Iam, caller: Caller, service: str, region: str, now: float) -> None:
    principals().used(iam.runtime, caller, service, region, now)


def test_a_used_role_shows_when_and_where(iam: Iam) -> None:
    made = iam.run("CreateRole", RoleName="r", AssumeRolePolicyDocument=EC2)["Role"]
    session = RoleSession(ACCOUNT, made["Arn"], made["RoleId"], "s")
    caller = Caller(session, "ASIAX", Session("assume-role", NOW, NOW + 900))
    use(iam, caller, "s3", "eu-west-1", NOW + 5)
    used = {"LastUsedDate": NOW + 5, "Region": "eu-west-1"}
    assert iam.run("GetRole", RoleName="r")["Role"]["RoleLastUsed"] == used
    flush(iam.runtime)
    assert iam.run("GetRole", RoleName="r")["Role"]["RoleLastUsed"] == used


def test_uses_of_keys_are_written_together_and_the_newest_counts(iam: Iam) -> None:
    ana = iam.user("ana")
    key, _ = new_key(iam, UserName="ana")
    flush(iam.runtime)
    epoch = iam.epoch()
    for second in range(3):
        use(iam, Caller(ana, key), "iam", "us-east-1", NOW + 1 + second)
    use(iam, Caller(User(ACCOUNT, ana.arn, ana.id), "AKIAGONE"), "iam", "us-east-1", NOW)
    flush(iam.runtime)
    assert flush(iam.runtime) == 0
    # Being used changes nothing of what anybody may do.
    assert iam.epoch() == epoch
    with iam.runtime.store.reading() as reader:
        row = reader.by_id(ACCESS_KEY, key)
        assert row is not None
        assert row.body.last_used is not None
        assert (row.body.last_used.date, row.body.last_used.service) == (NOW + 3, "iam")


def test_notes_are_written_by_themselves_after_a_while(iam: Iam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_used, "INTERVAL", 0.02)
    ana = iam.user("ana")
    key, _ = new_key(iam, UserName="ana")
    use(iam, Caller(ana, key), "iam", "us-east-1", NOW + 1)
    shown = iam.run("GetAccessKeyLastUsed", AccessKeyId=key)["AccessKeyLastUsed"]
    assert shown == {"LastUsedDate": NOW + 1, "ServiceName": "iam", "Region": "us-east-1"}
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with iam.runtime.store.reading() as reader:
            row = reader.by_id(ACCESS_KEY, key)
        if row is not None and row.body.last_used is not None:
            return
        time.sleep(0.01)
    pytest.fail("nothing was written")

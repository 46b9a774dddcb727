"""Replay's word about service and resource control policies, against a real organization that gets them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.server import Credentials, Server
from tests.replay.test_live import allow, allowed, client, document

Outcomes = dict[tuple[str, str], bool]


class Company:
    """A management account, and a member account in a unit of its own with a user and a role."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.organizations = client(server, "organizations", server.root)
        self.organizations.create_organization(FeatureSet="ALL")
        self.root = self.organizations.list_roots()["Roots"][0]["Id"]
        self.first_export = json.loads(server.command("export", "organization").stdout)["Organization"]
        for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
            types = self.organizations.list_roots()["Roots"][0]["PolicyTypes"]
            if kind not in {t["Type"] for t in types}:
                self.organizations.enable_policy_type(RootId=self.root, PolicyType=kind)
        self.unit = self.organizations.create_organizational_unit(ParentId=self.root, Name="it")["OrganizationalUnit"][
            "Id"
        ]
        self.account = self.new_account()
        self.organizations.move_account(AccountId=self.account, SourceParentId=self.root, DestinationParentId=self.unit)
        role = f"arn:aws:iam::{self.account}:role/OrganizationAccountAccessRole"
        manager = self.manager()
        got = client(server, "sts", manager).assume_role(RoleArn=role, RoleSessionName="setup")["Credentials"]
        self.admin = Credentials(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"])
        iam = client(server, "iam", self.admin)
        iam.create_user(UserName="ana")
        iam.put_user_policy(UserName="ana", PolicyName="own", PolicyDocument=document(allow("iam:*", "sts:*")))
        key = iam.create_access_key(UserName="ana")["AccessKey"]
        self.ana = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        trust = {"Effect": "Allow", "Principal": {"AWS": self.account}, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName="job", AssumeRolePolicyDocument=document(trust))

    def manager(self) -> Credentials:
        """A user of the management account: root users may not assume roles."""
        iam = client(self.server, "iam", self.server.root)
        iam.create_user(UserName="manager")
        iam.put_user_policy(UserName="manager", PolicyName="all", PolicyDocument=document(allow("*")))
        key = iam.create_access_key(UserName="manager")["AccessKey"]
        self.manages = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        return self.manages

    def new_account(self) -> str:
        status = self.organizations.create_account(Email="it@example.com", AccountName="it")["CreateAccountStatus"]
        deadline = time.monotonic() + 30
        while status["State"] == "IN_PROGRESS" and time.monotonic() < deadline:
            time.sleep(0.1)
            status = self.organizations.describe_create_account_status(CreateAccountRequestId=status["Id"])[
                "CreateAccountStatus"
            ]
        assert status["State"] == "SUCCEEDED", status
        account: str = status["AccountId"]
        return account

    def outcomes(self) -> Outcomes:
        found: Outcomes = {}
        ana = f"arn:aws:iam::{self.account}:user/ana"
        admin = f"arn:aws:iam::{self.account}:role/OrganizationAccountAccessRole"
        manager = "arn:aws:iam::123456789012:user/manager"
        for who, credentials in ((ana, self.ana), (admin, self.admin), (manager, self.manages)):
            iam, sts = client(self.server, "iam", credentials), client(self.server, "sts", credentials)
            role = f"arn:aws:iam::{self.account}:role/job"
            calls: dict[str, Callable[[], Any]] = {
                "iam:ListUsers": iam.list_users,
                "iam:ListRoles": iam.list_roles,
                "iam:ListGroups": iam.list_groups,
                "sts:AssumeRole": lambda: sts.assume_role(RoleArn=role, RoleSessionName="again"),  # noqa: B023
            }
            for action, call in calls.items():
                found[who, action] = allowed(call)
        return found


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with Server(tmp_path_factory.mktemp("company")) as server:
        yield Company(server)


def deny(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*", **more}


NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
ONLY_ANA = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/ana"}}
SCPS = {
    "some actions are denied": document(deny("iam:List*")),
    "everybody without MFA": document(deny("iam:ListUsers", Condition=NO_MFA)),
    "everybody but one": document(deny("*", Condition=ONLY_ANA)),
    "a region these calls are not made in": document(
        deny("*", Condition={"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-central-1"]}})
    ),
}


def assert_told(company: Company, change: str, make: Callable[[], None], undo: Callable[[], None]) -> None:
    """What replay says of the change is what happens when the calls are made again after it."""
    started = time.time()
    before = company.outcomes()
    replay = ("replay", "--trail", "--since", repr(started), "--change", change, "-o", "json")
    said = json.loads(company.server.command(*replay).stdout)
    make()
    try:
        after = company.outcomes()
    finally:
        undo()
    really = {(who, action, after[who, action]) for who, action in before if before[who, action] != after[who, action]}
    told = {(flip["principal"], flip["action"], flip["becomes"] == "allowed") for flip in said["flips"]}
    assert told == really, said
    assert all(flip["certain"] for flip in said["flips"])
    assert not said["disagreements"]
    assert not said["unknown"]
    assert company.outcomes() == before


@pytest.mark.client
@pytest.mark.parametrize(("name", "where"), list(zip(SCPS, ["root", "unit", "account", "unit"], strict=True)))
def test_an_scp_does_what_replay_said(name: str, where: str, company: Company, tmp_path: Path) -> None:
    target = {"root": company.root, "unit": company.unit, "account": company.account}[where]
    (tmp_path / "scp.json").write_text(SCPS[name])
    orgs = company.organizations
    policy = orgs.create_policy(
        Name=f"{name} {where}", Description="", Type="SERVICE_CONTROL_POLICY", Content=SCPS[name]
    )["Policy"]["PolicySummary"]["Id"]
    assert_told(
        company,
        f"scp:{tmp_path}/scp.json@{target}",
        lambda: orgs.attach_policy(PolicyId=policy, TargetId=target),
        lambda: orgs.detach_policy(PolicyId=policy, TargetId=target),
    )


@pytest.mark.client
def test_an_rcp_does_what_replay_said(company: Company, tmp_path: Path) -> None:
    text = document(
        deny("sts:AssumeRole", Principal="*", Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/ana"}})
    )
    (tmp_path / "rcp.json").write_text(text)
    orgs = company.organizations
    policy = orgs.create_policy(Name="perimeter", Description="", Type="RESOURCE_CONTROL_POLICY", Content=text)
    id = policy["Policy"]["PolicySummary"]["Id"]
    assert_told(
        company,
        f"rcp:{tmp_path}/rcp.json@{company.unit}",
        lambda: orgs.attach_policy(PolicyId=id, TargetId=company.unit),
        lambda: orgs.detach_policy(PolicyId=id, TargetId=company.unit),
    )


@pytest.mark.client
def test_an_export_through_the_aws_apis_says_the_same_as_the_server_itself(company: Company, tmp_path: Path) -> None:
    own = json.loads(company.server.command("export").stdout)
    command = ("exec", "--", "garrison", "export", "organization", "--endpoint-url", company.server.url)
    tree = json.loads(company.server.command(*command).stdout)["Organization"]
    mine = own["Organization"]
    parents = [{a["Id"]: a["ParentId"] for a in side["Accounts"]} for side in (tree, mine)]
    assert parents[0] == parents[1]
    assert tree["Organization"]["Id"] == mine["Organization"]["Id"]
    assert tree["Organization"]["MasterAccountId"] == mine["Organization"]["MasterAccountId"]
    attached = [
        {(p["PolicySummary"]["Name"], t["TargetId"]) for p in side["Policies"] for t in p["Targets"]}
        for side in (tree, mine)
    ]
    assert attached[0] == attached[1]


@pytest.mark.client
def test_an_organization_without_rcps_is_exported_without_them(company: Company) -> None:
    (root,) = company.first_export["Roots"]
    assert [kind["Type"] for kind in root["PolicyTypes"]] == ["SERVICE_CONTROL_POLICY"]
    assert {p["PolicySummary"]["Type"] for p in company.first_export["Policies"]} == {"SERVICE_CONTROL_POLICY"}

"""Organizations whose policies bind, through boto3 and the aws command against a real server."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.clients.drivers import AwsCommand, Boto3, Driver, Refused
from tests.clients.scenario import allow, deny, policy
from tests.clients.server import Credentials, Server
from tests.clients.totp_codes import Authenticator

pytestmark = pytest.mark.client

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"


class Company:
    """One organization: its management account, and a user there that becomes an administrator of any account."""

    def __init__(self, driver: Driver, server: Server) -> None:
        self.driver = driver
        self.server = server
        self.tag = uuid.uuid4().hex[:8]
        self.management, self.root_keys = server.new_account(f"management-{self.tag}")
        made = self.org("CreateOrganization", FeatureSet="ALL")["Organization"]
        self.id = made["Id"]
        self.root = self.org("ListRoots")["Roots"][0]["Id"]
        self.admin = self.user(self.root_keys, "admin", allow("sts:AssumeRole"))

    def org(self, operation: str, by: Credentials | None = None, **params: Any) -> dict[str, Any]:
        return self.driver.call(by or self.root_keys, "organizations", operation, **params)

    def iam(self, by: Credentials, operation: str, **params: Any) -> dict[str, Any]:
        return self.driver.call(by, "iam", operation, **params)

    def user(self, root: Credentials, name: str, *statements: dict[str, Any]) -> Credentials:
        """A user with a policy, and its keys."""
        self.iam(root, "CreateUser", UserName=name)
        self.iam(root, "PutUserPolicy", UserName=name, PolicyName="p", PolicyDocument=policy(*statements))
        key = self.iam(root, "CreateAccessKey", UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def create(self, *names: str) -> dict[str, str]:
        """Accounts made by CreateAccount, by name."""
        asked = {}
        for name in names:
            email = f"{name}-{self.tag}@example.com"
            status = self.org("CreateAccount", Email=email, AccountName=name)["CreateAccountStatus"]
            assert status["State"] == "IN_PROGRESS"
            asked[name] = status["Id"]
        return {name: self._created(id) for name, id in asked.items()}

    def _created(self, id: str) -> str:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            status = self.org("DescribeCreateAccountStatus", CreateAccountRequestId=id)["CreateAccountStatus"]
            if status["State"] != "IN_PROGRESS":
                assert status["State"] == "SUCCEEDED", status
                return str(status["AccountId"])
            time.sleep(0.1)
        raise AssertionError("the account was not created within 30 s")

    def invite(self, name: str) -> tuple[str, Credentials]:
        """An account of its own that accepts an invitation, and its root keys."""
        account, root = self.server.new_account(f"{name}-{self.tag}")
        sent = self.org("InviteAccountToOrganization", Target={"Type": "ACCOUNT", "Id": account})["Handshake"]
        assert self.org("AcceptHandshake", root, HandshakeId=sent["Id"])["Handshake"]["State"] == "ACCEPTED"
        return account, root

    def administrator(self, account: str) -> Credentials:
        """A session of the account's OrganizationAccountAccessRole."""
        return self.assume(self.admin, f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", "admin")

    def assume(self, by: Credentials, role: str, session: str) -> Credentials:
        made = self.driver.call(by, "sts", "AssumeRole", RoleArn=role, RoleSessionName=session)["Credentials"]
        return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    def unit(self, name: str, parent: str | None = None) -> str:
        made = self.org("CreateOrganizationalUnit", ParentId=parent or self.root, Name=name)
        return str(made["OrganizationalUnit"]["Id"])

    def move(self, account: str, source: str, destination: str) -> None:
        self.org("MoveAccount", AccountId=account, SourceParentId=source, DestinationParentId=destination)

    def bind(self, target: str, name: str, *statements: dict[str, Any], type: str = SCP) -> tuple[str, str]:
        """Make a policy and attach it; its id and ARN."""
        content = policy(*statements)
        made = self.org("CreatePolicy", Type=type, Name=name, Description=name, Content=content)
        summary = made["Policy"]["PolicySummary"]
        assert summary["Arn"] == (
            f"arn:aws:organizations::{self.management}:policy/{self.id}/{type.lower()}/{summary['Id']}"
        )
        self.org("AttachPolicy", PolicyId=summary["Id"], TargetId=target)
        return summary["Id"], summary["Arn"]

    def refused(self, by: Credentials, service: str, operation: str, code: str = "AccessDenied", **params: Any) -> str:
        with pytest.raises(Refused) as caught:
            self.driver.call(by, service, operation, **params)
        assert caught.value.code == code, caught.value
        return caught.value.message


@pytest.fixture(params=["boto3", "aws"])
def company(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Iterator[Company]:
    driver: Driver = Boto3(server.url) if request.param == "boto3" else AwsCommand(server.url, tmp_path)
    yield Company(driver, server)
    driver.close()


@pytest.fixture
def python_company(server: Server) -> Company:
    return Company(Boto3(server.url), server)


def test_four_departments_are_bound_by_where_they_stand(company: Company) -> None:
    departments = company.create("finance", "it", "hr", "legal")
    people, engineering = company.unit("people"), company.unit("engineering")
    for name, unit in (("hr", people), ("legal", people), ("it", engineering)):
        company.move(departments[name], company.root, unit)
    _, no_users = company.bind(people, "no-users", deny("iam:CreateUser"))
    _, no_roles = company.bind(engineering, "no-roles", deny("iam:CreateRole"))
    admins = {name: company.administrator(account) for name, account in departments.items()}
    role = {"RoleName": "r", "AssumeRolePolicyDocument": policy(_trust("*"))}

    def creating_user(name: str) -> str:
        account = departments[name]
        return (
            f"User: arn:aws:sts::{account}:assumed-role/OrganizationAccountAccessRole/admin is not authorized to "
            f"perform: iam:CreateUser on resource: arn:aws:iam::{account}:user/ann with an explicit deny in a service "
            f"control policy: {no_users}"
        )

    for name in ("hr", "legal"):
        assert company.refused(admins[name], "iam", "CreateUser", UserName="ann") == creating_user(name)
        company.iam(admins[name], "CreateRole", **role)
    assert company.refused(admins["it"], "iam", "CreateRole", **role).endswith(
        f"with an explicit deny in a service control policy: {no_roles}"
    )
    company.iam(admins["it"], "CreateUser", UserName="ann")
    company.iam(admins["finance"], "CreateUser", UserName="ann")
    company.iam(admins["finance"], "CreateRole", **role)

    # Legal moves to engineering: the very next call goes the other way, and back again.
    company.move(departments["legal"], people, engineering)
    company.iam(admins["legal"], "CreateUser", UserName="ann")
    company.iam(admins["legal"], "DeleteUser", UserName="ann")
    assert company.refused(admins["legal"], "iam", "CreateRole", **{**role, "RoleName": "s"}).endswith(no_roles)
    company.move(departments["legal"], engineering, people)
    assert company.refused(admins["legal"], "iam", "CreateUser", UserName="ann") == creating_user("legal")

    # A department may not look at the organization, and may not leave the tree it is bound in by itself.
    said = "You don't have permissions to access this resource."
    assert company.refused(admins["hr"], "organizations", "ListAccounts", "AccessDeniedException") == said
    assert company.org("DescribeOrganization", admins["hr"])["Organization"]["Id"] == company.id
    assert company.refused(
        admins["hr"], "organizations", "LeaveOrganization", "ConstraintViolationException"
    ).startswith("You must wait")


def _trust(principal: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", **more}


def test_three_levels_and_six_accounts_under_four_guards(python_company: Company) -> None:
    company = python_company
    call = company.driver.call
    made = company.create("audit", "build", "stage")
    invited = {name: company.invite(name) for name in ("prod", "data", "lab")}
    workloads = company.unit("workloads")
    production = company.unit("production", workloads)
    critical = company.unit("critical", production)
    place = {
        "audit": company.root, "lab": company.root, "build": workloads, "stage": workloads,
        "prod": production, "data": critical,
    }  # fmt: skip
    accounts = made | {name: account for name, (account, _) in invited.items()}
    for name, unit in place.items():
        if unit != company.root:
            company.move(accounts[name], company.root, unit)
    shown = company.org("DescribeAccount", AccountId=accounts["data"])["Account"]
    assert shown["Paths"] == [f"{company.id}/{company.root}/{workloads}/{production}/{critical}/{accounts['data']}/"]
    roots = {name: root for name, (_, root) in invited.items()}
    for name in ("prod", "data"):
        call(roots[name], "iam", "ListUsers")

    # Region lock on workloads: global services go on, regional ones only where they may.
    elsewhere = {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1"]}}
    lock = {"Effect": "Deny", "NotAction": ["iam:*", "organizations:*", "sts:*"], "Resource": "*"}
    lock_id, lock_arn = company.bind(workloads, "region-lock", {**lock, "Condition": elsewhere})
    builder = company.administrator(accounts["build"])
    session = f"arn:aws:sts::{accounts['build']}:assumed-role/OrganizationAccountAccessRole/admin"
    locked = (
        f"User: {session} is not authorized to perform: cloudtrail:LookupEvents with an explicit deny in a service "
        f"control policy: {lock_arn}"
    )
    assert company.refused(builder, "cloudtrail", "LookupEvents", "AccessDeniedException") == locked
    call(builder, "iam", "ListUsers")
    call(roots["lab"], "cloudtrail", "LookupEvents")
    here = {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "us-east-1"]}}
    company.org("UpdatePolicy", PolicyId=lock_id, Content=policy({**lock, "Condition": here}))
    call(builder, "cloudtrail", "LookupEvents")

    # Nobody changes users in production without a second factor.
    without = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    _, mfa_arn = company.bind(production, "mfa", deny("iam:CreateUser", Condition=without))
    operator = company.user(roots["lab"], "operator", allow("*"))
    company.move(accounts["lab"], company.root, production)
    lab = accounts["lab"]
    assert company.refused(operator, "iam", "CreateUser", UserName="x") == (
        f"User: arn:aws:iam::{lab}:user/operator is not authorized to perform: iam:CreateUser on resource: "
        f"arn:aws:iam::{lab}:user/x with an explicit deny in a service control policy: {mfa_arn}"
    )
    proved = _with_mfa(company, operator, lab)
    company.iam(proved, "CreateUser", UserName="x")

    # Root users of critical accounts do nothing at all.
    is_root = {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}
    _, root_arn = company.bind(critical, "no-root", deny("*", Condition=is_root))
    data = accounts["data"]
    assert company.refused(roots["data"], "iam", "ListUsers") == (
        f"User: arn:aws:iam::{data}:root is not authorized to perform: iam:ListUsers on resource: "
        f"arn:aws:iam::{data}:user/ with an explicit deny in a service control policy: {root_arn}"
    )
    call(roots["prod"], "iam", "ListUsers")
    company.move(data, critical, production)
    call(roots["data"], "iam", "ListUsers")

    # Roles across accounts, inside a perimeter nobody from elsewhere steps over.
    trust = policy(_trust("*"))
    call(roots["data"], "iam", "CreateRole", RoleName="shared", AssumeRolePolicyDocument=trust)
    call(
        roots["data"], "iam", "PutRolePolicy",
        RoleName="shared", PolicyName="p", PolicyDocument=policy(allow("iam:List*")),
    )  # fmt: skip
    shared = f"arn:aws:iam::{data}:role/shared"
    stranger_account, stranger_root = company.server.new_account(f"stranger-{company.tag}")
    stranger = company.user(stranger_root, "eve", allow("sts:*"))
    company.iam(company.assume(stranger, shared, "eve"), "ListRoles")
    company.org("EnablePolicyType", RootId=company.root, PolicyType=RCP)
    ours = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": company.id}}
    perimeter = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*", "Condition": ours}
    perimeter_id, perimeter_arn = company.bind(company.root, "perimeter", perimeter, type=RCP)
    asked = {"RoleArn": shared, "RoleSessionName": "eve"}
    assert company.refused(stranger, "sts", "AssumeRole", **asked) == (
        f"User: arn:aws:iam::{stranger_account}:user/eve is not authorized to perform: sts:AssumeRole on resource: "
        f"{shared}"
    )
    company.iam(company.assume(operator, shared, "operator"), "ListRoles")
    nobody = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}
    company.org("UpdatePolicy", PolicyId=perimeter_id, Content=policy(nobody))
    assert company.refused(operator, "sts", "AssumeRole", **asked) == (
        f"User: arn:aws:iam::{lab}:user/operator is not authorized to perform: sts:AssumeRole on resource: {shared} "
        f"with an explicit deny in a resource control policy: {perimeter_arn}"
    )

    # What is left out says why; bad input comes with its reason.
    transfers = {"Type": "BILLING"}
    said = company.refused(
        company.root_keys, "organizations", "ListInboundResponsibilityTransfers", "NotImplemented", **transfers
    )
    assert said.endswith("there are no bills here.")
    assert _reason(company) == "INVALID_PATTERN"

    # An account that is closed is closed to everybody.
    company.org("CloseAccount", AccountId=accounts["stage"])
    assert company.org("DescribeAccount", AccountId=accounts["stage"])["Account"]["State"] in (
        "PENDING_CLOSURE",
        "CLOSED",
    )


def _reason(company: Company) -> str:
    keys = company.root_keys
    client: Any = boto3.session.Session().client(
        "organizations",
        endpoint_url=company.server.url,
        region_name="us-east-1",
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
    )
    with pytest.raises(client.exceptions.InvalidInputException) as caught:
        client.describe_account(AccountId="abcdefghijkl")
    assert caught.value.response["Error"]["Message"] == "You provided a value that does not match the required pattern."
    return str(caught.value.response["Reason"])


def _with_mfa(company: Company, user: Credentials, account: str) -> Credentials:
    call = company.driver.call
    device = call(user, "iam", "CreateVirtualMFADevice", VirtualMFADeviceName="operator")["VirtualMFADevice"]
    codes = Authenticator(base64.b64decode(device["Base32StringSeed"]))
    call(
        user, "iam", "EnableMFADevice", UserName="operator", SerialNumber=device["SerialNumber"],
        AuthenticationCode1=codes.next(), AuthenticationCode2=codes.next(),
    )  # fmt: skip
    made = call(user, "sts", "GetSessionToken", SerialNumber=device["SerialNumber"], TokenCode=codes.next())
    session = made["Credentials"]
    return Credentials(session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])

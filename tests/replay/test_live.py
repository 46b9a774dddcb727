"""Replay's word against what really happens: the calls are made, replayed, and made again after the change."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.clients.server import Credentials, Server

ACCOUNT = "123456789012"
Call = Callable[[], Any]


def client(server: Server, service: str, credentials: Credentials) -> Any:
    return boto3.client(
        service,
        endpoint_url=server.url,
        region_name="eu-central-1",
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
    )


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Department:
    """Two users and a role, and the calls they make over and over."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.root = client(server, "iam", server.root)
        iam = self.root
        for name, team in (("ana", "blue"), ("ben", "red")):
            iam.create_user(UserName=name, Path="/team/", Tags=[{"Key": "team", "Value": team}])
        iam.create_group(GroupName="engineers")
        iam.create_policy(PolicyName="engineers", PolicyDocument=document(allow("iam:Get*", "iam:List*", "iam:Tag*")))
        iam.attach_group_policy(GroupName="engineers", PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/engineers")
        iam.add_user_to_group(GroupName="engineers", UserName="ana")
        iam.put_user_policy(UserName="ana", PolicyName="roles", PolicyDocument=document(allow("sts:AssumeRole")))
        iam.put_user_policy(UserName="ben", PolicyName="own", PolicyDocument=document(allow("iam:GetUser")))
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName="deploy", Path="/app/", AssumeRolePolicyDocument=document(trust))
        iam.put_role_policy(RoleName="deploy", PolicyName="all", PolicyDocument=document(allow("iam:*", "sts:*")))
        self.ana, self.ben = self.keys("ana"), self.keys("ben")
        got = client(server, "sts", self.ana).assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/app/deploy", RoleSessionName="ci"
        )["Credentials"]
        self.session = Credentials(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"])

    def keys(self, name: str) -> Credentials:
        key = self.root.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def outcomes(self) -> dict[tuple[str, str, str], bool]:
        """Make every call; (principal, action, resource) -> whether it was allowed. None leaves anything behind."""
        found: dict[tuple[str, str, str], bool] = {}
        users = f"arn:aws:iam::{ACCOUNT}:user"
        role = f"arn:aws:iam::{ACCOUNT}:role/app/deploy"
        for who, credentials in (
            (f"{users}/team/ana", self.ana),
            (f"{users}/team/ben", self.ben),
            (role, self.session),
        ):
            iam, sts = client(self.server, "iam", credentials), client(self.server, "sts", credentials)
            for name in ("ana", "ben"):
                target = f"{users}/team/{name}"
                found[who, "iam:GetUser", target] = allowed(lambda: iam.get_user(UserName=name))  # noqa: B023
                found[who, "iam:TagUser", target] = allowed(
                    lambda: iam.tag_user(UserName=name, Tags=[{"Key": "seen", "Value": "yes"}])  # noqa: B023
                )
            found[who, "iam:ListUsers", f"{users}/"] = allowed(iam.list_users)
            found[who, "iam:GetRole", role] = allowed(lambda: iam.get_role(RoleName="deploy"))  # noqa: B023
            found[who, "sts:AssumeRole", role] = allowed(
                lambda: sts.assume_role(RoleArn=role, RoleSessionName="again")  # noqa: B023
            )
        return found


def allowed(call: Call) -> bool:
    try:
        call()
    except ClientError as e:
        if e.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


@pytest.fixture(scope="module")
def department(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Department]:
    with Server(tmp_path_factory.mktemp("live")) as server:
        yield Department(server)


ANA, BEN, ROLE = (f"arn:aws:iam::{ACCOUNT}:{tail}" for tail in ("user/team/ana", "user/team/ben", "role/app/deploy"))
ENGINEERS = f"arn:aws:iam::{ACCOUNT}:policy/engineers"
NO_TAGS = document({"Effect": "Deny", "Action": "iam:Tag*", "Resource": "*"}, allow("iam:ListUsers"))
BLUE = document(
    {
        "Effect": "Deny",
        "Action": "iam:GetUser",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}},
    },
    allow("iam:*"),
)
ABROAD = document(
    {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1"]}},
    }
)
READ_ONLY = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"


def attach(name: str, text: str) -> tuple[Callable[[Any], None], Callable[[Any], None]]:
    def do(iam: Any) -> None:
        iam.put_user_policy(UserName=name, PolicyName="change", PolicyDocument=text)

    return do, lambda iam: iam.delete_user_policy(UserName=name, PolicyName="change")


def new_version(text: str) -> tuple[Callable[[Any], None], Callable[[Any], None]]:
    def do(iam: Any) -> None:
        iam.create_policy_version(PolicyArn=ENGINEERS, PolicyDocument=text, SetAsDefault=True)

    def undo(iam: Any) -> None:
        iam.set_default_policy_version(PolicyArn=ENGINEERS, VersionId="v1")
        for version in iam.list_policy_versions(PolicyArn=ENGINEERS)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=ENGINEERS, VersionId=version["VersionId"])

    return do, undo


def trust(text: str) -> tuple[Callable[[Any], None], Callable[[Any], None]]:
    before = document(
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    )
    return (
        lambda iam: iam.update_assume_role_policy(RoleName="deploy", PolicyDocument=text),
        lambda iam: iam.update_assume_role_policy(RoleName="deploy", PolicyDocument=before),
    )


ONLY_BEN = document({"Effect": "Allow", "Principal": {"AWS": BEN}, "Action": "sts:AssumeRole"})
CHANGES: dict[str, tuple[str, str | None, tuple[Callable[[Any], None], Callable[[Any], None]]]] = {
    "one more policy of a user": (f"policy:FILE@{ANA}", NO_TAGS, attach("ana", NO_TAGS)),
    "a policy that asks for the resource's tags": (f"policy:FILE@{BEN}", BLUE, attach("ben", BLUE)),
    "a region lock, of calls that all go to a global service": (f"policy:FILE@{ANA}", ABROAD, attach("ana", ABROAD)),
    "new text of a group's policy": (f"policy:FILE@{ENGINEERS}", NO_TAGS, new_version(NO_TAGS)),
    "a boundary": (
        f"boundary:{READ_ONLY}@{ANA}",
        None,
        (
            lambda iam: iam.put_user_permissions_boundary(UserName="ana", PermissionsBoundary=READ_ONLY),
            lambda iam: iam.delete_user_permissions_boundary(UserName="ana"),
        ),
    ),
    "a role's boundary": (
        f"boundary:{READ_ONLY}@{ROLE}",
        None,
        (
            lambda iam: iam.put_role_permissions_boundary(RoleName="deploy", PermissionsBoundary=READ_ONLY),
            lambda iam: iam.delete_role_permissions_boundary(RoleName="deploy"),
        ),
    ),
    "a detached inline policy": (
        f"detach:all@{ROLE}",
        None,
        (
            lambda iam: iam.delete_role_policy(RoleName="deploy", PolicyName="all"),
            lambda iam: iam.put_role_policy(
                RoleName="deploy", PolicyName="all", PolicyDocument=document(allow("iam:*", "sts:*"))
            ),
        ),
    ),
    "a trust policy for one user alone": (f"trust:FILE@{ROLE}", ONLY_BEN, trust(ONLY_BEN)),
    "a managed policy attached": (
        f"attach:{READ_ONLY}@{BEN}",
        None,
        (
            lambda iam: iam.attach_user_policy(UserName="ben", PolicyArn=READ_ONLY),
            lambda iam: iam.detach_user_policy(UserName="ben", PolicyArn=READ_ONLY),
        ),
    ),
}


@pytest.mark.client
@pytest.mark.parametrize("name", CHANGES)
def test_replay_names_exactly_the_calls_that_flip(name: str, department: Department, tmp_path: Path) -> None:
    change, text, (make, undo) = CHANGES[name]
    if text is not None:
        (tmp_path / "change.json").write_text(text)
        change = change.replace("FILE", str(tmp_path / "change.json"))
    started = time.time()
    before = department.outcomes()
    replay = ("replay", "--trail", "--since", repr(started), "--change", change, "-o", "json")
    said = json.loads(department.server.command(*replay).stdout)
    make(department.root)
    try:
        after = department.outcomes()
    finally:
        undo(department.root)
    really = {
        (who, action, resource, after[who, action, resource])
        for who, action, resource in before
        if before[who, action, resource] != after[who, action, resource]
    }
    told = {
        (flip["principal"], flip["action"], resource, flip["becomes"] == "allowed")
        for flip in said["flips"]
        for resource in flip["resources"]
    }
    assert told == really, said
    assert all(flip["certain"] for flip in said["flips"])
    assert not said["disagreements"]
    assert not said["unknown"]
    assert sum(flip["count"] for flip in said["flips"]) == len(really)

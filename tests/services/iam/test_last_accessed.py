"""Access advice from the trail, and which policies grant a service."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from garrison.access.asked import Asked
from garrison.access.caller import Caller
from garrison.access.recorded import Recorded
from garrison.policy.principal import Principal, RoleSession, User
from garrison.services.iam import background
from garrison.services.iam.background import DELAY
from garrison.services.iam.granted_services import Granted
from garrison.services.iam.last_accessed import work
from garrison.trail.event import event
from garrison.trail.log import Trail
from tests.services.iam.conftest import ACCOUNT, NOW, Iam
from tests.services.iam.documents import ALLOW_ALL, allow, trust

ANA = f"arn:aws:iam::{ACCOUNT}:user/ana"


@pytest.fixture(autouse=True)
def by_hand(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Background work waits for the test to do it, but in the tests that say `by itself`."""
    if "by_itself" not in request.node.name:
        monkeypatch.setattr(background, "DELAY", 3600.0)


@pytest.fixture
def trailed(iam: Iam, tmp_path: Path) -> Iterator[Iam]:
    trail = Trail(iam.runtime.store, tmp_path)
    iam.runtime = replace(iam.runtime, trail=trail)
    yield iam
    trail.close()


def used(iam: Iam, who: Principal, operation: str, *actions: str, at: float = NOW) -> None:
    """Record a call, as the gateway does."""
    import msgspec

    call = iam.call(operation, by=who)
    call.now = at
    extra = msgspec.json.encode(
        Recorded(
            allowed=True, code="ALLOW_IDENTITY", service="iam", operation=operation, account=ACCOUNT,
            region="us-east-1", partition="aws", time=at, caller=Caller(who),
            checks=tuple(Asked(action, "*", None, True, "ALLOW_IDENTITY") for action in actions),
        )
    )  # fmt: skip
    assert iam.runtime.trail is not None
    iam.runtime.trail.record_read(event(call, extra=extra))


def advice(iam: Iam, arn: str, granularity: str = "SERVICE_LEVEL") -> str:
    id = iam.run("GenerateServiceLastAccessedDetails", Arn=arn, Granularity=granularity)["JobId"]
    work(iam.runtime, id)
    return str(id)


def services(iam: Iam, job: str) -> dict[str, dict[str, Any]]:
    answer = iam.run("GetServiceLastAccessedDetails", JobId=job)
    assert answer["JobStatus"] == "COMPLETED"
    return {service["ServiceNamespace"]: service for service in answer["ServicesLastAccessed"]}


def test_a_users_services_are_those_its_policies_name_with_the_last_use(trailed: Iam) -> None:
    ana, bob = trailed.user("ana"), trailed.user("bob")
    trailed.run("PutUserPolicy", UserName="ana", PolicyName="p", PolicyDocument=allow("iam:List*", "s3:*"))
    used(trailed, ana, "ListUsers", "iam:ListUsers", at=NOW - 50)
    used(trailed, ana, "ListRoles", "iam:ListRoles", at=NOW - 10)
    used(trailed, ana, "ListRoles", "ec2:DescribeInstances", at=NOW - 5)
    used(trailed, bob, "ListRoles", "s3:GetObject", at=NOW - 5)
    found = services(trailed, advice(trailed, ANA))
    assert found == {
        "iam": {
            "ServiceName": "AWS Identity and Access Management (IAM)",
            "ServiceNamespace": "iam",
            "LastAuthenticated": NOW - 10,
            "LastAuthenticatedEntity": ANA,
            "LastAuthenticatedRegion": "us-east-1",
            "TotalAuthenticatedEntities": 1,
        },
        "s3": {"ServiceName": "Amazon S3", "ServiceNamespace": "s3", "TotalAuthenticatedEntities": 0},
    }


def test_action_level_lists_the_actions(trailed: Iam) -> None:
    ana = trailed.user("ana")
    trailed.run("PutUserPolicy", UserName="ana", PolicyName="p", PolicyDocument=allow("iam:*"))
    used(trailed, ana, "ListUsers", "iam:ListUsers", at=NOW - 50)
    used(trailed, ana, "ListUsers", "iam:ListUsers", at=NOW - 20)
    actions = services(trailed, advice(trailed, ANA, "ACTION_LEVEL"))["iam"]["TrackedActionsLastAccessed"]
    assert actions == [
        {
            "ActionName": "ListUsers",
            "LastAccessedEntity": ANA,
            "LastAccessedTime": NOW - 20,
            "LastAccessedRegion": "us-east-1",
        }
    ]


def test_a_roles_sessions_count_for_the_role(trailed: Iam) -> None:
    role = trailed.run("CreateRole", RoleName="r", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))["Role"]
    trailed.run("PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=allow("iam:*"))
    session = RoleSession(ACCOUNT, role["Arn"], role["RoleId"], "s")
    used(trailed, session, "ListUsers", "iam:ListUsers")
    assert services(trailed, advice(trailed, role["Arn"]))["iam"]["LastAuthenticatedEntity"] == role["Arn"]


def test_groups_and_policies_name_their_entities_latest_first(trailed: Iam) -> None:
    ana, bob, _ = trailed.user("ana"), trailed.user("bob"), trailed.user("cy")
    trailed.run("CreateGroup", GroupName="g")
    for name in ("ana", "bob", "cy"):
        trailed.run("AddUserToGroup", GroupName="g", UserName=name)
    policy = trailed.run("CreatePolicy", PolicyName="p", PolicyDocument=allow("iam:*"))["Policy"]["Arn"]
    trailed.run("AttachGroupPolicy", GroupName="g", PolicyArn=policy)
    used(trailed, ana, "ListUsers", "iam:ListUsers", at=NOW - 9)
    used(trailed, bob, "ListUsers", "iam:ListUsers", at=NOW - 3)
    for arn in (policy, f"arn:aws:iam::{ACCOUNT}:group/g"):
        job = advice(trailed, arn)
        service = services(trailed, job)["iam"]
        assert (service["TotalAuthenticatedEntities"], service["LastAuthenticatedEntity"]) == (2, bob.arn)
        answer = trailed.run("GetServiceLastAccessedDetailsWithEntities", JobId=job, ServiceNamespace="iam")
        found = [(one["EntityInfo"]["Name"], one.get("LastAuthenticated")) for one in answer["EntityDetailsList"]]
        assert found == [("bob", NOW - 3), ("ana", NOW - 9), ("cy", None)]


def test_a_job_belongs_to_who_asked(trailed: Iam) -> None:
    ana = trailed.user("ana")
    job = trailed.run("GenerateServiceLastAccessedDetails", Arn=ANA)["JobId"]
    assert trailed.run("GetServiceLastAccessedDetails", JobId=job)["JobStatus"] == "IN_PROGRESS"
    assert trailed.refused("GetServiceLastAccessedDetails", by=ana, JobId=job)[0] == "NoSuchEntity"
    assert trailed.refused("GenerateServiceLastAccessedDetails", Arn=f"{ANA}x")[0] == "NoSuchEntity"
    bucket = "arn:aws:s3:::bucket-number-1"
    assert trailed.refused("GenerateServiceLastAccessedDetails", Arn=bucket)[0] == "InvalidInput"


def test_a_job_is_done_by_itself(trailed: Iam) -> None:
    trailed.user("ana")
    job = trailed.run("GenerateServiceLastAccessedDetails", Arn=ANA)["JobId"]
    deadline = time.monotonic() + DELAY + 10
    while trailed.run("GetServiceLastAccessedDetails", JobId=job)["JobStatus"] != "COMPLETED":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_services_come_in_pages(trailed: Iam) -> None:
    trailed.user("ana")
    trailed.run("PutUserPolicy", UserName="ana", PolicyName="p", PolicyDocument=ALLOW_ALL)
    job = advice(trailed, ANA)
    page = trailed.run("GetServiceLastAccessedDetails", JobId=job)
    assert len(page["ServicesLastAccessed"]) == 100
    assert page["IsTruncated"]
    more = trailed.run("GetServiceLastAccessedDetails", JobId=job, Marker=page["Marker"])
    assert more["ServicesLastAccessed"][0]["ServiceNamespace"] > page["ServicesLastAccessed"][-1]["ServiceNamespace"]


def test_policies_granting_a_service_are_told_with_where_they_are(iam: Iam) -> None:
    user: User = iam.user("ana")
    iam.run("CreateGroup", GroupName="g")
    iam.run("AddUserToGroup", GroupName="g", UserName="ana")
    iam.run("PutGroupPolicy", GroupName="g", PolicyName="all", PolicyDocument=ALLOW_ALL)
    iam.run("PutUserPolicy", UserName="ana", PolicyName="s3", PolicyDocument=allow("s3:Get*"))
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.run("AttachUserPolicy", UserName="ana", PolicyArn=admin)
    answer = iam.run("ListPoliciesGrantingServiceAccess", Arn=user.arn, ServiceNamespaces=["s3", "ec2"])
    managed = {"PolicyName": "AdministratorAccess", "PolicyType": "MANAGED", "PolicyArn": admin}
    group = {"PolicyName": "all", "PolicyType": "INLINE", "EntityType": "GROUP", "EntityName": "g"}
    own = {"PolicyName": "s3", "PolicyType": "INLINE", "EntityType": "USER", "EntityName": "ana"}
    assert answer == {
        "PoliciesGrantingServiceAccess": [
            {"ServiceNamespace": "ec2", "Policies": [managed, group]},
            {"ServiceNamespace": "s3", "Policies": [own, managed, group]},
        ],
        "IsTruncated": False,
    }
    refused = iam.refused("ListPoliciesGrantingServiceAccess", Arn=user.arn, ServiceNamespaces=["moon"])
    assert refused[0] == "InvalidInput"


@pytest.mark.parametrize(
    ("statements", "service", "gives"),
    [
        ([("Allow", "Action", ["s3:Get*"])], "s3", True),
        ([("Allow", "Action", ["s3:Get*"])], "ec2", False),
        ([("Allow", "Action", ["*"])], "ec2", True),
        ([("Allow", "Action", ["ec*:*"])], "ec2", True),
        ([("Allow", "NotAction", ["iam:*"])], "iam", False),
        ([("Allow", "NotAction", ["iam:*"])], "s3", True),
        ([("Allow", "NotAction", ["iam:Create*"])], "iam", True),
        ([("Allow", "Action", ["*"]), ("Deny", "Action", ["s3:*"])], "s3", False),
        ([("Allow", "Action", ["*"]), ("Deny", "Action", ["s3:Put*"])], "s3", True),
    ],
)
def test_a_service_is_granted_unless_all_of_it_is_denied(
    statements: list[tuple[str, str, list[str]]], service: str, gives: bool
) -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": effect, element: value, "Resource": "*"} for effect, element, value in statements],
    }
    assert Granted([json.dumps(policy)]).covers(service) is gives

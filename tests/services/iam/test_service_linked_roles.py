"""Service-linked roles and the tasks that delete them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from urllib.parse import unquote

import pytest

from garrison.access.resources import facts
from garrison.aws import managed_policies, service_linked_roles
from garrison.aws.reference import resolve
from garrison.services.iam import background
from garrison.services.iam.background import DELAY
from garrison.services.iam.service_linked_roles import Usage, finish, provide_usage
from tests.services.iam.conftest import ACCOUNT, Iam
from tests.services.iam.documents import ALLOW_ALL, trust

SCALING = "autoscaling.amazonaws.com"
NAME = "AWSServiceRoleForAutoScaling"


@pytest.fixture(autouse=True)
def by_hand(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Background work waits for the test to do it, but in the tests that say `by itself`."""
    if "by_itself" not in request.node.name:
        monkeypatch.setattr(background, "DELAY", 3600.0)


def test_a_service_gets_its_role_with_path_trust_and_policy(iam: Iam) -> None:
    role = iam.run("CreateServiceLinkedRole", AWSServiceName=SCALING, Description="scales")["Role"]
    assert role["RoleName"] == NAME
    assert role["Path"] == f"/aws-service-role/{SCALING}/"
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{SCALING}/{NAME}"
    (statement,) = json.loads(unquote(role["AssumeRolePolicyDocument"]))["Statement"]
    assert statement == {"Effect": "Allow", "Principal": {"Service": SCALING}, "Action": "sts:AssumeRole"}
    (policy,) = iam.run("ListAttachedRolePolicies", RoleName=NAME)["AttachedPolicies"]
    assert policy["PolicyArn"] == "arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy"


def test_a_name_is_taken_once(iam: Iam) -> None:
    iam.run("CreateServiceLinkedRole", AWSServiceName=SCALING)
    assert iam.refused("CreateServiceLinkedRole", AWSServiceName=SCALING) == (
        "InvalidInput",
        f"Service role name {NAME} has been taken in this account, please try a different suffix.",
    )
    role = iam.run("CreateServiceLinkedRole", AWSServiceName=SCALING, CustomSuffix="two")["Role"]
    assert role["RoleName"] == f"{NAME}_two"


def test_suffixes_and_services_that_are_not(iam: Iam) -> None:
    assert iam.refused("CreateServiceLinkedRole", AWSServiceName="ecs.amazonaws.com", CustomSuffix="x") == (
        "InvalidInput",
        "Custom suffix is not allowed for ecs.amazonaws.com",
    )
    assert iam.refused("CreateServiceLinkedRole", AWSServiceName="moon.amazonaws.com") == (
        "AccessDenied",
        "Cannot find Service Linked Role template for moon.amazonaws.com",
    )
    assert iam.refused("CreateServiceLinkedRole", AWSServiceName="ECS.amazonaws.com")[0] == "AccessDenied"


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("DeleteRole", {}),
        ("PutRolePolicy", {"PolicyName": "p", "PolicyDocument": ALLOW_ALL}),
        ("AttachRolePolicy", {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ("UpdateAssumeRolePolicy", {"PolicyDocument": trust({"AWS": ACCOUNT})}),
        ("UpdateRole", {"MaxSessionDuration": 7200}),
        ("PutRolePermissionsBoundary", {"PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    ],
)
def test_only_its_description_may_be_changed(iam: Iam, operation: str, params: dict[str, str]) -> None:
    iam.run("CreateServiceLinkedRole", AWSServiceName=SCALING)
    assert iam.refused(operation, RoleName=NAME, **params)[0] == "UnmodifiableEntity"  # type: ignore[arg-type]
    assert iam.run("UpdateRoleDescription", RoleName=NAME, Description="new")["Role"]["Description"] == "new"


def test_deleting_is_a_task_with_states(iam: Iam) -> None:
    iam.run("CreateServiceLinkedRole", AWSServiceName=SCALING)
    task = iam.run("DeleteServiceLinkedRole", RoleName=NAME)["DeletionTaskId"]
    assert task.startswith(f"task/aws-service-role/{SCALING}/{NAME}/")
    assert iam.run("DeleteServiceLinkedRole", RoleName=NAME)["DeletionTaskId"] == task
    assert iam.run("GetServiceLinkedRoleDeletionStatus", DeletionTaskId=task) == {"Status": "NOT_STARTED"}
    finish(iam.runtime, task)
    assert iam.run("GetServiceLinkedRoleDeletionStatus", DeletionTaskId=task) == {"Status": "SUCCEEDED"}
    assert iam.refused("GetRole", RoleName=NAME)[0] == "NoSuchEntity"
    iam.run("CreateServiceLinkedRole", AWSServiceName=SCALING)


def test_a_deletion_is_carried_out_by_itself(iam: Iam) -> None:
    iam.run("CreateServiceLinkedRole", AWSServiceName=SCALING)
    iam.run("DeleteServiceLinkedRole", RoleName=NAME)
    deadline = time.monotonic() + DELAY + 5
    while iam.run("ListRoles")["Roles"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_deletion_nobody_carried_out_is_done_when_asked_for(iam: Iam) -> None:
    iam.run("CreateServiceLinkedRole", AWSServiceName=SCALING)
    task = iam.run("DeleteServiceLinkedRole", RoleName=NAME)["DeletionTaskId"]
    iam.clock.advance(DELAY)
    assert iam.run("GetServiceLinkedRoleDeletionStatus", DeletionTaskId=task) == {"Status": "SUCCEEDED"}


@pytest.fixture
def in_use() -> Iterator[None]:
    provide_usage(SCALING, lambda reader, account, role: (Usage("us-east-1", ("arn:aws:autoscaling:group/a",)),))
    yield
    provide_usage(SCALING, None)


def test_a_role_in_use_is_not_deleted_and_says_why(iam: Iam, in_use: None) -> None:
    iam.run("CreateServiceLinkedRole", AWSServiceName=SCALING)
    task = iam.run("DeleteServiceLinkedRole", RoleName=NAME)["DeletionTaskId"]
    finish(iam.runtime, task)
    answer = iam.run("GetServiceLinkedRoleDeletionStatus", DeletionTaskId=task)
    assert answer["Status"] == "FAILED"
    assert answer["Reason"]["RoleUsageList"] == [{"Region": "us-east-1", "Resources": ["arn:aws:autoscaling:group/a"]}]
    assert iam.run("GetRole", RoleName=NAME)
    assert iam.run("DeleteServiceLinkedRole", RoleName=NAME)["DeletionTaskId"] != task


def test_what_is_not_a_task_or_not_such_a_role(iam: Iam) -> None:
    assert iam.refused("GetServiceLinkedRoleDeletionStatus", DeletionTaskId="task/x")[0] == "InvalidInput"
    unknown = f"task/aws-service-role/{SCALING}/{NAME}/00000000-0000-4000-8000-000000000000"
    assert iam.refused("GetServiceLinkedRoleDeletionStatus", DeletionTaskId=unknown)[0] == "NoSuchEntity"
    iam.run("CreateRole", RoleName="r", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
    assert iam.refused("DeleteServiceLinkedRole", RoleName="r")[0] == "NoSuchEntity"


def test_every_role_of_the_list_names_a_policy_of_aws() -> None:
    assert len(service_linked_roles.services()) > 300
    for principal in service_linked_roles.services():
        known = service_linked_roles.of_service(principal)
        assert known is not None
        arn = known.policy_arn("aws")
        assert arn is None or managed_policies.get(arn) is not None, principal
        assert len(known.name) <= 64


def test_creating_one_is_authorized_on_the_role_it_makes(iam: Iam) -> None:
    call = iam.call("CreateServiceLinkedRole", AWSServiceName=SCALING, CustomSuffix="x")
    (check,) = resolve("iam", call.operation, call.params, account=ACCOUNT, region="us-east-1", partition="aws")
    with iam.runtime.store.reading() as reader:
        found = facts(reader, call, check)
    assert found.arn == f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{SCALING}/{NAME}_x"

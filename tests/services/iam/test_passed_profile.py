"""An instance profile given to EC2 passes the role inside it."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.access.resources import Facts, facts
from garrison.aws.reference import MARKER, resolve
from tests.services.iam.conftest import ACCOUNT, Iam
from tests.services.iam.documents import EC2

PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/"


def passed(iam: Iam, profile: dict[str, str]) -> Facts:
    params: dict[str, Any] = {"ImageId": "ami-1", "MinCount": 1, "MaxCount": 1, "IamInstanceProfile": profile}
    checks = resolve("ec2", "RunInstances", params, account=ACCOUNT, region="us-east-1", partition="aws")
    (check,) = (one for one in checks if one.action == "iam:PassRole")
    assert check.side
    call = iam.call("GetUser", None, **params)
    with iam.runtime.store.reading() as reader:
        return facts(reader, call, check)


def test_the_role_in_an_instance_profile_is_the_one_that_is_passed(iam: Iam) -> None:
    iam.run("CreateRole", RoleName="web", Path="/apps/", AssumeRolePolicyDocument=EC2)
    iam.run("CreateInstanceProfile", InstanceProfileName="front", Path="/x/")
    iam.run("AddRoleToInstanceProfile", InstanceProfileName="front", RoleName="web")
    for given in ({"Name": "front"}, {"Arn": PROFILE + "x/front"}):
        found = passed(iam, given)
        assert (found.arn, found.exists) == (f"arn:aws:iam::{ACCOUNT}:role/apps/web", True)


@pytest.mark.parametrize(
    "given", [{"Name": "nothing"}, {"Name": "empty"}, {}, {"Arn": f"arn:aws:iam::{ACCOUNT}:role/empty"}]
)
def test_a_profile_without_a_role_stays_open_and_so_is_refused(iam: Iam, given: dict[str, str]) -> None:
    iam.run("CreateInstanceProfile", InstanceProfileName="empty")
    if given:
        assert MARKER in passed(iam, given).arn

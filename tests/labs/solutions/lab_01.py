"""Lab 1 solved."""

from __future__ import annotations

from tests.labs.solutions.script import Learner, Script

SCRIPT = Script(1)


@SCRIPT.step("administrator")
def administrator(learner: Learner) -> None:
    learner.iam.create_group(GroupName="administrators")
    learner.iam.attach_group_policy(GroupName="administrators", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    learner.iam.create_user(UserName="ada")
    learner.iam.add_user_to_group(GroupName="administrators", UserName="ada")
    learner.iam.create_access_key(UserName="ada")


@SCRIPT.step("mfa")
def mfa(learner: Learner) -> None:
    # What `garrison account root-mfa` does.
    status, made = learner.server.admin("POST", "/_garrison/root-mfa", {"account": learner.fact("account")})
    assert status == 201, made


@SCRIPT.step("keys")
def keys(learner: Learner) -> None:
    learner.iam.delete_access_key(AccessKeyId=learner.fact("root_key"))

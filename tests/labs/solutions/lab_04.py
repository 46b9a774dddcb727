"""Lab 4 solved."""

from __future__ import annotations

from typing import Any

from tests.labs.solutions.script import Learner, Script, document

SCRIPT = Script(4)
SCP = "SERVICE_CONTROL_POLICY"


def _lock(*, exempt: bool) -> str:
    condition: dict[str, Any] = {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}
    if exempt:
        condition["ArnNotLike"] = {"aws:PrincipalArn": "arn:aws:iam::*:role/GlobalOperations"}
    return document(
        {
            "Effect": "Deny",
            "NotAction": ["iam:*", "sts:*", "organizations:*"],
            "Resource": "*",
            "Condition": condition,
        }
    )


def _made(learner: Learner, name: str, content: str, target: str) -> str:
    organizations = learner.client("organizations")
    made = organizations.create_policy(Name=name, Description="", Type=SCP, Content=content)
    id: str = made["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=id, TargetId=target)
    return id


@SCRIPT.step("region-lock")
def region_lock(learner: Learner) -> None:
    learner.kept["lock"] = _made(learner, "lock", _lock(exempt=False), learner.fact("account_payments"))


@SCRIPT.step("whole-unit")
def whole_unit(learner: Learner) -> None:
    if "lock" in learner.kept:
        learner.client("organizations").attach_policy(PolicyId=learner.kept["lock"], TargetId=learner.fact("unit"))


@SCRIPT.step("exempt-role")
def exempt_role(learner: Learner) -> None:
    if "lock" in learner.kept:
        learner.client("organizations").update_policy(PolicyId=learner.kept["lock"], Content=_lock(exempt=True))


@SCRIPT.step("leave-guard")
def leave_guard(learner: Learner) -> None:
    stay = document({"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"})
    _made(learner, "stay", stay, learner.fact("unit"))

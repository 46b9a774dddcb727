"""Lab 5 solved."""

from __future__ import annotations

from typing import Any

from tests.labs.solutions.script import Learner, Script, document

SCRIPT = Script(5)
RCP = "RESOURCE_CONTROL_POLICY"


def _perimeter(learner: Learner, action: str, partner: str | None = None) -> str:
    outside: dict[str, Any] = {"aws:PrincipalOrgID": learner.fact("organization")}
    if partner is not None:
        outside["aws:PrincipalAccount"] = partner
    return document(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": action,
            "Resource": "*",
            "Condition": {
                "StringNotEqualsIfExists": outside,
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            },
        }
    )


def _made(learner: Learner, name: str, content: str) -> str | None:
    organizations = learner.client("organizations")
    made = organizations.create_policy(Name=name, Description="", Type=RCP, Content=content)
    id: str = made["Policy"]["PolicySummary"]["Id"]
    try:
        organizations.attach_policy(PolicyId=id, TargetId=learner.fact("root"))
    except organizations.exceptions.PolicyTypeNotEnabledException:
        return None  # whoever left the first step out
    return id


@SCRIPT.step("switch-on")
def switch_on(learner: Learner) -> None:
    learner.client("organizations").enable_policy_type(RootId=learner.fact("root"), PolicyType=RCP)


@SCRIPT.step("key")
def key(learner: Learner) -> None:
    learner.kept["key"] = _made(learner, "key", _perimeter(learner, "kms:*"))


@SCRIPT.step("role")
def role(learner: Learner) -> None:
    _made(learner, "role", _perimeter(learner, "sts:AssumeRole"))


@SCRIPT.step("partner")
def partner(learner: Learner) -> None:
    if learner.kept.get("key") is not None:
        content = _perimeter(learner, "kms:*", learner.fact("account_partner"))
        learner.client("organizations").update_policy(PolicyId=learner.kept["key"], Content=content)

"""Lab 3 solved."""

from __future__ import annotations

from tests.labs.solutions.script import Learner, Script, document

SCRIPT = Script(3)


@SCRIPT.step("pass-role")
def pass_role(learner: Learner) -> None:
    code = ["lambda:CreateFunction", "lambda:UpdateFunctionCode", "lambda:InvokeFunction"]
    learner.write_policy(
        "deployer",
        "prepared",
        {"Effect": "Allow", "Action": code, "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": learner.fact("app_runtime"),
            "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        },
    )


@SCRIPT.step("helpdesk")
def helpdesk(learner: Learner) -> None:
    # Another way than the hint's: a permissions boundary leaves of its policy what is meant.
    made = learner.iam.create_policy(
        PolicyName="staff-only",
        PolicyDocument=document(
            {
                "Effect": "Allow",
                "Action": "iam:*LoginProfile",
                "Resource": f"arn:aws:iam::{learner.fact('account')}:user/staff/*",
            }
        ),
    )
    learner.iam.put_user_permissions_boundary(UserName="helpdesk", PermissionsBoundary=made["Policy"]["Arn"])


@SCRIPT.step("policy-version")
def policy_version(learner: Learner) -> None:
    learner.iam.create_policy_version(
        PolicyArn=learner.fact("audit_policy"),
        PolicyDocument=document({"Effect": "Allow", "Action": ["iam:Get*", "iam:List*"], "Resource": "*"}),
        SetAsDefault=True,
    )


@SCRIPT.step("break-glass")
def break_glass(learner: Learner) -> None:
    learner.iam.update_assume_role_policy(
        RoleName="break-glass",
        PolicyDocument=document(
            {"Effect": "Allow", "Principal": {"AWS": learner.fact("ops")}, "Action": "sts:AssumeRole"}
        ),
    )

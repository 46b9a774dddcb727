"""Lab 4: service control policies for an organizational unit."""

from __future__ import annotations

import random

from garrison.labs.bench import ADMINISTRATOR, Bench, allow, policy
from garrison.labs.lab import Lab

LAB = Lab(
    4,
    "guardrail-for-a-unit",
    "A guardrail for a unit: SCPs",
    goal="You manage an organization. Its unit Workloads ({unit}) has the accounts payments ({account_payments}) and "
    "shop ({account_shop}), its unit Sandbox has an account where anything may be tried. In the end nobody of "
    "Workloads works outside eu-west-1 and eu-central-1, not even a root user, but for one role; and nobody takes an "
    "account out of the organization.",
    teaches=("service control policies", "aws:RequestedRegion", "aws:PrincipalArn", "organizational units"),
    minutes=40,
)
_GUIDE = "https://docs.aws.amazon.com/organizations/latest/userguide/"
_HOME = ("eu-west-1", "eu-central-1")
_ELSEWHERE = ("us-east-1", "us-west-2", "ap-southeast-2", "ap-northeast-1", "sa-east-1", "ca-central-1", "eu-west-3")


@LAB.prepare
def prepare(bench: Bench) -> None:
    bench.make_account()
    bench.make_learner()
    bench.do("learner", "organizations", "CreateOrganization", {"FeatureSet": "ALL"})
    root = bench.do("learner", "organizations", "ListRoots")["Roots"][0]["Id"]
    bench.make_members("payments", "shop", "sandbox")
    facts = bench.attempt.facts
    for fact, name in (("unit", "Workloads"), ("sandbox_unit", "Sandbox")):
        made = bench.do("learner", "organizations", "CreateOrganizationalUnit", {"ParentId": root, "Name": name})
        facts[fact] = made["OrganizationalUnit"]["Id"]
    for name in ("payments", "shop", "sandbox"):
        unit = facts["sandbox_unit" if name == "sandbox" else "unit"]
        move = {"AccountId": bench.account(name), "SourceParentId": root, "DestinationParentId": unit}
        bench.do("learner", "organizations", "MoveAccount", move)
        bench.make_user("dev", by=name, managed=[ADMINISTRATOR], fact=f"{name}_dev")
    trust = {"Effect": "Allow", "Principal": {"AWS": facts["payments_dev"]}, "Action": "sts:AssumeRole"}
    role = {"RoleName": "GlobalOperations", "AssumeRolePolicyDocument": policy(trust)}
    facts["exempt_role"] = bench.do("payments", "iam", "CreateRole", role)["Role"]["Arn"]
    everything = {"RoleName": "GlobalOperations", "PolicyName": "all", "PolicyDocument": policy(allow("*"))}
    bench.do("payments", "iam", "PutRolePolicy", everything)


def _regions() -> list[str]:
    return random.sample(_ELSEWHERE, 3)


def _locked(bench: Bench, name: str) -> None:
    """An account's administrator works at home, and nowhere else; IAM and STS, which are at home nowhere, go on."""
    who = f"{name}_dev"
    works = f"An administrator of {name} must go on working in {' and '.join(_HOME)}"
    for region in _HOME:
        bench.must_do(who, "kms", "ListKeys", region=region, otherwise=works)
    everywhere = f"IAM and STS are global, and must go on in {name}: leave them out of the denial"
    bench.must_do(who, "iam", "ListUsers", otherwise=everywhere)
    bench.must_do(who, "sts", "GetCallerIdentity", otherwise=everywhere)
    for region in _regions():
        bench.must_not(
            who, "kms", "ListKeys", region=region, otherwise=f"An administrator of {name} works in {region}, unwatched"
        )
    root = f"arn:aws:iam::{bench.account(name)}:root"
    bench.must_decide(
        False, root, "kms:CreateKey", region=_regions()[0],
        otherwise=f"The root user of {name} works elsewhere. An SCP binds it as it binds everybody of the account",
    )  # fmt: skip


@LAB.step(
    "region-lock",
    "Nobody of payments works outside eu-west-1 and eu-central-1",
    task="Deny everything in payments ({account_payments}) that is asked of another region; IAM, STS and "
    "Organizations, which have no region, go on.",
    hints=(
        "An SCP gives nothing: it says what is left of what the account's own policies allow. A Deny with NotAction "
        "for the global services is how AWS's example does it.",
        'Deny, NotAction ["iam:*","sts:*","organizations:*"], on *, under {"StringNotEquals": {"aws:RequestedRegion": '
        '["eu-west-1","eu-central-1"]}}; then attach it.',
        "aws organizations create-policy --type SERVICE_CONTROL_POLICY --name region-lock --description '' --content "
        '\'{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":["iam:*","sts:*","organizations:*"],'
        '"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-central-1"]}}}}\', then '
        "aws organizations attach-policy --target-id {unit} --policy-id p-...",
    ),
    term=("Service control policies", _GUIDE + "orgs_manage_policies_scps.html"),
)
def region_lock(bench: Bench) -> None:
    _locked(bench, "payments")


@LAB.step(
    "whole-unit",
    "It binds the unit: shop too, and whatever account comes, but not Sandbox",
    task="shop ({account_shop}) is bound as payments is, because its unit is. The account in Sandbox and the "
    "management account are not.",
    hints=(
        "A policy can be attached to the root, a unit or an account, and binds all that is below.",
        "Attach it to the unit Workloads rather than to accounts one by one.",
        "aws organizations attach-policy --target-id {unit} --policy-id p-...",
    ),
    term=("SCP inheritance", _GUIDE + "orgs_manage_policies_scps_evaluation.html"),
)
def whole_unit(bench: Bench) -> None:
    _locked(bench, "shop")
    for region in _regions():
        free = "Sandbox is for trying things anywhere: attach the policy to Workloads, not to the root"
        bench.must_do("sandbox_dev", "kms", "ListKeys", region=region, otherwise=free)


@LAB.step(
    "exempt-role",
    "The role GlobalOperations is excepted, and nobody else",
    task="{exempt_role} goes on working in every region.",
    hints=(
        "Who asks is in aws:PrincipalArn: for a role's session it is the role's ARN.",
        'Add to the condition: "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/GlobalOperations"}. Both '
        "operators must match for the denial to apply.",
        "aws organizations update-policy --policy-id p-... --content '...' with "
        '"Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-central-1"]},"ArnNotLike":'
        '{"aws:PrincipalArn":"arn:aws:iam::*:role/GlobalOperations"}}',
    ),
    term=(
        "aws:PrincipalArn",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn",
    ),
)
def exempt_role(bench: Bench) -> None:
    role, region = bench.fact("exempt_role"), _regions()[0]
    bench.must_decide(True, role, "kms:CreateKey", region=region, otherwise=f"The role must go on working in {region}")
    other = "Nobody but the role is to be excepted"
    bench.must_not("payments_dev", "kms", "ListKeys", region=region, otherwise=other)


@LAB.step(
    "leave-guard",
    "No account of Workloads leaves the organization",
    task="Nobody of payments or shop, its root user included, can call LeaveOrganization.",
    hints=(
        "Whoever leaves the organization leaves its policies behind.",
        "Deny organizations:LeaveOrganization; in the same policy or in one of its own.",
        "aws organizations create-policy --type SERVICE_CONTROL_POLICY --name stay --description '' --content "
        '\'{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"organizations:LeaveOrganization",'
        '"Resource":"*"}}\', then attach it to {unit}',
    ),
    term=("Example SCPs", _GUIDE + "orgs_manage_policies_scps_examples_general.html"),
)
def leave_guard(bench: Bench) -> None:
    for name in ("payments", "shop"):
        for who in (bench.fact(f"{name}_dev"), f"arn:aws:iam::{bench.account(name)}:root"):
            bench.must_decide(
                False, who, "organizations:LeaveOrganization",
                otherwise=f"Somebody of {name} can take the account out of the organization, and all guardrails off",
            )  # fmt: skip

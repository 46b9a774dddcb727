"""Lab 3: ways to become an administrator, and closing them without stopping the work."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from garrison.checks.check import Status
from garrison.labs.bench import ADMINISTRATOR, Bench, allow, policy
from garrison.labs.lab import Lab, Unmet

LAB = Lab(
    3,
    "break-the-escalation-path",
    "Break the escalation path",
    goal="Nobody in {account} but ops and you is meant to be an administrator. Yet four others can make themselves "
    "one, each by a permission that looks harmless. Find each way (garrison assess run --account {account} --check "
    "iam.privilege-escalation shows them) and close it; everybody goes on doing his work.",
    teaches=("iam:PassRole", "iam:PassedToService", "policy versions", "role trust policies", "privilege escalation"),
    minutes=45,
)
_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_LAMBDA = "lambda.amazonaws.com"


@LAB.prepare
def prepare(bench: Bench) -> None:
    account = bench.make_account()
    bench.make_learner()
    trust = {"Effect": "Allow", "Principal": {"Service": _LAMBDA}, "Action": "sts:AssumeRole"}
    _role(bench, "app-runtime", trust, [allow("logs:PutLogEvents")])
    _role(bench, "admin-runtime", trust, [allow("*")])
    code = ["lambda:CreateFunction", "lambda:UpdateFunctionCode", "lambda:InvokeFunction"]
    bench.make_user("deployer", statements=[allow([*code, "iam:PassRole"])], keys=False)

    bench.make_user("ops", managed=[ADMINISTRATOR], path="/admins/")
    bench.make_user("sam", path="/staff/", keys=False)
    for name in ("ops", "sam"):
        asked = {"UserName": name, "Password": f"Aa1-{secrets.token_urlsafe(24)}", "PasswordResetRequired": False}
        bench.do("main", "iam", "CreateLoginProfile", asked)
    bench.make_user("helpdesk", statements=[allow(["iam:UpdateLoginProfile", "iam:CreateLoginProfile"])])

    audit = allow(["iam:Get*", "iam:List*", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"])
    made = bench.do("main", "iam", "CreatePolicy", {"PolicyName": "audit", "PolicyDocument": policy(audit)})
    bench.attempt.facts["audit_policy"] = made["Policy"]["Arn"]
    bench.make_user("auditor", managed=[made["Policy"]["Arn"]])

    bench.make_user("intern", statements=[allow("sts:AssumeRole")])
    everybody = {"AWS": f"arn:aws:iam::{account}:root"}
    trust = {"Effect": "Allow", "Principal": everybody, "Action": "sts:AssumeRole"}
    _role(bench, "break-glass", trust, [allow("*")])


def _role(bench: Bench, name: str, trust: Mapping[str, Any], statements: Sequence[Mapping[str, Any]]) -> None:
    made = bench.do("main", "iam", "CreateRole", {"RoleName": name, "AssumeRolePolicyDocument": policy(trust)})
    bench.attempt.facts[name.replace("-", "_")] = made["Role"]["Arn"]
    asked = {"RoleName": name, "PolicyName": "prepared", "PolicyDocument": policy(*statements)}
    bench.do("main", "iam", "PutRolePolicy", asked)


def _no_path(bench: Bench, who: str) -> None:
    """The graph of all that everybody can do knows no way for this user."""
    outcomes = bench.outcomes("iam.privilege-escalation")
    for outcome in outcomes:
        if outcome.status is Status.FAIL and outcome.subject == bench.fact(who):
            raise Unmet(f"{outcome.reason}: {'; then '.join(outcome.observed['path'])}")


@LAB.step(
    "pass-role",
    "deployer deploys functions, and passes them the application's role only",
    task="deployer goes on creating functions with the role app-runtime; it can give them no other role, and give "
    "that role to no other service.",
    hints=(
        "Who may pass any role to a function he writes may do what any role may.",
        "Name the role as iam:PassRole's resource, and the service in its condition iam:PassedToService.",
        "aws iam put-user-policy --user-name deployer --policy-name prepared --policy-document "
        '\'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["lambda:CreateFunction",'
        '"lambda:UpdateFunctionCode","lambda:InvokeFunction"],"Resource":"*"},{"Effect":"Allow","Action":'
        '"iam:PassRole","Resource":"{app_runtime}","Condition":{"StringEquals":{"iam:PassedToService":'
        '"lambda.amazonaws.com"}}}]}\'',
    ),
    term=("Passing a role to a service", _GUIDE + "id_roles_use_passrole.html"),
)
def pass_role(bench: Bench) -> None:
    deployer, mine, theirs = (bench.fact(name) for name in ("deployer", "app_runtime", "admin_runtime"))
    service = {"iam:passedtoservice": _LAMBDA}
    works = "deployer must go on deploying functions that have the role app-runtime"
    function = f"arn:aws:lambda:{bench.region}:{bench.account()}:function:{secrets.token_hex(4)}"
    for action in ("lambda:CreateFunction", "lambda:UpdateFunctionCode"):
        bench.must_decide(True, deployer, action, function, otherwise=works)
    bench.must_decide(True, deployer, "iam:PassRole", mine, context=service, otherwise=works)
    wide = "deployer can hand its own code a role that is not the application's"
    bench.must_decide(False, deployer, "iam:PassRole", theirs, context=service, otherwise=wide)
    other = f"arn:aws:iam::{bench.account()}:role/{secrets.token_hex(4)}"
    bench.must_decide(False, deployer, "iam:PassRole", other, context=service, otherwise=wide)
    elsewhere = {"iam:passedtoservice": "ec2.amazonaws.com"}
    bench.must_decide(
        False, deployer, "iam:PassRole", mine, context=elsewhere,
        otherwise="deployer can pass the role to services that it does not deploy to",
    )  # fmt: skip
    _no_path(bench, "deployer")


@LAB.step(
    "helpdesk",
    "helpdesk sets the passwords of the staff, and of no administrator",
    task="helpdesk goes on setting passwords of users under /staff/; it cannot set those of ops, yours, or its own "
    "colleagues' outside.",
    hints=(
        "Who sets somebody's password can be somebody.",
        "A user's path is part of its ARN: it can be the resource.",
        "aws iam put-user-policy --user-name helpdesk --policy-name prepared --policy-document "
        '\'{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["iam:UpdateLoginProfile",'
        '"iam:CreateLoginProfile"],"Resource":"arn:aws:iam::{account}:user/staff/*"}}\'',
    ),
    term=("Paths in ARNs", _GUIDE + "reference_identifiers.html"),
)
def helpdesk(bench: Bench) -> None:
    works = "helpdesk must go on setting the staff's passwords"
    fresh = {"UserName": "sam", "Password": f"Aa1-{secrets.token_urlsafe(24)}"}
    bench.must_do("helpdesk", "iam", "UpdateLoginProfile", fresh, otherwise=works)
    another = f"arn:aws:iam::{bench.account()}:user/staff/{secrets.token_hex(4)}"
    bench.must_decide(True, bench.fact("helpdesk"), "iam:CreateLoginProfile", another, otherwise=works)
    wide = "helpdesk can set an administrator's password, and sign in with it"
    bench.must_not("helpdesk", "iam", "UpdateLoginProfile", fresh | {"UserName": "ops"}, otherwise=wide)
    bench.must_decide(False, bench.fact("helpdesk"), "iam:CreateLoginProfile", bench.fact("learner"), otherwise=wide)
    _no_path(bench, "helpdesk")


@LAB.step(
    "policy-version",
    "auditor reads everything of IAM, and cannot rewrite its own policy",
    task="auditor goes on reading users, roles and policies; it can neither write its policy anew nor choose among its "
    "versions.",
    hints=(
        "Who writes a version of a policy that is attached to himself writes his own permissions.",
        "iam:CreatePolicyVersion and iam:SetDefaultPolicyVersion must go.",
        "aws iam create-policy-version --set-as-default --policy-arn {audit_policy} --policy-document "
        '\'{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["iam:Get*","iam:List*"],"Resource":"*"}}\'',
    ),
    term=("Versioning IAM policies", _GUIDE + "access_policies_managed-versioning.html"),
)
def policy_version(bench: Bench) -> None:
    bench.must_do("auditor", "iam", "ListUsers", otherwise="auditor must go on reading IAM")
    auditor, own = bench.fact("auditor"), bench.fact("audit_policy")
    bench.must_decide(True, auditor, "iam:GetRole", bench.fact("app_runtime"), otherwise="auditor must go on reading")
    for action in ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"):
        wide = "auditor can write its own permissions: the policy it may change is its own"
        bench.must_decide(False, auditor, action, own, otherwise=wide)
    _no_path(bench, "auditor")


@LAB.step(
    "break-glass",
    "Only ops can enter break-glass",
    task="ops goes on entering the role break-glass in an emergency; intern, who may assume any role that lets it in, "
    "is not let in.",
    hints=(
        "A trust policy that names the account trusts whomever a policy in the account lets assume roles.",
        "Name the user in the role's trust policy.",
        "aws iam update-assume-role-policy --role-name break-glass --policy-document "
        '\'{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"{ops}"},"Action":'
        '"sts:AssumeRole"}}\'',
    ),
    term=("Role trust policies", _GUIDE + "id_roles_update-role-trust-policy.html"),
)
def break_glass(bench: Bench) -> None:
    role = {"RoleArn": bench.fact("break_glass"), "RoleSessionName": f"probe-{secrets.token_hex(4)}"}
    bench.must_do("ops", "sts", "AssumeRole", role, otherwise="ops must get in when the glass is to be broken")
    bench.must_not(
        "intern", "sts", "AssumeRole", role, otherwise="intern becomes an administrator by entering the role"
    )
    _no_path(bench, "intern")

"""Lab 5: a data perimeter with resource control policies."""

from __future__ import annotations

import base64
import secrets

from garrison.labs.bench import Bench, allow, policy
from garrison.labs.lab import Lab, Unmet

LAB = Lab(
    5,
    "data-perimeter",
    "A data perimeter with RCPs",
    goal="In the account data ({account_data}) of your organization ({organization}) somebody opened things to the "
    "world: the key {key_arn} and the role {role_arn} have policies with a star. You cannot fix what every team "
    "writes. In the end nobody outside the organization gets at either, whatever their own policies say, but for one "
    "partner's account ({account_partner}), and within the organization nothing changes.",
    teaches=("resource control policies", "data perimeters", "aws:PrincipalOrgID", "aws:PrincipalIsAWSService"),
    minutes=40,
)
_GUIDE = "https://docs.aws.amazon.com/organizations/latest/userguide/"
_PERIMETER = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html"


@LAB.prepare
def prepare(bench: Bench) -> None:
    bench.make_account()
    bench.make_learner()
    facts = bench.attempt.facts
    made = bench.do("learner", "organizations", "CreateOrganization", {"FeatureSet": "ALL"})["Organization"]
    facts["organization"] = made["Id"]
    facts["root"] = bench.do("learner", "organizations", "ListRoots")["Roots"][0]["Id"]
    bench.make_members("data", "analytics")
    own = {"AWS": f"arn:aws:iam::{bench.account('data')}:root"}
    world = {"Effect": "Allow", "Principal": "*", "Action": ["kms:Decrypt", "kms:Encrypt"], "Resource": "*"}
    document = policy(allow("kms:*", Principal=own), world)
    key = bench.do("data", "kms", "CreateKey", {"Description": "customers", "Policy": document})["KeyMetadata"]
    facts["key_arn"] = key["Arn"]
    secret = bench.do("data", "kms", "Encrypt", {"KeyId": key["Arn"], "Plaintext": secrets.token_bytes(16)})
    facts["secret"] = secret["CiphertextBlob"]
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    role = {"RoleName": "reports", "AssumeRolePolicyDocument": policy(trust)}
    facts["role_arn"] = bench.do("data", "iam", "CreateRole", role)["Role"]["Arn"]
    wide = [allow(["kms:*", "sts:*"])]
    bench.make_user("analyst", by="analytics", statements=wide)
    for name in ("stranger", "partner"):
        bench.make_account(name)
        bench.make_user(f"{name}-user", by=name, statements=wide)


def _decrypt(bench: Bench) -> dict[str, object]:
    return {"CiphertextBlob": base64.b64decode(bench.fact("secret")), "KeyId": bench.fact("key_arn")}


def _enter(bench: Bench) -> dict[str, object]:
    return {"RoleArn": bench.fact("role_arn"), "RoleSessionName": f"probe-{secrets.token_hex(4)}"}


@LAB.step(
    "switch-on",
    "Resource control policies are switched on",
    task="Enable the policy type RESOURCE_CONTROL_POLICY in the organization's root.",
    hints=(
        "A type of policy has to be enabled in the root before one of it can be made.",
        "EnablePolicyType, with the root's id.",
        "aws organizations enable-policy-type --root-id {root} --policy-type RESOURCE_CONTROL_POLICY",
    ),
    term=("Enabling a policy type", _GUIDE + "enable-policy-type.html"),
)
def switch_on(bench: Bench) -> None:
    types = bench.read("organizations", "ListRoots")["Roots"][0]["PolicyTypes"]
    if not any(t["Type"] == "RESOURCE_CONTROL_POLICY" and t["Status"] == "ENABLED" for t in types):
        raise Unmet("The root does not know resource control policies yet (ListRoots shows the policy types).")


@LAB.step(
    "key",
    "Nobody outside the organization uses the key, whatever its policy says",
    task="A stranger cannot decrypt with {key_arn}; a user of the account analytics can, and AWS services can act as "
    "they are meant to. The key's own policy stays.",
    hints=(
        "An SCP binds your principals, and a stranger is none of them. What binds your resources is an RCP.",
        'Deny kms:* to Principal * under {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "{organization}"}, '
        '"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}, attached to the root.',
        "aws organizations create-policy --type RESOURCE_CONTROL_POLICY --name perimeter --description '' --content "
        '\'{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*",'
        '"Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"{organization}"},"BoolIfExists":'
        '{"aws:PrincipalIsAWSService":"false"}}}}\', then attach it to {root}',
    ),
    term=("Resource control policies", _GUIDE + "orgs_manage_policies_rcps.html"),
)
def key(bench: Bench) -> None:
    asked = _decrypt(bench)
    bench.must_do(
        "analyst", "kms", "Decrypt", asked, otherwise="Who belongs to the organization must go on using the key"
    )
    bench.must_not("stranger_user", "kms", "Decrypt", asked, otherwise="A stranger decrypts what is yours")
    bench.must_decide(
        True, bench.fact("analyst"), "kms:Decrypt", bench.fact("key_arn"),
        context={"aws:principalorgid": "o-ofanaws00", "aws:principalisawsservice": "true"},
        otherwise="AWS services have no organization: those that act for you would be locked out "
        "(aws:PrincipalIsAWSService)",
    )  # fmt: skip


@LAB.step(
    "role",
    "Nobody outside the organization enters the role",
    task="A stranger cannot assume {role_arn}; a user of analytics can.",
    hints=(
        "A role is a resource too, and its trust policy is its resource policy.",
        "RCPs speak for sts:AssumeRole as for kms: another Deny, or another action in the same.",
        'The same statement with "Action": "sts:AssumeRole".',
    ),
    term=("Data perimeters", _PERIMETER),
)
def role(bench: Bench) -> None:
    bench.must_do(
        "analyst", "sts", "AssumeRole", _enter(bench), otherwise="Who belongs to the organization must get in"
    )
    bench.must_not("stranger_user", "sts", "AssumeRole", _enter(bench), otherwise="A stranger enters the role")


@LAB.step(
    "partner",
    "The partner's account is let in at the key, and only it",
    task="Somebody of the partner's account {account_partner} decrypts with the key; the stranger still cannot, and "
    "the partner does not enter the role.",
    hints=(
        "The account of who asks is in aws:PrincipalAccount.",
        'Add to the key\'s denial: "StringNotEquals": {"aws:PrincipalAccount": "{account_partner}"}. It is a '
        "condition more, so the denial applies to fewer.",
        'aws organizations update-policy --policy-id p-... with "Condition":{"StringNotEqualsIfExists":'
        '{"aws:PrincipalOrgID":"{organization}","aws:PrincipalAccount":"{account_partner}"},"BoolIfExists":'
        '{"aws:PrincipalIsAWSService":"false"}}',
    ),
    term=("Data perimeters", _PERIMETER),
)
def partner(bench: Bench) -> None:
    asked = _decrypt(bench)
    bench.must_do("partner_user", "kms", "Decrypt", asked, otherwise="The partner must be let in at the key")
    bench.must_not("stranger_user", "kms", "Decrypt", asked, otherwise="Only the partner is to be let in")
    bench.must_not(
        "partner_user", "sts", "AssumeRole", _enter(bench), otherwise="The partner is let in at the key only"
    )

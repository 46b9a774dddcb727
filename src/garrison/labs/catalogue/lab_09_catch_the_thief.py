"""Lab 9: an incident, from the finding to the repair."""

from __future__ import annotations

import secrets
from typing import Any

from garrison.labs.bench import Bench, allow, policy
from garrison.labs.lab import Lab, Unmet

LAB = Lab(
    9,
    "catch-the-thief",
    "Catch the thief",
    goal="GuardDuty watches {account}. One of the access keys of the user builder was stolen a moment ago; the "
    "findings (aws guardduty list-findings --detector-id {detector}) say which, and what the thief did with it. "
    "builder's other key and the role deploy are used day and night. In the end the thief is out, what he did is "
    "undone, the work goes on, and what is known to be harmless does not hide the next theft.",
    teaches=("GuardDuty findings", "revoking role sessions", "suppression rules", "password policies"),
    minutes=40,
    needs=("detect",),
)
_USER_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_GUARDDUTY = "https://docs.aws.amazon.com/guardduty/latest/ug/"
STOLEN = "Stealth:IAMUser/PasswordPolicyChange"
HARMLESS = "Policy:IAMUser/RootCredentialUsage"


@LAB.prepare
def prepare(bench: Bench) -> None:
    bench.make_account()
    bench.make_learner()
    facts, keys = bench.attempt.facts, bench.attempt.keys
    facts["detector"] = bench.do("main", "guardduty", "CreateDetector", {"Enable": True})["DetectorId"]
    builder = bench.make_user("builder", statements=[allow(["iam:*AccountPasswordPolicy", "iam:List*"])])
    keys["working"] = keys["builder"]
    key = bench.do("main", "iam", "CreateAccessKey", {"UserName": "builder"})["AccessKey"]
    keys["stolen"] = type(keys["builder"])(key["AccessKeyId"], key["SecretAccessKey"])
    if secrets.randbelow(2):  # which of the two it was is in the finding, and nowhere else
        keys["working"], keys["stolen"] = keys["stolen"], keys["working"]
    trust = {"Effect": "Allow", "Principal": {"AWS": builder}, "Action": "sts:AssumeRole"}
    role = {"RoleName": "deploy", "AssumeRolePolicyDocument": policy(trust)}
    facts["role"] = bench.do("main", "iam", "CreateRole", role)["Role"]["Arn"]
    reads = {"RoleName": "deploy", "PolicyName": "reads", "PolicyDocument": policy(allow(["iam:List*", "kms:List*"]))}
    bench.do("main", "iam", "PutRolePolicy", reads)
    keys["session"] = bench.enter(facts["role"], by="stolen")
    for length in (14, 6):
        bench.do("stolen", "iam", "UpdateAccountPasswordPolicy", {"MinimumPasswordLength": length})


@LAB.clean
def clean(bench: Bench) -> None:
    for detector in bench.do("main", "guardduty", "ListDetectors")["DetectorIds"]:
        bench.do("main", "guardduty", "DeleteDetector", {"DetectorId": detector})


@LAB.step(
    "key",
    "The stolen key is worth nothing, and builder's other key works",
    task="Take the stolen key away from builder. Its other key must go on working.",
    hints=(
        f"The finding {STOLEN} says with which access key it was done: Resource.AccessKeyDetails.AccessKeyId.",
        "An access key that is Inactive is refused from the next call on, and can be looked at afterwards.",
        "aws iam update-access-key --user-name builder --access-key-id ... --status Inactive",
    ),
    term=("Remediating compromised credentials", _GUARDDUTY + "compromised-creds.html"),
)
def key(bench: Bench) -> None:
    bench.must_do("working", "iam", "ListUsers", otherwise="builder's other key must go on working")
    if bench.call("stolen", "sts", "GetCallerIdentity").ok:
        raise Unmet("The thief's key is good still: a call signed with it worked.")


@LAB.step(
    "session",
    "The session the thief opened is refused, and new ones are not",
    task="The thief entered the role deploy with the key, and his session outlives it. Refuse the sessions that were "
    "opened before now; those that builder opens from now on must work.",
    hints=(
        "Nobody can take credentials of a session back. What they may do is decided at each call, though.",
        "An inline policy of the role that denies everything to sessions issued before a moment: aws:TokenIssueTime. "
        "The console calls it AWSRevokeOlderSessions.",
        "aws iam put-role-policy --role-name deploy --policy-name AWSRevokeOlderSessions --policy-document "
        '\'{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":'
        '{"DateLessThan":{"aws:TokenIssueTime":"...the time now, as 2026-01-31T12:00:00Z"}}}}\'',
    ),
    term=("Revoking temporary credentials", _USER_GUIDE + "id_roles_use_revoke-sessions.html"),
)
def session(bench: Bench) -> None:
    answer = bench.call("session", "iam", "ListUsers")
    if answer.ok:
        raise Unmet("The thief's session of deploy works still, though he has lost the key it was opened with.")
    asked = {"RoleArn": bench.fact("role"), "RoleSessionName": f"probe-{secrets.token_hex(4)}"}
    stopped = "builder must go on deploying"
    made = bench.must_do("working", "sts", "AssumeRole", asked, otherwise=stopped)["Credentials"]
    fresh = type(bench.attempt.keys["working"])(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    bench.must_do(fresh, "iam", "ListUsers", otherwise=f"{stopped}: sessions opened now must not be refused")


@LAB.step(
    "repair",
    "What the thief did is undone",
    task="Passwords have at least 14 characters again.",
    hints=(
        "The finding's Service.Action says which API was called; CloudTrail's event says with which parameters.",
        "The account's password policy was weakened: 6 characters. It was 14 before.",
        "aws iam update-account-password-policy --minimum-password-length 14",
    ),
    term=("Account password policy", _USER_GUIDE + "id_credentials_passwords_account-policy.html"),
)
def repair(bench: Bench) -> None:
    length = bench.read("iam", "GetAccountPasswordPolicy")["PasswordPolicy"]["MinimumPasswordLength"]
    if length < 14:
        raise Unmet(f"Passwords of {length} characters are taken: the thief made it easy for the next one.")


@LAB.step(
    "suppression",
    "Root's known job makes no noise, and nothing else is hidden",
    task=f"A job of the account uses root's credentials, which is known and accepted: {HARMLESS}. Suppress findings of "
    "that type, and no other.",
    hints=(
        "A suppression rule is a filter whose findings are archived as they come.",
        "CreateFilter with Action ARCHIVE and the criterion type.",
        "aws guardduty create-filter --detector-id {detector} --name root-job --action ARCHIVE --finding-criteria "
        f'\'{{"Criterion":{{"type":{{"Equals":["{HARMLESS}"]}}}}}}\'',
    ),
    term=("Suppression rules", _GUARDDUTY + "findings_suppression-rule.html"),
)
def suppression(bench: Bench) -> None:
    noise, theft = (_findings(bench, {"type": {"Equals": [type]}}) for type in (HARMLESS, STOLEN))
    if not noise or not theft:
        raise Unmet("GuardDuty has not told of everything yet. Its findings are there within seconds: check again.")
    hidden: set[str] = set()
    for name in bench.read("guardduty", "ListFilters", DetectorId=bench.fact("detector"))["FilterNames"]:
        asked = {"DetectorId": bench.fact("detector"), "FilterName": name}
        found = bench.read("guardduty", "GetFilter", **asked)
        if found["Action"] == "ARCHIVE":
            hidden |= _findings(bench, found["FindingCriteria"]["Criterion"])
    if not noise & hidden:
        raise Unmet("No suppression rule archives what root's job causes: among such noise nobody sees the next theft.")
    if theft & hidden:
        raise Unmet("A suppression rule hides the theft, too: name the type that is harmless, and nothing wider.")


def _findings(bench: Bench, criterion: dict[str, Any]) -> set[str]:
    """Ids of the findings that match, archived ones too."""
    asked = {"DetectorId": bench.fact("detector"), "FindingCriteria": {"Criterion": criterion}}
    return set(bench.do("main", "guardduty", "ListFindings", asked)["FindingIds"])

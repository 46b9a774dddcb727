"""Lab 1: the root user is put away."""

from __future__ import annotations

import secrets

from garrison.labs.bench import Bench
from garrison.labs.lab import Lab, Unmet
from garrison.labs.signing_in import password_suffices

LAB = Lab(
    1,
    "close-the-root",
    "Close the root",
    goal="The account {account} is new: its root user has a password and an access key, and everything is done with "
    "them. No policy binds a root user. In the end somebody else administers the account, the root user has no keys, "
    "and its password alone opens nothing.",
    teaches=("root user", "virtual MFA devices", "access keys", "IAM administrators"),
    minutes=15,
)
_USER_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"


@LAB.prepare
def prepare(bench: Bench) -> None:
    account = bench.make_account()
    password = f"Aa1-{secrets.token_urlsafe(24)}"
    bench.ask("POST", "/_garrison/root-password", {"account": account, "password": password})
    bench.attempt.facts["root_password"] = password
    bench.attempt.facts["root_key"] = bench.attempt.keys["main"].access_key_id
    bench.attempt.handed["root"] = "main"


@LAB.step(
    "administrator",
    "Somebody who is not root administers the account",
    task="Make a user who may do everything that policies can allow, with an access key to go on with.",
    hints=(
        "What root can do an administrator can, but for a handful of tasks. The difference: policies bind an "
        "administrator, and its calls say who it was.",
        "A user, the AWS managed policy AdministratorAccess, an access key.",
        "aws iam create-user --user-name admin && aws iam attach-user-policy --user-name admin --policy-arn "
        "arn:aws:iam::aws:policy/AdministratorAccess && aws iam create-access-key --user-name admin",
    ),
    term=("Administrators and the root user", _USER_GUIDE + "root-user-tasks.html"),
)
def administrator(bench: Bench) -> None:
    found = False
    for user in bench.read("iam", "ListUsers")["Users"]:
        keys = bench.read("iam", "ListAccessKeys", UserName=user["UserName"])["AccessKeyMetadata"]
        if not any(key["Status"] == "Active" for key in keys):
            continue
        found = True
        wanted = ("iam:CreateUser", "kms:CreateKey", "organizations:CreateOrganization")
        if all(bench.decide(user["Arn"], action).allowed for action in wanted):
            return
    raise Unmet(
        "There are users with access keys, but none who may do everything: without the root user nobody could "
        "administer the account."
        if found
        else "Nobody but root could administer the account: no user has an active access key."
    )


@LAB.step(
    "mfa",
    "The root user's password alone opens nothing",
    task="Give the root user an MFA device. AWS has no API call for it: in AWS it is done in the console, here by "
    "garrison account root-mfa --account {account}.",
    hints=(
        "Who has the password has the account, as long as nothing else is asked for.",
        "Garrison stands in for the console: the machine's owner gives root a device.",
        "garrison account root-mfa --account {account}",
    ),
    term=("MFA for the root user", _USER_GUIDE + "enable-mfa-for-root.html"),
)
def mfa(bench: Bench) -> None:
    if not bench.read("iam", "GetAccountSummary")["SummaryMap"]["AccountMFAEnabled"]:
        raise Unmet(
            "The root user has no MFA device (GetAccountSummary: AccountMFAEnabled 0): whoever learns its password, by "
            "a phishing page say, has the account."
        )
    if password_suffices(bench.data, bench.account(), bench.fact("root_password")):
        raise Unmet("Signing in as root with the password alone works still; no code was asked for.")


@LAB.step(
    "keys",
    "The root user has no access keys",
    task="Delete the root user's access key. Make sure first that somebody else can go on.",
    hints=(
        "A key that policies cannot bind is never needed: whatever it does, a role's session can do.",
        "Root deletes its own: DeleteAccessKey without a user name, signed by root.",
        "aws iam delete-access-key --access-key-id {root_key}",
    ),
    term=("Root user access keys", _USER_GUIDE + "root-user_best-practices.html"),
)
def keys(bench: Bench) -> None:
    answer = bench.call("main", "sts", "GetCallerIdentity")
    if answer.ok:
        raise Unmet(f"The root user's access key {bench.fact('root_key')} is good still: a call signed with it worked.")
    if bench.read("iam", "GetAccountSummary")["SummaryMap"]["AccountAccessKeysPresent"]:
        raise Unmet(
            "The root user has an access key still, if not the one it had (GetAccountSummary: AccountAccessKeysPresent "
            "1). An inactive one is switched on again as easily as it was switched off: delete it."
        )

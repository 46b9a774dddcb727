"""Lab 6 solved."""

from __future__ import annotations

from tests.labs.solutions.script import Learner, Script

SCRIPT = Script(6)


@SCRIPT.step("rotation")
def rotation(learner: Learner) -> None:
    learner.client("kms").enable_key_rotation(KeyId=learner.fact("key"))


@SCRIPT.step("context")
def context(learner: Learner) -> None:
    learner.write_policy(
        "ledger-app",
        "prepared",
        {
            "Effect": "Allow",
            "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": learner.fact("key_arn"),
            "Condition": {"StringEquals": {"kms:EncryptionContext:application": "ledger"}},
        },
    )


@SCRIPT.step("separation")
def separation(learner: Learner) -> None:
    # Another way than the hint's: what it may do stays, and what it must not is denied. An application that may do
    # everything with the key could administer it, so that is denied too.
    use = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant"]
    administer = ["kms:Put*", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:CreateGrant", "kms:Update*"]
    for user, actions in (("key-admin", use), ("ledger-app", administer)):
        learner.write_policy(user, "apart", {"Effect": "Deny", "Action": actions, "Resource": learner.fact("key_arn")})


@SCRIPT.step("grant")
def grant(learner: Learner) -> None:
    kms = learner.client("kms")
    for grant in kms.list_grants(KeyId=learner.fact("key"))["Grants"]:
        kms.revoke_grant(KeyId=learner.fact("key"), GrantId=grant["GrantId"])

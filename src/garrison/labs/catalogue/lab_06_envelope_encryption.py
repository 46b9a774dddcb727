"""Lab 6: envelope encryption and key policies."""

from __future__ import annotations

import base64
import secrets

from garrison.labs.bench import Bench, allow
from garrison.labs.lab import Lab, Unmet

LAB = Lab(
    6,
    "envelope-encryption",
    "Envelope encryption and the key policy",
    goal="A ledger is encrypted with the key {key_arn} (alias/ledger). Anybody of the account whom an IAM policy lets "
    "use keys may do everything with it. In the end its administrator keeps the key but reads nothing, the application "
    "reads and writes but cannot touch the key, both only with the ledger's encryption context, nobody is left with a "
    "forgotten grant, and the key's material is rotated.",
    teaches=("key policies", "encryption context", "grants", "automatic key rotation", "separation of duties"),
    minutes=30,
)
_CONTEXT = {"application": "ledger"}
_BROKEN = "The application must go on encrypting and decrypting with the context application=ledger"


@LAB.prepare
def prepare(bench: Bench) -> None:
    bench.make_account()
    bench.make_learner()
    key = bench.do("main", "kms", "CreateKey", {"Description": "ledger"})["KeyMetadata"]
    bench.do("main", "kms", "CreateAlias", {"AliasName": "alias/ledger", "TargetKeyId": key["KeyId"]})
    bench.attempt.facts |= {"key": key["KeyId"], "key_arn": key["Arn"]}
    bench.make_user("ledger-app", statements=[allow("kms:*")])
    bench.make_user("key-admin", statements=[allow("kms:*")])
    contractor = bench.make_user("contractor")
    grant = {"KeyId": key["KeyId"], "GranteePrincipal": contractor, "Operations": ["Encrypt", "Decrypt"]}
    bench.do("main", "kms", "CreateGrant", grant | {"Name": "migration-2024"})


@LAB.step(
    "rotation",
    "The key's material is rotated by itself",
    task="Switch automatic rotation on for alias/ledger.",
    hints=(
        "Rotation is off for a customer managed key until somebody switches it on. What was encrypted before stays "
        "readable.",
        "The operation is EnableKeyRotation; it takes the key's id, not its alias.",
        "aws kms enable-key-rotation --key-id {key}",
    ),
    term=("Automatic key rotation", "https://docs.aws.amazon.com/kms/latest/developerguide/rotating-keys-enable.html"),
)
def rotation(bench: Bench) -> None:
    if not bench.read("kms", "GetKeyRotationStatus", KeyId=bench.fact("key"))["KeyRotationEnabled"]:
        raise Unmet(
            "The key is not rotated: one key material protects everything that is ever written, and whoever gets hold "
            "of it reads it all. GetKeyRotationStatus says false."
        )


@LAB.step(
    "context",
    "The application reads and writes, with the ledger's encryption context only",
    task="ledger-app may encrypt and decrypt with the context application=ledger, and with no other context or none.",
    hints=(
        "What ciphertext belongs to is said by its encryption context, and policies can demand one: "
        "kms:EncryptionContext:application.",
        "As long as ledger-app's own policy allows kms:* and the key policy delegates to IAM, a condition elsewhere "
        "takes nothing away. Take the kms:* away, and say in the key policy or in a smaller policy what it may, under "
        'the condition {"StringEquals": {"kms:EncryptionContext:application": "ledger"}}.',
        "aws iam put-user-policy --user-name ledger-app --policy-name prepared --policy-document "
        '\'{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["kms:Encrypt","kms:Decrypt",'
        '"kms:GenerateDataKey"],"Resource":"{key_arn}","Condition":{"StringEquals":'
        '{"kms:EncryptionContext:application":"ledger"}}}}\'',
    ),
    term=("Encryption context", "https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html"),
)
def context(bench: Bench) -> None:
    key = bench.fact("key_arn")
    secret = secrets.token_bytes(16)
    asked = {"KeyId": key, "Plaintext": secret}
    made = bench.must_do("ledger_app", "kms", "Encrypt", asked | {"EncryptionContext": _CONTEXT}, otherwise=_BROKEN)
    opened = {"CiphertextBlob": base64.b64decode(made["CiphertextBlob"]), "EncryptionContext": _CONTEXT}
    back = bench.must_do("ledger_app", "kms", "Decrypt", opened | {"KeyId": key}, otherwise=_BROKEN)
    if base64.b64decode(back["Plaintext"]) != secret:
        raise Unmet(_BROKEN)
    loose = "Without the ledger's context the application must be refused, or it can read what is not the ledger's"
    for wrong in ({}, {"application": f"payroll-{secrets.token_hex(4)}"}, {"purpose": "ledger"}):
        bench.must_not("ledger_app", "kms", "Encrypt", asked | {"EncryptionContext": wrong}, otherwise=loose)


@LAB.step(
    "separation",
    "Who administers the key cannot use it, and who uses it cannot administer it",
    task="key-admin may change the key's policy and schedule its deletion, and may not decrypt. ledger-app may do "
    "neither of the former.",
    hints=(
        "Ask what each of them is allowed now: garrison simulate --principal ... --action kms:Decrypt --resource ...",
        "key-admin's own policy allows kms:*. Allow it what administers (kms:Put*, kms:Describe*, kms:Get*, kms:List*, "
        "kms:ScheduleKeyDeletion, kms:CancelKeyDeletion, ...), or deny it what uses.",
        "aws iam put-user-policy --user-name key-admin --policy-name prepared --policy-document "
        '\'{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["kms:Describe*","kms:Get*","kms:List*",'
        '"kms:PutKeyPolicy","kms:EnableKeyRotation","kms:ScheduleKeyDeletion","kms:CancelKeyDeletion"],'
        '"Resource":"{key_arn}"}}\'',
    ),
    term=(
        "Key administrators and key users",
        "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html",
    ),
)
def separation(bench: Bench) -> None:
    key = bench.fact("key_arn")
    admin, app = bench.fact("key_admin"), bench.fact("ledger_app")
    kept = "key-admin must go on administering the key"
    for action in ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DescribeKey"):
        bench.must_decide(True, admin, action, key, otherwise=kept)
    bench.must_do("key_admin", "kms", "GetKeyPolicy", {"KeyId": key}, otherwise=kept)
    reads = "key-admin must not use the key: who can hand out access must not be who reads"
    asked = {"KeyId": key, "Plaintext": b"x", "EncryptionContext": _CONTEXT}
    bench.must_not("key_admin", "kms", "Encrypt", asked, otherwise=reads)
    context: dict[str, str | list[str]] = {
        "kms:EncryptionContext:application": "ledger",
        "kms:EncryptionContextKeys": ["application"],
    }
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        bench.must_decide(False, admin, action, key, context=context, otherwise=reads)
    grants = "key-admin must not hand the key's use to others, or to itself"
    bench.must_decide(False, admin, "kms:CreateGrant", key, otherwise=grants)
    spoils = "ledger-app must not administer the key: an application that is broken into could destroy the ledger"
    for action in ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:CreateGrant"):
        bench.must_decide(False, app, action, key, otherwise=spoils)


@LAB.step(
    "grant",
    "The contractor's grant is gone",
    task="Somebody who left still holds a grant. Find it, and take it away.",
    hints=(
        "A grant is no policy: neither the key policy nor IAM shows it. The key's grants are a list of their own.",
        "ListGrants shows who holds what; RevokeGrant takes it away.",
        "aws kms revoke-grant --key-id {key} --grant-id "
        "$(aws kms list-grants --key-id {key} --query 'Grants[0].GrantId' --output text)",
    ),
    term=("Grants in AWS KMS", "https://docs.aws.amazon.com/kms/latest/developerguide/grants.html"),
)
def grant(bench: Bench) -> None:
    asked = {"KeyId": bench.fact("key_arn"), "Plaintext": b"x", "EncryptionContext": _CONTEXT}
    bench.must_not(
        "contractor", "kms", "Encrypt", asked,
        otherwise="contractor still uses the key. No policy says so: look at the key's grants",
    )  # fmt: skip

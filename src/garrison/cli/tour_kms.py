"""The tour's stop about KMS: a key its administrator cannot use, and a grant that lets somebody else for a while."""

from __future__ import annotations

import base64
import json

from garrison.cli.tour_guide import Guide

POLICY = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "ManagesButDoesNotUse",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::ACCOUNT:user/kim"},
      "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:PutKeyPolicy", "kms:CreateGrant", "kms:RevokeGrant",
                 "kms:EnableKey", "kms:DisableKey", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"],
      "Resource": "*"
    },
    {
      "Sid": "UsesButDoesNotManage",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::ACCOUNT:user/uma"},
      "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"],
      "Resource": "*"
    }
  ]
}
"""


def kms(guide: Guide, account: str) -> None:
    """Stop 10, in the tour's account."""
    guide.chapter(
        "10  A key its administrator cannot use",
        "kim manages a key, uma uses it. The key policy is the only word on it: it does not mention the account, so "
        "not even root may do anything with it.",
    )
    for name in ("kim", "uma", "otto"):
        guide.run(f"aws iam create-user --user-name {name} --profile root", quiet=True)
        made = guide.run(f"aws iam create-access-key --user-name {name} --profile root", quiet=True)
        guide.profile(name, json.loads(made)["AccessKey"])
    guide.file("key-policy.json", POLICY.replace("ACCOUNT", account))
    key = guide.run(
        "aws kms create-key --policy file://key-policy.json --bypass-policy-lockout-safety-check"
        " --query KeyMetadata.Arn --output text --profile root"
    ).strip()
    (guide.directory / "salary").write_text("4096 a month")
    blob = guide.run(
        f"aws kms encrypt --key-id {key} --plaintext fileb://salary --encryption-context staff=ada"
        " --query CiphertextBlob --output text --profile uma"
    ).strip()
    (guide.directory / "salary.kms").write_bytes(base64.b64decode(blob))
    guide.console.print("[dim]decoded into salary.kms[/dim]")
    decrypt = "aws kms decrypt --ciphertext-blob fileb://salary.kms --query Plaintext --output text"
    guide.run(f"{decrypt} --encryption-context staff=ada --profile uma")
    guide.run(f"{decrypt} --encryption-context staff=ada --key-id {key} --profile kim", fails=True)
    guide.run(f"garrison explain --denied --last 1 --account {account}")
    guide.run(f"aws kms get-key-policy --key-id {key} --profile root", fails=True)
    guide.run(f"aws kms disable-key --key-id {key} --profile uma", fails=True)
    guide.chapter(
        "A grant, for one thing and for a while",
        "kim lets otto decrypt what was encrypted for ada, and nothing else. Then she takes it back.",
    )
    grant = guide.run(
        f"aws kms create-grant --key-id {key} --grantee-principal arn:aws:iam::{account}:user/otto"
        " --operations Decrypt --constraints EncryptionContextEquals={staff=ada}"
        " --query GrantId --output text --profile kim"
    ).strip()
    guide.run(f"{decrypt} --encryption-context staff=ada --profile otto")
    guide.run(f"{decrypt} --encryption-context staff=bob --profile otto", fails=True)
    guide.run(f"aws kms revoke-grant --key-id {key} --grant-id {grant} --profile kim")
    guide.run(f"{decrypt} --encryption-context staff=ada --profile otto", fails=True)

"""A key that anybody may decrypt with, and that is never rotated."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from garrison.labs.bench import allow, policy
from garrison.stories.scene import Scene
from garrison.stories.story import Story, Try

STORY = Story(
    "open-key",
    "The key that opens for everybody",
    who="A card processor that encrypts card numbers with one KMS key",
    challenge="To make a partner's import work, the key policy was given the principal *. A backup with encrypted card "
    "numbers is already out; what kept it secret was the key.",
    lesson="The key policy names the account and the one partner that needs it; the key is rotated every year by KMS.",
    checks=("kms.policy-public", "kms.rotation"),
)


@STORY.before
def before(scene: Scene) -> None:
    bank = scene.make_account("bank")
    partner = scene.make_account("partner")
    stranger = scene.make_account("stranger")
    for name, account in (("importer", "partner"), ("thief", "stranger")):
        scene.make_user(name, by=account, statements=[allow("kms:*")])
    owner = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{bank}:root"}, Sid="Owner")
    everybody = allow("kms:Decrypt", Principal={"AWS": "*"}, Sid="PartnerImport")
    key = scene.do("bank", "kms", "CreateKey", {"Policy": policy(owner, everybody)})["KeyMetadata"]
    scene.note("card key", key["KeyId"])
    scene.attempt.facts |= {"key": key["Arn"], "partner": partner, "stranger": stranger}
    card = {"KeyId": key["Arn"], "Plaintext": b"4000 0012 3456 7899", "EncryptionContext": {"table": "cards"}}
    blob = scene.do("bank", "kms", "Encrypt", card)["CiphertextBlob"]
    scene.attempt.facts["blob"] = scene.note("encrypted card", str(blob))


@STORY.attempts
def attempts(scene: Scene) -> Iterator[Try]:
    asked = {
        "KeyId": scene.fact("key"),
        "CiphertextBlob": base64.b64decode(scene.fact("blob")),
        "EncryptionContext": {"table": "cards"},
    }

    def card(output: dict[str, str]) -> str:
        return base64.b64decode(output["Plaintext"]).decode()

    yield scene.aws("A stranger decrypts a card number", "thief", "kms", "Decrypt", asked, show=card)
    yield scene.aws("The partner decrypts it", "importer", "kms", "Decrypt", asked, after="allowed", show=card)
    yield scene.aws("The bank decrypts it", "bank", "kms", "Decrypt", asked, after="allowed", show=card)


@STORY.fix
def fix(scene: Scene) -> None:
    owner = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{scene.account('bank')}:root"}, Sid="Owner")
    partner = allow("kms:Decrypt", Principal={"AWS": scene.fact("importer")}, Sid="PartnerImport")
    asked = {"KeyId": scene.fact("key"), "PolicyName": "default", "Policy": policy(owner, partner)}
    scene.fix("The key policy names who may decrypt", "bank", "kms", "PutKeyPolicy", asked)
    scene.fix("KMS rotates the key", "bank", "kms", "EnableKeyRotation", {"KeyId": scene.fact("key")})

"""A duty that is the customer's, and that nobody does: who may reach the data."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from garrison.assess.latest import latest
from garrison.labs.bench import allow, policy
from garrison.responsibility import Profile, matrix, select
from garrison.stories.scene import Scene
from garrison.stories.story import Story, Try
from garrison.stories.told import Outcome

STORY = Story(
    "data-gap",
    "Who looks after the data?",
    who="A clinic with one account for each ward, sure that the cloud is secure",
    challenge="The provider guards the building, the machines and KMS itself. Whom a key's policy lets in is the "
    "clinic's part: one ward's key still opens for a laboratory the clinic left two years ago.",
    lesson="A resource control policy keeps everybody out who is not of the organization, whatever a key's own policy "
    "says: in the responsibility matrix the customer's part of the data has somebody who does it.",
    checks=("organizations.perimeter", "organizations.rcp-enabled"),
)


@STORY.before
def before(scene: Scene) -> None:
    head = scene.make_account("clinic")
    scene.make_administrator("admin", of="clinic")
    scene.do("admin", "organizations", "CreateOrganization", {"FeatureSet": "ALL"})
    organization = scene.do("admin", "organizations", "DescribeOrganization")["Organization"]["Id"]
    scene.attempt.facts |= {"organization": scene.note("organization", organization), "head": head}
    scene.make_members("ward")
    laboratory = scene.make_account("laboratory")
    scene.make_user("former-partner", by="laboratory", statements=[allow("kms:*")])
    ward = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{scene.account('ward')}:root"})
    partner = allow("kms:Decrypt", Principal={"AWS": f"arn:aws:iam::{laboratory}:root"}, Sid="Laboratory")
    key = scene.do("ward", "kms", "CreateKey", {"Policy": policy(ward, partner)})["KeyMetadata"]
    scene.note("record key", key["KeyId"])
    asked = {"KeyId": key["Arn"], "Plaintext": b"diagnosis: influenza"}
    scene.attempt.facts["key"] = key["Arn"]
    scene.attempt.facts["blob"] = str(scene.do("ward", "kms", "Encrypt", asked)["CiphertextBlob"])
    scene.note("record", scene.fact("blob"))


@STORY.attempts
def attempts(scene: Scene) -> Iterator[Try]:
    asked = {"KeyId": scene.fact("key"), "CiphertextBlob": base64.b64decode(scene.fact("blob"))}

    def record(output: dict[str, str]) -> str:
        return base64.b64decode(output["Plaintext"]).decode()

    def cell() -> tuple[Outcome, str]:
        """What the responsibility matrix of the clinic says of the customer's part of data in KMS."""
        now = float(scene.ask("GET", "/_garrison/clock")["now"])
        found = matrix([select("kms")], Profile.AWS).with_results(latest(scene.evidence, scene.fact("head")), now)
        one = next(cell for cell in found.rows[0].cells if cell.layer.id == "data")
        part = next(part for part in one.parts if part.party == "customer")
        gaps = [check.check for check in part.checks if check.status == "FAIL" and check.check in STORY.checks]
        return ("seen", f"{part.standing}: {', '.join(gaps)}") if gaps else ("not seen", "no gap is left of these")

    yield scene.aws("The former partner decrypts a patient's record", "former_partner", "kms", "Decrypt", asked,
                    show=record)  # fmt: skip
    yield scene.aws("The ward decrypts it", "ward", "kms", "Decrypt", asked, after="allowed", show=record)
    yield Try(
        "The responsibility matrix shows a gap in the customer's part of the data", "auditor",
        "garrison responsibility kms --layer data --account <clinic>", cell, "seen", "not seen",
    )  # fmt: skip


@STORY.fix
def fix(scene: Scene) -> None:
    perimeter = {
        "Sid": "OnlyUs",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["kms:*", "s3:*", "secretsmanager:*", "sqs:*"],
        "Resource": "*",
        "Condition": {
            "StringNotEqualsIfExists": {"aws:PrincipalOrgID": scene.fact("organization")},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        },
    }
    scene.guard("A policy keeps strangers out", "admin", "only-us", policy(perimeter), kind="RESOURCE_CONTROL_POLICY")

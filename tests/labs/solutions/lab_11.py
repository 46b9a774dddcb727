"""Lab 11 solved."""

from __future__ import annotations

import json

from tests.labs.solutions.script import Learner, Script, document

SCRIPT = Script(11)


@SCRIPT.step("classify")
def classify(learner: Learner) -> None:
    cells = learner.fact("cells").split(", ")
    services = sorted({cell.partition("/")[0] for cell in cells})
    told = json.loads(learner.garrison("responsibility", *services, "-o", "json"))
    word = {
        f"{service}/{cell['layer']}": cell["party"]
        for service, row in zip(services, told["rows"], strict=True)
        for cell in row["cells"]
    }
    learner.iam.tag_role(RoleName="ownership", Tags=[{"Key": cell, "Value": word[cell]} for cell in cells])


@SCRIPT.step("moves")
def moves(learner: Learner) -> None:
    answers = {"ec2-to-lambda": "guest-os runtime", "zip-to-image": "runtime"}
    learner.iam.tag_role(RoleName="ownership", Tags=[{"Key": k, "Value": v} for k, v in answers.items()])


@SCRIPT.step("gap")
def gap(learner: Learner) -> None:
    kms, key = learner.client("kms"), learner.fact("key")
    kms.enable_key_rotation(KeyId=key)
    own = {"AWS": f"arn:aws:iam::{learner.fact('account')}:root"}
    closed = document({"Effect": "Allow", "Principal": own, "Action": "kms:*", "Resource": "*"})
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=closed)


@SCRIPT.step("evidence")
def evidence(learner: Learner) -> None:
    learner.garrison("assess", "run", "--account", learner.fact("account"), "--check", "kms.*")

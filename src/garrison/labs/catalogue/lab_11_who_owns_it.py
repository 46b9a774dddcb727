"""Lab 11: the shared responsibility model, cell by cell."""

from __future__ import annotations

import random
import time

from garrison.assess.known import results
from garrison.assess.ledger import LedgerError
from garrison.checks.check import Status
from garrison.labs.bench import Bench, policy
from garrison.labs.lab import Lab, Unmet
from garrison.responsibility import Standing, matrix, select
from garrison.responsibility.compare import moves
from garrison.responsibility.parties import Party

LAB = Lab(
    11,
    "who-owns-it",
    "Who owns it?",
    goal="An application moves from instances to functions, and somebody has to say who secures what from then on. In "
    "the end you have classified {number_of_cells} cells of the matrix, named what moves, closed the gap that is yours "
    "in {account}, and have evidence of it. You answer by tags of the role ownership.",
    teaches=("shared responsibility model", "inherited and customer controls", "evidence", "key policies"),
    minutes=35,
)
_MODEL = "https://aws.amazon.com/compliance/shared-responsibility-model/"
_SERVICES = ("ec2", "lambda", "lambda:image", "rds", "s3", "dynamodb", "kms", "eks", "cloudfront", "iam")
_CELLS = 20
_PUBLIC = {"Sid": "World", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}


@LAB.prepare
def prepare(bench: Bench) -> None:
    account = bench.make_account()
    bench.make_learner()
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    role = {"RoleName": "ownership", "AssumeRolePolicyDocument": policy(trust)}
    bench.do("main", "iam", "CreateRole", role)
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"}
    made = {"Description": "orders", "Policy": policy(own, _PUBLIC)}
    key = bench.do("main", "kms", "CreateKey", made)["KeyMetadata"]
    cells = sorted(random.sample(sorted(_answers()), _CELLS))
    bench.attempt.facts |= {"key": key["KeyId"], "cells": ", ".join(cells), "number_of_cells": str(len(cells))}


def _answers() -> dict[str, Party]:
    """Cell -> who is responsible, of every service one may be asked about."""
    return {
        f"{name}/{cell.layer.id}": cell.party
        for name in _SERVICES
        for cell in matrix([select(name)]).rows[0].cells
        if cell.party is not Party.NOBODY
    }


def _said(bench: Bench) -> dict[str, str]:
    tags = bench.read("iam", "ListRoleTags", RoleName="ownership")["Tags"]
    return {tag["Key"]: " ".join(tag["Value"].lower().split()) for tag in tags}


@LAB.step(
    "classify",
    "Each of the cells is somebody's",
    task="Tag the role ownership with a key for each of these cells, and for its value who is responsible: provider, "
    "customer or shared. The cells: {cells}.",
    hints=(
        "Of the cloud is the provider's, in the cloud is yours; the more is managed, the fewer layers are yours. "
        "Identity and data are never the provider's alone.",
        "garrison responsibility SERVICE tells the row of a service, with the duties of each party.",
        "aws iam tag-role --role-name ownership --tags Key=ec2/guest-os,Value=customer Key=...; and to see a row: "
        "garrison responsibility lambda:image",
    ),
    term=("Shared responsibility model", _MODEL),
)
def classify(bench: Bench) -> None:
    asked, said, right = bench.fact("cells").split(", "), _said(bench), _answers()
    silent = [cell for cell in asked if cell not in said]
    if silent:
        raise Unmet(f"Nobody is named for {', '.join(silent[:5])}{' and others' if len(silent) > 5 else ''}.")
    wrong = [cell for cell in asked if said[cell] != right[cell].word]
    if wrong:
        raise Unmet(f"It is not so for {', '.join(wrong)}. What nobody thinks is his is what nobody does.")


@LAB.step(
    "moves",
    "What moves with the application is known",
    task="Tag the role with ec2-to-lambda: the layers that become the provider's when an application moves from EC2 to "
    "Lambda (zip archives), separated by spaces; and with zip-to-image: those that become yours when its functions are "
    "container images.",
    hints=(
        "An image brings its own operating system or runtime along, and who brings it patches it.",
        "garrison responsibility --compare ec2 lambda lambda:image",
        "aws iam tag-role --role-name ownership --tags 'Key=ec2-to-lambda,Value=guest-os ...' 'Key=zip-to-image,"
        "Value=...'",
    ),
    term=("Shared responsibility model", _MODEL),
)
def moved(bench: Bench) -> None:
    said = _said(bench)
    there, back = moves(matrix([select("ec2"), select("lambda"), select("lambda:image")]))
    for tag, steps, direction in (("ec2-to-lambda", there, "provider"), ("zip-to-image", back, "customer")):
        right = {step.layer.id for step in steps if step.direction == direction}
        given = set(said.get(tag, "").replace(",", " ").split())
        if given != right:
            missing, more = sorted(right - given), sorted(given - right)
            how = f"{len(missing)} layers are missing" if missing else f"{', '.join(more)} does not move that way"
            raise Unmet(f"{tag}: {how}.")


@LAB.step(
    "gap",
    "What is yours of KMS has no gap",
    task="The cell kms/encryption is yours, and two checks fail there: somebody unknown can use the key {key}, and it "
    "is not rotated. Close both.",
    hints=(
        "garrison assess run --account {account} --check 'kms.*' says what fails, and by which commands it is mended.",
        "The key policy's statement World lets everybody decrypt. Write the policy without it, and switch rotation on.",
        "aws kms enable-key-rotation --key-id {key}; aws kms put-key-policy --key-id {key} --policy-name default "
        '--policy \'{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":'
        '"arn:aws:iam::{account}:root"},"Action":"kms:*","Resource":"*"}}\'',
    ),
    term=("Key policies", "https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html"),
)
def gap(bench: Bench) -> None:
    if bench.read("kms", "DescribeKey", KeyId=bench.fact("key"))["KeyMetadata"]["KeyState"] != "Enabled":
        raise Unmet("The key must go on working: orders are encrypted with it.")
    for check in ("kms.policy-public", "kms.rotation"):
        for outcome in bench.outcomes(check):
            if outcome.status is Status.FAIL:
                raise Unmet(f"{check} fails: {outcome.reason}.")


@LAB.step(
    "evidence",
    "The matrix says so, by evidence",
    task="Assess the account's use of KMS, and keep the evidence: garrison responsibility kms --account {account} then "
    "shows no gap in your part of kms/encryption.",
    hints=(
        "Without evidence a cell is unknown, however well it is kept.",
        "An assessment's results are kept as signed records; inside the lab they go to the lab's own folder.",
        "garrison assess run --account {account} --check 'kms.*'",
    ),
    term=("Evidence", "https://docs.aws.amazon.com/audit-manager/latest/userguide/concepts.html"),
)
def evidence(bench: Bench) -> None:
    try:
        told = results(bench.evidence, bench.account())
    except LedgerError as e:
        raise Unmet(f"The evidence cannot be used: {e}") from e
    found = matrix([select("kms")]).with_results(told, time.time())
    part = next(part for part in found.rows[0].cell("encryption").parts if part.party == "customer")
    ran = {one.check for one in part.checks if one.status != "NOT_RUN"}
    for check in ("kms.policy-public", "kms.rotation"):
        if check not in ran:
            raise Unmet(f"{check} was not asked of {bench.account()} yet, so nobody can know ({bench.evidence}).")
    failing = [one.check for one in part.checks if one.status == "FAIL"]
    if failing or part.standing is Standing.GAP:
        raise Unmet(f"By the last assessment there is a gap ({', '.join(failing)}). Assess again what you have mended.")

"""Lab 12: an audit, from the agreement to the published report."""

from __future__ import annotations

import secrets
import time
from typing import Any

from garrison.assess.frameworks import load
from garrison.assess.ledger import Ledger, LedgerError, Run
from garrison.assess.records import about, results
from garrison.checks import load as load_checks
from garrison.checks.check import Result, Status
from garrison.evidence.exceptions import DAY, Granted, standing
from garrison.evidence.pack import BadPack, verified
from garrison.labs.bench import Bench, allow, policy
from garrison.labs.lab import Lab, Unmet

LAB = Lab(
    12,
    "run-an-audit",
    "Run an audit",
    goal="A clinic's organization (management account {account}, member {account_clinic}) is to show that it keeps to "
    "HIPAA's security rule. In the end its agreement covers all accounts, one gap is closed, one is answered for until "
    "a date, and the report that says so is signed and published in Artifact.",
    teaches=("Artifact agreements", "compliance frameworks", "exceptions", "evidence", "Artifact reports"),
    minutes=50,
)
_ARTIFACT = "https://docs.aws.amazon.com/artifact/latest/ug/"
_BAA = "artifact.business-associate-agreement"
_EXCEPTED, _MENDED = "iam.policy-allows-everything", "kms.rotation"
_LONGEST = 92 * DAY


@LAB.prepare
def prepare(bench: Bench) -> None:
    bench.make_account()
    bench.make_learner()
    bench.do("learner", "organizations", "CreateOrganization", {"FeatureSet": "ALL"})
    bench.make_members("clinic")
    vendor = {"PolicyName": "vendor-support", "PolicyDocument": policy(allow("*"))}
    bench.attempt.facts["vendor_policy"] = bench.do("clinic", "iam", "CreatePolicy", vendor)["Policy"]["Arn"]
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{bench.account()}:root"},
        "Action": "sts:AssumeRole",
    }
    role = {"RoleName": "vendor", "AssumeRolePolicyDocument": policy(trust)}
    bench.do("clinic", "iam", "CreateRole", role)
    attached = {"RoleName": "vendor", "PolicyArn": bench.fact("vendor_policy")}
    bench.do("clinic", "iam", "AttachRolePolicy", attached)
    key = bench.do("clinic", "kms", "CreateKey", {"Description": "patients"})["KeyMetadata"]
    bench.attempt.facts["key"] = key["KeyId"]


@LAB.step(
    "agreement",
    "A business associate agreement covers every account",
    task="Accept Artifact's Organizations Business Associate Addendum for the organization. It takes trusted access of "
    "artifact.amazonaws.com, and the way AWS has: promise confidentiality, read it, accept it.",
    hints=(
        "An agreement of the management account covers its members only if it is one for organizations, and Artifact "
        "may know the organization: EnableAWSServiceAccess.",
        "GetNdaForAgreement, AcceptNdaForAgreement, GetAgreement, AcceptAgreement, each with the tokens of the one "
        "before. SDKs lack them: garrison models install.",
        "aws organizations enable-aws-service-access --service-principal artifact.amazonaws.com; aws artifact "
        "list-agreements; aws artifact get-nda-for-agreement --agreement-id agreement-OrganizationsBAA, and so on",
    ),
    term=("Managing an agreement for multiple accounts", _ARTIFACT + "manage-org-agreement.html"),
)
def agreement(bench: Bench) -> None:
    for name in ("main", "clinic"):
        for outcome in bench.outcomes(_BAA, account=name):
            if outcome.status is not Status.PASS:
                raise Unmet(
                    f"Nobody has agreed to protect the health information in {bench.account(name)}: {outcome.reason}."
                )


@LAB.step(
    "gap",
    "The patients' key is rotated",
    task="In {account_clinic} the key {key} is not rotated, which HIPAA's checks find. Mend it. You get in by the role "
    "OrganizationAccountAccessRole.",
    hints=(
        "The member account's administrator is a role that the management account's people may assume.",
        "aws sts assume-role gives credentials for it; garrison assess show --fix prints the command to run there.",
        "aws sts assume-role --role-arn arn:aws:iam::{account_clinic}:role/OrganizationAccountAccessRole "
        "--role-session-name audit, and with its credentials aws kms enable-key-rotation --key-id {key}",
    ),
    term=(
        "Accessing member accounts",
        "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access-cross-account-role.html",
    ),
)
def gap(bench: Bench) -> None:
    for outcome in bench.outcomes(_MENDED, account="clinic"):
        if outcome.status is Status.FAIL:
            raise Unmet(f"{outcome.subject}: {outcome.reason}.")


@LAB.step(
    "exception",
    "Somebody answers for the vendor's policy, and until when",
    task="The policy {vendor_policy} allows everything, and the vendor needs a quarter to say what he needs. Enter an "
    f"exception from {_EXCEPTED} for it alone, with an owner and a reason, that ends within 92 days.",
    hints=(
        "An exception covers what its subject names: no more than this one policy, in this one account.",
        "garrison assess except CHECK --subject ARN --account ID --owner ... --reason ... --expires ...",
        f"garrison assess except {_EXCEPTED} --subject {{vendor_policy}} --account {{account_clinic}} --owner 'Head of "
        "IT' --reason 'vendor names his actions by then' --expires 20..-..-..",
    ),
    term=("Compensating and accepted risks", "https://csrc.nist.gov/glossary/term/plan_of_action_and_milestones"),
)
def exception(bench: Bench) -> None:
    now, clinic, subject = time.time(), bench.account("clinic"), bench.fact("vendor_policy")
    found = [one for one in _exceptions(bench) if one.covers(_EXCEPTED, clinic, subject, now)]
    if not found:
        raise Unmet(f"Nobody answers for {subject}: no exception from {_EXCEPTED} covers it ({bench.evidence}).")
    for one in found:
        if one.expires > now + _LONGEST:
            raise Unmet(f"Exception {one.id} holds for longer than 92 days: an exception without an end is a hole.")
        another = f"arn:aws:iam::{clinic}:policy/{secrets.token_hex(6)}"
        if one.covers(_EXCEPTED, clinic, another, now) or one.covers(_EXCEPTED, bench.account(), subject, now):
            raise Unmet(f"Exception {one.id} covers what nobody has looked at: name this policy, and this account.")


def _exceptions(bench: Bench) -> list[Granted]:
    return standing(Ledger(bench.evidence).history())


@LAB.step(
    "assessment",
    "An assessment says all this, in evidence that is intact",
    task="Assess both accounts against hipaa, after the changes. Inside the lab evidence is kept in its own folder.",
    hints=(
        "A framework names the checks that speak for its requirements; an assessment asks them, and keeps the answers.",
        "garrison assess run --framework hipaa, of both accounts.",
        "garrison assess run --framework hipaa --account {account} --account {account_clinic}",
    ),
    term=("HIPAA Security Rule", "https://www.ecfr.gov/current/title-45/subtitle-A/subchapter-C/part-164/subpart-C"),
)
def assessment(bench: Bench) -> None:
    run = _latest(bench)
    told = about(run.records())
    assert told is not None
    asked = {(r.account, r.check): r for _, r in results(run.records())}
    missing = set(load("hipaa", load_checks()).checks) - set(told["checks"]) - set(told.get("not_tried", ()))
    if missing:
        raise Unmet(f"Run {run.id} did not ask {', '.join(sorted(missing)[:3])} ...: name the framework.")
    for name in ("main", "clinic"):
        if not any(account == bench.account(name) for account, _ in asked):
            raise Unmet(f"Run {run.id} did not look at {bench.account(name)}.")
    clinic = bench.account("clinic")
    for check, wanted in ((_BAA, Status.PASS), (_MENDED, Status.PASS), (_EXCEPTED, Status.EXCEPTED)):
        found = [r for _, r in results(run.records()) if (r.account, r.check) == (clinic, check)]
        if not _as_wanted(found, wanted):
            said = ", ".join(sorted({r.status.value for r in found})) or "nothing"
            raise Unmet(f"Run {run.id} says {said} of {check} in {clinic}: do what is open, and assess again.")


def _as_wanted(found: list[Result], wanted: Status) -> bool:
    statuses = {result.status for result in found}
    return wanted in statuses and Status.FAIL not in statuses and Status.NOT_AVAILABLE not in statuses


def _latest(bench: Bench) -> Run:
    """The last assessment that the evidence has, which is intact. Raises `Unmet`."""
    ledger = Ledger(bench.evidence)
    runs = [run for run in ledger.runs() if about(run.records()) is not None]
    if not runs:
        raise Unmet(f"There is no assessment yet ({bench.evidence}).")
    try:
        problems = ledger.verify().problems
    except LedgerError as e:
        raise Unmet(f"The evidence cannot be read: {e}") from e
    if problems:
        raise Unmet(f"The evidence is not what was written: {problems[0].where}: {problems[0].what}.")
    return runs[-1]


@LAB.step(
    "report",
    "The signed report is published in Artifact",
    task="Publish the report of that assessment against hipaa in Artifact, as the management account.",
    hints=(
        "Artifact is where auditors look; a report there is a document with terms, versions and a signature.",
        "garrison assess publish makes the bundle of a run, signs it and puts it there.",
        "garrison assess publish --framework hipaa",
    ),
    term=("Downloading reports in AWS Artifact", _ARTIFACT + "downloading-documents.html"),
)
def report(bench: Bench) -> None:
    run = _latest(bench)
    seen = "nothing"
    for one in bench.do("main", "artifact", "ListReports")["reports"]:
        if "hipaa" not in one["series"].lower():
            continue
        try:
            manifest = verified(_document(bench, one["id"]))
        except BadPack as e:
            raise Unmet(f"The report {one['id']} is not what was signed: {e}") from e
        if manifest.get("run") == run.id:
            return
        seen = f"a report of run {manifest.get('run')}"
    raise Unmet(f"Artifact has {seen} of HIPAA; the last assessment is run {run.id}.")


def _document(bench: Bench, report: str) -> bytes:
    """As an auditor gets it: the terms first, then a link."""
    terms: dict[str, Any] = bench.do("main", "artifact", "GetTermForReport", {"reportId": report})
    asked = {"reportId": report, "termToken": terms["termToken"]}
    return bench.fetched(bench.do("main", "artifact", "GetReport", asked)["documentPresignedUrl"])

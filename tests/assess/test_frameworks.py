"""Frameworks: what they may hold, and how an assessment leaves them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from garrison.assess.frameworks import Control, ControlStatus, Framework, FrameworkError, built_in, load, standing
from garrison.assess.ledger import Ledger, Run
from garrison.assess.report.bundle import bundle, forms
from garrison.assess.signers import LocalSigner
from garrison.checks import load as load_checks
from garrison.checks.check import Fix, Outcome, Result, Status
from garrison.evidence.pack import BadPack, verified
from garrison.evidence.signing import pem


def result(check: str, status: Status, subject: str = "arn:aws:iam::111122223333:root", reason: str = "so") -> Result:
    fix = Fix(("aws iam do-it",), "111122223333") if status is Status.FAIL else None
    outcome = Outcome(status, subject, reason, {}, fix)
    return Result(check, 1, "title", "high", (), False, "111122223333", outcome)


def framework(*controls: Control) -> Framework:
    return Framework("own", "Own rules", "1", "https://example.com", "All of them.", controls)


@pytest.mark.parametrize("id", built_in())
def test_a_framework_asks_for_checks_that_are_there(id: str) -> None:
    found = load(id, load_checks())
    assert found.id == id
    assert found.checks


def test_the_first_seven_are_there() -> None:
    assert {
        "aws-fsbp", "cis-aws-foundations-5.0", "hipaa", "iso-27001-2022", "nist-800-53-r5", "pci-dss-4.0", "soc2",
    } <= set(built_in())  # fmt: skip


@pytest.mark.parametrize(
    ("statuses", "partly", "expected"),
    [
        ((Status.PASS,), False, "SATISFIED"),
        ((Status.PASS,), True, "PARTLY"),
        ((Status.PASS, Status.FAIL), False, "GAP"),
        ((Status.FAIL, Status.NOT_AVAILABLE), True, "GAP"),
        ((Status.PASS, Status.NOT_AVAILABLE), False, "NOT_AVAILABLE"),
        ((Status.NOT_APPLICABLE,), False, "NOT_APPLICABLE"),
        ((Status.EXCEPTED,), False, "PARTLY"),
        ((Status.PASS, Status.EXCEPTED), False, "PARTLY"),
        ((), False, "NOT_ASSESSED"),
    ],
)
def test_the_worst_of_its_checks_is_a_controls_status(
    statuses: tuple[Status, ...], partly: bool, expected: str
) -> None:
    control = Control("1", "One", ("iam.root-mfa",), partly)
    found = standing(framework(control), [result("iam.root-mfa", s) for s in statuses])
    assert found.controls[0].status == expected


def test_a_check_that_was_not_asked_leaves_a_control_partly_shown() -> None:
    control = Control("1", "One", ("iam.root-mfa", "iam.root-use"))
    found = standing(framework(control), [result("iam.root-mfa", Status.PASS)]).controls[0]
    assert (found.status, found.not_asked) == (ControlStatus.PARTLY, ("iam.root-use",))


def test_what_people_show_is_manual() -> None:
    assert standing(framework(Control("1", "Training", kind="process")), []).controls[0].status is ControlStatus.MANUAL


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("controls: [{id: '1', title: a, checks: [no.such]}]", "no.such"),
        ("controls: [{id: '1', title: a}, {id: '1', title: b}]", "twice"),
        ("controls: [{id: '1', titel: a}]", "titel"),
        (f"controls: [{{id: '1', title: {'a' * 121}}}]", "longer"),
        ("controls: [", "cannot be read"),
        ("controls: !!python/object/apply:os.system [true]", "cannot be read"),
    ],
)
def test_a_file_that_is_no_framework_says_why(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(f"id: x\ntitle: t\nversion: '1'\nsource: s\nnote: n\n{text}")
    with pytest.raises(FrameworkError, match=why):
        load(str(file), load_checks())


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """An assessment's evidence, with a name that means to be markup."""
    from garrison.assess.records import records
    from garrison.assess.run import Assessment
    from garrison.checks.collect.collector import Source

    found = [
        result("iam.root-mfa", Status.FAIL, reason="<script>alert(1)</script> #[eval] 日本 =cmd()"),
        result("iam.root-use", Status.PASS),
        result("iam.user-mfa", Status.NOT_AVAILABLE),
    ]
    assessment = Assessment(
        Source("files", "here"), ("111122223333",), 1e9, 1e9 + 5, tuple(load_checks().values()), (), tuple(found), ()
    )
    return Ledger(tmp_path / "evidence").append(records(assessment), LocalSigner(tmp_path))


def test_every_form_is_the_same_for_the_same_run_and_what_is_named_in_it_is_text(run: Run) -> None:
    wanted = ("html", "pdf", "oscal", "json", "csv", "sarif", "junit")
    found = load("cis-aws-foundations-5.0", load_checks())
    made = forms(found, run, wanted)
    assert forms(found, run, wanted) == made
    assert b"<script>" not in made["html"]
    assert b"&lt;script&gt;" in made["html"]
    assert made["pdf"].startswith(b"%PDF-")
    document = json.loads(made["oscal"])["assessment-results"]
    states = {f["title"].split(":")[0]: f["target"]["status"]["state"] for f in document["results"][0]["findings"]}
    assert (states["1.4"], states["1.6"], states["1.9"]) == ("not-satisfied", "satisfied", "not-satisfied")
    known = {o["uuid"] for o in document["results"][0]["observations"]}
    related = [f.get("related-observations", []) for f in document["results"][0]["findings"]]
    assert {one["observation-uuid"] for several in related for one in several} == known
    counts = json.loads(made["json"])["counts"]
    assert (counts["GAP"], counts["SATISFIED"], counts["NOT_AVAILABLE"]) == (1, 1, 1)
    assert sum(counts.values()) == 63


def test_a_bundle_is_verified_without_a_server_and_a_flipped_byte_is_found(run: Run, tmp_path: Path) -> None:
    signer = LocalSigner(tmp_path)
    made = bundle(load("soc2", load_checks()), run, signer)
    assert verified(made)["run"] == run.id
    file = tmp_path / "report.zip"
    file.write_bytes(made)
    command = [sys.executable, "-m", "garrison.cli.main", "evidence", "bundle", str(file)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.endswith("intact\n")

    def changed(name: str, change: Any) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(out, "w") as new:
            for one in old.namelist():
                content = old.read(one)
                if one != name:
                    new.writestr(one, content)
                elif change is not None:
                    new.writestr(one, change(content))
        return out.getvalue()

    for name in ("report.html", "evidence.jsonl", "manifest.json", "manifest.sig", "public-key.pem"):
        with pytest.raises(BadPack):
            verified(changed(name, lambda content: content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]))
        with pytest.raises(BadPack):
            verified(changed(name, None))
    other = LocalSigner(tmp_path / "other")
    with pytest.raises(BadPack, match="not signed by that key"):
        verified(made, pem(other.public_key))
    with pytest.raises(BadPack, match="no bundle"):
        verified(b"PK\x03\x04nothing")

"""Frameworks: what they may hold, and how an assessment leaves them."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import uuid
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from garrison.assess.frameworks import Control, ControlStatus, Framework, FrameworkError, built_in, load, standing
from garrison.assess.ledger import Run
from garrison.assess.report.bundle import bundle, forms
from garrison.assess.signers import LocalSigner
from garrison.checks import load as load_checks
from garrison.checks.check import Status
from garrison.evidence.pack import BadPack, verified
from garrison.evidence.signing import pem
from tests.assess.runs import recorded, result


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
    return recorded(tmp_path)


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


@pytest.mark.parametrize("id", built_in())
def test_results_for_other_programs_have_the_shapes_these_read(run: Run, id: str) -> None:
    """Structures of OSCAL's assessment results 1.1.2 (tests/peers has it read by a validator), SARIF 2.1.0, JUnit."""
    found = load(id, load_checks())
    made = forms(found, run, ("oscal", "sarif", "junit"))
    whole = json.loads(made["oscal"])["assessment-results"]
    assert set(whole) == {"uuid", "metadata", "import-ap", "results", "back-matter"}
    (result,) = whole["results"]
    ids = [one["uuid"] for one in (whole, result, *result["findings"], *result.get("observations", ()))]
    assert [str(uuid.UUID(one)) for one in ids] == ids
    assert len(set(ids)) == len(ids)
    plan = whole["import-ap"]["href"].removeprefix("#")
    assert plan in {one["uuid"] for one in whole["back-matter"]["resources"]}
    named = [one["control-id"] for one in result["reviewed-controls"]["control-selections"][0]["include-controls"]]
    assert len(set(named)) == len(named)
    for finding in result["findings"]:
        target = finding["target"]
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9._-]*", target["target-id"])
        assert target["target-id"] in named
        assert target["status"]["state"] in ("satisfied", "not-satisfied")
        assert target["status"]["reason"] in ("pass", "fail", "other")
    sarif = json.loads(made["sarif"])
    assert (sarif["version"], "sarif" in sarif["$schema"]) == ("2.1.0", True)
    driver = sarif["runs"][0]["tool"]["driver"]
    rules = [one["id"] for one in driver["rules"]]
    assert (driver["name"], len(set(rules))) == ("garrison", len(rules))
    for one in sarif["runs"][0]["results"]:
        assert rules[one["ruleIndex"]] == one["ruleId"] if "ruleIndex" in one else one["ruleId"] in rules
        assert one["level"] in ("none", "note", "warning", "error")
        assert one["message"]["text"]
        assert one["locations"]
    suites = ElementTree.fromstring(made["junit"])
    cases = suites.findall(".//testcase")
    assert suites.tag in ("testsuites", "testsuite")
    assert all(one.get("name") and one.get("classname") for one in cases)
    for suite in suites.iter("testsuite"):
        mine = suite.findall("testcase")
        told = [int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")]
        assert told == [
            len(mine), *(sum(one.find(kind) is not None for one in mine) for kind in ("failure", "error", "skipped")),
        ]  # fmt: skip


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

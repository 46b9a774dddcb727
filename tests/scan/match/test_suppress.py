"""What does not count, and for how long."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from tests.scan.sources import database, osv, pypi, since

from garrison.scan.match import Finding, match, suppress

TODAY = date(2026, 6, 1)


@pytest.fixture
def findings(tmp_path: Path) -> tuple[Finding, ...]:
    opened = database(tmp_path, osv("GHSA-1", "PyPI", "x", since("0", "2"), aliases=["CVE-2024-1001"]))
    packages = [
        pypi("x", "1.0", path="app/requirements.txt", purl="pkg:pypi/x@1.0"),
        pypi("x", "1.1", path="tests/requirements.txt", purl="pkg:pypi/x@1.1"),
    ]
    return match(packages, opened).findings


def counting(findings: tuple[Finding, ...], statements: list[suppress.Statement]) -> set[str]:
    told = suppress.apply(findings, statements, TODAY)
    return {a.package.version for f in told if f.suppressed is None for a in f.packages}


@pytest.mark.parametrize(
    ("entry", "left"),
    [
        ("{id: CVE-2024-1001, reason: not reachable}", set()),
        ("{id: GHSA-1, reason: by another id}", set()),
        ("{id: CVE-2024-1002, reason: another}", {"1.0", "1.1"}),
        ("{id: CVE-2024-1001, reason: tests only, paths: [tests]}", {"1.0"}),
        ("{id: CVE-2024-1001, reason: no such path, paths: [test]}", {"1.0", "1.1"}),
        ("{id: CVE-2024-1001, reason: one version, packages: ['pkg:pypi/x@1.0']}", {"1.1"}),
        ("{id: CVE-2024-1001, reason: by name, packages: [y]}", {"1.0", "1.1"}),
        ("{id: CVE-2024-1001, reason: until today, until: 2026-06-01}", set()),
        ("{id: CVE-2024-1001, reason: over, until: 2026-05-31}", {"1.0", "1.1"}),
    ],
)
def test_an_ignore_entry_covers_what_it_names(findings: tuple[Finding, ...], entry: str, left: set[str]) -> None:
    assert counting(findings, suppress.ignore_file(f"ignore:\n- {entry}\n", "i.yaml")) == left


@pytest.mark.parametrize(
    "entry",
    ["{id: CVE-1}", "{reason: x}", "{id: C, reason: r, untill: 2026-01-01}", "{id: C, reason: r, until: soon}", "5"],
)
def test_an_entry_that_says_too_little_or_something_else_is_refused(entry: str) -> None:
    with pytest.raises(suppress.BadStatement, match="entry 1"):
        suppress.ignore_file(f"ignore:\n- {entry}\n", "i.yaml")


def openvex(status: str, product: dict[str, object]) -> bytes:
    statement = {
        "vulnerability": {"name": "CVE-2024-1001"},
        "products": [product],
        "status": status,
        "justification": "vulnerable_code_not_in_execute_path",
    }
    return json.dumps({"@context": "https://openvex.dev/ns/v0.2.0", "statements": [statement]}).encode()


def test_openvex_excuses_the_package_or_subcomponent_it_names(findings: tuple[Finding, ...]) -> None:
    assert counting(findings, suppress.vex(openvex("not_affected", {"@id": "pkg:pypi/x@1.0"}), "v")) == {"1.1"}
    assert counting(findings, suppress.vex(openvex("fixed", {"@id": "pkg:pypi/x"}), "v")) == set()
    part: dict[str, object] = {"@id": "pkg:oci/app", "subcomponents": [{"@id": "pkg:pypi/x@1.1"}]}
    assert counting(findings, suppress.vex(openvex("not_affected", part), "v")) == {"1.0"}
    for status in ("affected", "under_investigation"):
        assert counting(findings, suppress.vex(openvex(status, {"@id": "pkg:pypi/x"}), "v")) == {"1.0", "1.1"}


def test_cyclonedx_vex_excuses_the_components_it_refers_to(findings: tuple[Finding, ...]) -> None:
    def vex(state: str) -> bytes:
        return json.dumps(
            {
                "bomFormat": "CycloneDX",
                "specVersion": "1.5",
                "components": [{"bom-ref": "c1", "purl": "pkg:pypi/x@1.0"}],
                "vulnerabilities": [
                    {"id": "CVE-2024-1001", "analysis": {"state": state}, "affects": [{"ref": "urn:cdx:a/1#c1"}]}
                ],
            }
        ).encode()

    assert counting(findings, suppress.vex(vex("not_affected"), "v")) == {"1.1"}
    assert counting(findings, suppress.vex(vex("exploitable"), "v")) == {"1.0", "1.1"}


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"bomFormat": "SPDX"}', b"[" * 100_000])
def test_what_is_no_vex_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(suppress.BadStatement):
        suppress.vex(data, "v")

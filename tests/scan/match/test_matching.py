"""What is found is what the advisories say, no more and no less."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.scan.sources import CRITICAL, database, osv, pypi, since

from garrison.scan.inventory.package import Package, PackageManager
from garrison.scan.match import Finding, FixAvailable, Priority, Severity, match
from garrison.scan.match.score import adjusted
from garrison.scan.match.vulnerability import vulnerability_of
from garrison.scan.vulndb.database import Database

SCORE = [{"type": "CVSS_V3", "score": CRITICAL}]


def found(opened: Database, *packages: Package, **more: Any) -> list[Finding]:
    return list(match(packages, opened, **more).findings)


def ids(opened: Database, *packages: Package) -> set[str]:
    return {f.vulnerability.id for f in found(opened, *packages)}


@pytest.mark.parametrize(
    ("version", "hit"),
    [("0.9", True), ("1.9.10", True), ("1.10", False), ("2.0rc1", False), ("2.0", True), ("2.5", True)],
)
def test_fixed_is_exclusive_and_last_affected_inclusive(tmp_path: Path, version: str, hit: bool) -> None:
    events = [{"introduced": "0"}, {"fixed": "1.10"}, {"introduced": "2.0"}, {"last_affected": "2.5"}]
    assert bool(ids(database(tmp_path, osv("GHSA-1", "PyPI", "x", events)), pypi("x", version))) is hit


def test_listed_versions_count_besides_intervals_and_alone(tmp_path: Path) -> None:
    opened = database(
        tmp_path,
        osv("GHSA-1", "PyPI", "x", since("0", "1.0"), versions=["2016.1"]),
        osv("GHSA-2", "PyPI", "y", versions=["1.0"]),
    )
    assert ids(opened, pypi("x", "2016.1"))
    assert ids(opened, pypi("y", "1.0.0"))
    assert not ids(opened, pypi("x", "2016.2"), pypi("y", "1.0.1"))


def test_the_same_name_in_another_ecosystem_is_another_package(tmp_path: Path) -> None:
    opened = database(tmp_path, osv("GHSA-1", "RubyGems", "openssl", since("0", "9")))
    assert not ids(opened, Package(ecosystem="Debian:12", name="openssl", version="1"), pypi("openssl", "1"))


def test_ids_of_one_vulnerability_are_one_finding_under_the_cve(tmp_path: Path) -> None:
    opened = database(
        tmp_path,
        osv("GHSA-aaaa", "PyPI", "x", since("0", "1.2"), aliases=["CVE-2024-1001"], severity=SCORE),
        osv("PYSEC-2024-1", "PyPI", "x", since("0", "1.3"), aliases=["CVE-2024-1001", "GHSA-aaaa"]),
        osv("PYSEC-2024-2", "PyPI", "x", since("0", "1.1"), aliases=["GHSA-bbbb"]),
    )
    one, two = found(opened, pypi("x", "1.0"))
    assert (one.vulnerability.id, two.vulnerability.id) == ("CVE-2024-1001", "GHSA-bbbb")
    assert set(one.vulnerability.related) == {"GHSA-aaaa", "PYSEC-2024-1"}
    # Sources disagree: the version that all call fixed, and who says what.
    assert one.packages[0].fixed_version == "1.3"
    assert one.packages[0].fixed_by == {"GHSA-aaaa": "1.2", "PYSEC-2024-1": "1.3"}
    assert one.packages[0].remediation == "pip install --upgrade 'x>=1.3'"
    assert (one.vulnerability.severity, one.vulnerability.score) == (Severity.CRITICAL, 9.8)
    assert two.vulnerability.severity is Severity.UNTRIAGED


def test_an_erratum_is_each_of_its_vulnerabilities_and_does_not_join_them(tmp_path: Path) -> None:
    opened = database(
        tmp_path,
        osv(
            "ALSA-2024:1",
            "AlmaLinux:9",
            "curl",
            since("0", "7.76.1-29.el9"),
            summary="Moderate: curl security update",
            related=["CVE-2024-1001", "CVE-2024-1002"],
        ),
    )
    package = Package(ecosystem="AlmaLinux:9", name="curl", version="7.76.1", release="26.el9")
    both = found(opened, package)
    assert [f.vulnerability.id for f in both] == ["CVE-2024-1001", "CVE-2024-1002"]
    assert {f.vulnerability.severity for f in both} == {Severity.MEDIUM}
    assert both[0].vulnerability.related == ("ALSA-2024:1",)
    assert both[0].packages[0].remediation == "dnf upgrade curl"
    assert not found(opened, Package(ecosystem="AlmaLinux:9", name="curl", version="7.76.1", release="29.el9"))


def test_a_distributions_backport_decides_and_its_source_package_is_asked(tmp_path: Path) -> None:
    opened = database(tmp_path, osv("CVE-2023-1001", "Debian:12", "shadow", since("0", "1:4.13+dfsg1-1+deb12u1")))

    def login(revision: str) -> Package:
        return Package(
            ecosystem="Debian:12", name="login", version="4.13+dfsg1", release=revision, epoch=1, source_name="shadow"
        )

    (finding,) = found(opened, login("1"))
    assert finding.packages[0].fixed_version == "1:4.13+dfsg1-1+deb12u1"
    assert not found(opened, login("1+deb12u1"))
    other = Package(ecosystem="Debian:11", name="login", version="4.8", source_name="shadow")
    assert not found(opened, other)


def test_what_a_distribution_packaged_is_spoken_for_by_the_distribution(tmp_path: Path) -> None:
    opened = database(tmp_path, osv("GHSA-1", "PyPI", "x", since("0", "2")))
    assert ids(opened, pypi("x", "1"))
    packaged = msgspec.structs.replace(pypi("x", "1"), distributed=True)
    assert not ids(opened, packaged)
    assert match([packaged], opened).unknown == ()


def test_module_streams_are_kept_apart(tmp_path: Path) -> None:
    opened = database(
        tmp_path,
        *(
            osv(
                f"ALSA-2024:{stream}",
                "AlmaLinux:8",
                "nodejs",
                since("0", f"1:{stream}.9.0-1.module_el8.9.0+1"),
                summary=f"Important: nodejs:{stream} security update",
                related=[f"CVE-2024-10{stream}"],
            )
            for stream in (18, 20)
        ),
    )

    def node(version: str, modularity: str, release: str = "1.module_el8.8.0+1") -> Package:
        return Package(
            ecosystem="AlmaLinux:8", name="nodejs", version=version, release=release, epoch=1, modularity=modularity
        )

    assert ids(opened, node("18.2.0", "nodejs:18:808:abc")) == {"CVE-2024-1018"}
    assert ids(opened, node("18.19.0", "nodejs:18:808:abc")) == set()
    assert ids(opened, node("10.0.0", "", "1.el8")) == set()


def test_red_hats_releases_count_only_where_both_sides_have_one(tmp_path: Path) -> None:
    events = [{"introduced": "0"}, {"last_affected": "1.0"}]
    opened = database(tmp_path, osv("RHSA-2024:1", "Red Hat:9", "x", events, related=["CVE-2024-1001"]))
    assert ids(opened, Package(ecosystem="Red Hat:9", name="x", version="1.0", release="7.el9"))
    assert not ids(opened, Package(ecosystem="Red Hat:9", name="x", version="1.1", release="1.el9"))


def test_a_package_without_a_version_has_nothing_and_one_without_advisories_is_unknown(tmp_path: Path) -> None:
    opened = database(tmp_path, osv("GHSA-1", "PyPI", "x", since("0", "1")))
    told = match([pypi("x", ""), pypi("y", "1"), pypi("x", "2")], opened)
    assert told.findings == ()
    assert told.unknown == (1,)


def test_a_finding_has_all_packages_and_says_how_far_an_upgrade_helps(tmp_path: Path) -> None:
    opened = database(
        tmp_path,
        osv("GHSA-1", "PyPI", "x", since("0", "1.1"), aliases=["CVE-2024-1001"]),
        osv("GHSA-2", "npm", "x", [{"introduced": "0"}], aliases=["CVE-2024-1001"]),
    )
    npm = Package(ecosystem="npm", name="x", version="1.0.0", manager=PackageManager.NPM)
    (both,) = found(opened, pypi("x", "1.0"), npm)
    assert (len(both.packages), both.fix_available) == (2, FixAvailable.PARTIAL)
    assert found(opened, npm)[0].fix_available is FixAvailable.NO
    assert found(opened, pypi("x", "1.0"))[0].fix_available is FixAvailable.YES


def test_exploitation_known_and_predicted_moves_what_comes_first(tmp_path: Path) -> None:
    entry = {"cveID": "CVE-2024-1002", "dateAdded": "2024-02-01", "dueDate": "2024-02-22", "requiredAction": "Update."}
    opened = database(
        tmp_path,
        osv("GHSA-1", "PyPI", "x", since("0", "1"), aliases=["CVE-2024-1001"]),
        osv("GHSA-2", "PyPI", "x", since("0", "1"), aliases=["CVE-2024-1002"]),
        kev_json=json.dumps({"catalogVersion": "1", "vulnerabilities": [entry]}),
        epss_csv="#model_version:v2025.03.14,score_date:2026-01-01T00:00:00+0000\ncve,epss,percentile\n"
        "CVE-2024-1001,0.6,0.98\n",
    )
    first, second = found(opened, pypi("x", "0.1"))
    assert (first.vulnerability.kev_added, first.vulnerability.exploit_available) == ("2024-02-01", True)
    assert (first.priority, second.priority) == (Priority.IMMEDIATE, Priority.URGENT)
    assert (second.vulnerability.epss, second.vulnerability.epss_model) == (0.6, "v2025.03.14")


def test_the_nvds_score_decides_unless_the_distributions_word_is_asked_for(tmp_path: Path) -> None:
    cve = {
        "id": "CVE-2024-1001",
        "metrics": {"cvssMetricV31": [{"source": "nvd@nist.gov", "cvssData": {"vectorString": CRITICAL}}]},
    }
    opened = database(
        tmp_path,
        osv(
            "ALSA-2024:1",
            "AlmaLinux:9",
            "x",
            since("0", "2"),
            summary="Low: x security update",
            related=["CVE-2024-1001"],
        ),
        nvd_json=json.dumps({"format": "NVD_CVE", "vulnerabilities": [{"cve": cve}]}),
    )
    package = Package(ecosystem="AlmaLinux:9", name="x", version="1", release="1")
    (nvd,) = found(opened, package)
    assert (nvd.vulnerability.severity, nvd.vulnerability.severity_source) == (Severity.CRITICAL, "NVD")
    (vendor,) = found(opened, package, vendor_severity=True)
    assert (vendor.vulnerability.severity, vendor.vulnerability.score) == (Severity.LOW, 9.8)


def test_a_vulnerability_is_found_by_any_of_its_ids(tmp_path: Path) -> None:
    opened = database(tmp_path, osv("GHSA-1", "PyPI", "x", since("0", "1"), aliases=["CVE-2024-1001"]))
    by_alias, by_cve = (vulnerability_of(opened, i) for i in ("GHSA-1", "CVE-2024-1001"))
    assert by_alias is not None
    assert by_alias == by_cve
    assert vulnerability_of(opened, "CVE-1999-0001") is None


@pytest.mark.parametrize(
    ("internet", "network", "score", "metric"),
    [(True, True, 9.8, ""), (False, True, 8.8, "A"), (False, False, 8.4, "L")],
)
def test_the_score_follows_what_can_be_reached(internet: bool, network: bool, score: float, metric: str) -> None:
    told = adjusted(CRITICAL, from_internet=internet, from_network=network)
    assert told is not None
    assert (told.score, told.vector.partition("/MAV:")[2]) == (score, metric)
    assert len(told.adjustments) == bool(metric)

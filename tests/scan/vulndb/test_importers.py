"""Every source's documents, in the form in which it documents them, become the right advisories."""

from __future__ import annotations

import json

import pytest
from tests.scan.sources import CRITICAL, advisories, osv, records, since

from garrison.scan.vulndb.importers.rustsec import vulnerable
from garrison.scan.vulndb.record import Exploited, Interval, NotUnderstood, Prediction


def test_osv_events_are_read_in_the_order_of_versions_whatever_their_sequence() -> None:
    events = [{"fixed": "2.10"}, {"introduced": "2.9"}, {"fixed": "1.2"}, {"introduced": "0"}]
    (advisory,) = advisories("a.json", json.dumps(osv("GHSA-1", "PyPI", "Flask_Thing", events)))
    assert advisory.affected[0].intervals == (Interval("", fixed="1.2"), Interval("2.9", fixed="2.10"))
    assert advisory.affected[0].name == "flask-thing"


def test_osv_last_affected_is_part_of_the_interval_and_git_ranges_say_nothing() -> None:
    document = osv("GHSA-2", "npm", "x", [{"introduced": "1.0.0"}, {"last_affected": "1.5.0"}])
    document["affected"][0]["ranges"].append({"type": "GIT", "events": [{"introduced": "0"}]})
    (advisory,) = advisories("a.json", json.dumps(document))
    assert advisory.affected[0].intervals == (Interval("1.0.0", last_affected="1.5.0"),)


def test_osv_in_yaml_is_read_and_anchors_are_not() -> None:
    text = "id: PYSEC-1\nmodified: 2024-01-02T03:04:05Z\naffected:\n- package: {ecosystem: PyPI, name: x}\n"
    text += "  ranges:\n  - type: ECOSYSTEM\n    events:\n    - introduced: '0'\n    - fixed: '1.0'\n"
    (advisory,) = advisories("PYSEC-1.yaml", text)
    assert advisory.modified == "2024-01-02T03:04:05Z"
    assert advisory.affected[0].intervals == (Interval("", fixed="1.0"),)
    with pytest.raises(NotUnderstood):
        advisories("b.yaml", "id: PYSEC-2\na: &a [x, x]\nb: [*a, *a]\n")


def test_an_erratum_covers_vulnerabilities_and_knows_its_module_stream() -> None:
    document = osv(
        "ALSA-2024:1",
        "AlmaLinux:8",
        "nodejs",
        since("0", "1:18.20.2-1.module_el8.9.0+3767"),
        summary="Important: nodejs:18 security update",
        related=["CVE-2024-1001", "CVE-2024-1002"],
    )
    (advisory,) = advisories("a.json", json.dumps(document))
    assert advisory.covers == ("CVE-2024-1001", "CVE-2024-1002")
    assert advisory.severity == "important"
    assert advisory.affected[0].module == "nodejs:18"


def test_red_hats_ecosystems_lose_their_repository() -> None:
    document = osv("RHSA-2024:1", "Red Hat:enterprise_linux:9::appstream", "x", since("0", "0:1-1.el9"))
    assert advisories("a.json", json.dumps(document))[0].affected[0].ecosystem == "Red Hat:9"


def test_a_record_of_a_distribution_is_the_vulnerability_it_has_as_upstream() -> None:
    document = osv("DEBIAN-CVE-2024-1001", "Debian:12", "x", since("0", "1-1"), upstream=["CVE-2024-1001"])
    (advisory,) = advisories("a.json", json.dumps(document))
    assert advisory.aliases == ("CVE-2024-1001",)
    assert not advisory.covers


@pytest.mark.parametrize("form", ["main.json", "main.yaml"])
def test_alpine_secdb_is_read_in_both_forms(form: str) -> None:
    document = {
        "apkurl": "{{urlprefix}}/{{distroversion}}/{{reponame}}/{{arch}}/{{pkg.name}}-{{pkg.ver}}.apk",
        "archs": ["x86_64"],
        "reponame": "main",
        "urlprefix": "https://dl-cdn.alpinelinux.org/alpine",
        "distroversion": "v3.19",
        "packages": [
            {"pkg": {"name": "curl", "secfixes": {"8.4.0-r0": ["CVE-2023-38545 XSA-1"], "0": ["CVE-2021-1"]}}}
        ],
    }
    (advisory,) = advisories(form, json.dumps(document))
    assert advisory.id == "CVE-2023-38545"
    assert advisory.aliases == ("XSA-1",)
    assert advisory.affected[0].ecosystem == "Alpine:v3.19"
    assert advisory.affected[0].intervals == (Interval("", fixed="8.4.0-r0"),)


def test_debians_tracker_is_read_with_what_is_open_resolved_and_never_was() -> None:
    def release(status: str, **more: str) -> dict[str, object]:
        return {"status": status, "repositories": {"bookworm": "1.0-1"}, "urgency": "low", **more}

    document = {
        "curl": {
            "CVE-2024-1001": {
                "scope": "local",
                "description": "a flaw",
                "releases": {
                    "bookworm": release("resolved", fixed_version="7.88.1-10+deb12u5"),
                    "bullseye": release("open", nodsa="Minor issue", nodsa_reason="ignored"),
                    "sid": release("resolved", fixed_version="0"),
                },
            }
        }
    }
    (advisory,) = advisories("data.json", json.dumps(document))
    told = {a.ecosystem: a for a in advisory.affected}
    assert set(told) == {"Debian:12", "Debian:11"}
    assert told["Debian:12"].intervals == (Interval("", fixed="7.88.1-10+deb12u5"),)
    assert told["Debian:11"].intervals == (Interval(),)
    assert told["Debian:11"].not_fixed == "ignored"
    assert advisory.severity == "low"


def test_csaf_names_package_platform_module_and_what_will_not_be_fixed() -> None:
    def product(identifier: str, name: str, **helper: str) -> dict[str, object]:
        return {"product": {"product_id": identifier, "name": name, "product_identification_helper": helper}}

    def joined(platform: str, package: str) -> dict[str, object]:
        whole = {"product_id": f"{platform}:{package}", "name": "x"}
        return {
            "category": "default_component_of",
            "full_product_name": whole,
            "product_reference": package,
            "relates_to_product_reference": platform,
        }

    platform = product("AppStream-9", "RHEL 9", cpe="cpe:/a:redhat:enterprise_linux:9::appstream")
    fixed = product(
        "nodejs-1:18.20-1.x86_64",
        "nodejs",
        purl="pkg:rpm/redhat/nodejs@18.20-1?arch=x86_64&epoch=1&rpmmod=nodejs:18:900:abc",
    )
    open_ = product("ruby", "ruby", purl="pkg:rpm/redhat/ruby")
    document = {
        "document": {
            "csaf_version": "2.0",
            "tracking": {"id": "CVE-2024-1001", "current_release_date": "2024-05-01T00:00:00Z"},
            "aggregate_severity": {"text": "Important"},
        },
        "product_tree": {
            "branches": [{"branches": [platform, fixed, open_]}],
            "relationships": [joined("AppStream-9", "nodejs-1:18.20-1.x86_64"), joined("AppStream-9", "ruby")],
        },
        "vulnerabilities": [
            {
                "cve": "CVE-2024-1001",
                "product_status": {
                    "fixed": ["AppStream-9:nodejs-1:18.20-1.x86_64"],
                    "known_affected": ["AppStream-9:ruby"],
                },
                "remediations": [{"category": "no_fix_planned", "product_ids": ["AppStream-9:ruby"]}],
                "scores": [{"cvss_v3": {"vectorString": CRITICAL}}],
            }
        ],
    }
    (advisory,) = advisories("cve-2024-1.json", json.dumps(document))
    first, second = advisory.affected
    assert (first.ecosystem, first.name, first.module) == ("Red Hat:9", "nodejs", "nodejs:18")
    assert first.intervals == (Interval("", fixed="1:18.20-1"),)
    assert (second.name, second.intervals, second.not_fixed) == ("ruby", (Interval(),), "no_fix_planned")
    assert advisory.severity == "important"
    assert advisory.cvss[0].vector == CRITICAL


OVAL = """<?xml version="1.0"?>
<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5"><definitions>
<definition class="patch" id="oval:com.redhat.rhsa:def:1"><metadata><title>RHSA-2024:1: ruby:3.1 (Important)</title>
<affected family="unix"><platform>Red Hat Enterprise Linux 8</platform></affected>
<reference ref_id="RHSA-2024:1" ref_url="https://example.com/1" source="RHSA"/>
<reference ref_id="CVE-2024-1001" source="CVE"/><reference ref_id="CVE-2024-1002" source="CVE"/>
<advisory><severity>Important</severity><issued date="2024-02-03"/></advisory></metadata>
<criteria operator="AND"><criterion comment="Module ruby:3.1 is enabled" test_ref="t9"/>
<criteria operator="OR"><criterion comment="ruby is earlier than" test_ref="t1"/></criteria></criteria></definition>
</definitions><tests><rpminfo_test xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5#linux" id="t1">
<object object_ref="o1"/><state state_ref="s1"/></rpminfo_test></tests>
<objects><rpminfo_object xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5#linux" id="o1">
<name>ruby</name></rpminfo_object></objects>
<states><rpminfo_state xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5#linux" id="s1">
<evr datatype="evr_string" operation="less than">0:3.1.4-142.module+el8</evr></rpminfo_state></states>
</oval_definitions>"""


def test_oval_is_read_with_package_bound_module_and_what_it_covers() -> None:
    (advisory,) = advisories("rhel-8.oval.xml", OVAL)
    (affected,) = advisory.affected
    assert (affected.ecosystem, affected.name, affected.module) == ("Red Hat:8", "ruby", "ruby:3.1")
    assert affected.intervals == (Interval("", fixed="0:3.1.4-142.module+el8"),)
    assert (advisory.id, advisory.covers, advisory.severity) == (
        "RHSA-2024:1",
        ("CVE-2024-1001", "CVE-2024-1002"),
        "important",
    )


def test_oval_with_a_document_type_is_refused() -> None:
    with pytest.raises(NotUnderstood):
        records("x.xml", OVAL.replace("<oval_def", '<!DOCTYPE x [<!ENTITY a "b">]><oval_def', 1))


RUSTSEC = """```toml
[advisory]
id = "RUSTSEC-2024-0001"
package = "thing"
date = "2024-01-02"
aliases = ["CVE-2024-1009"]
{more}
[versions]
patched = [">= 1.2.3", "^1.1.5"]
unaffected = ["< 1.0.0"]
```

# A title

What is wrong.
"""


def test_rustsec_is_turned_round_and_notices_are_no_vulnerabilities() -> None:
    (advisory,) = advisories("RUSTSEC-2024-0001.md", RUSTSEC.format(more=""))
    assert advisory.affected[0].intervals == (Interval("1.0.0", fixed="1.1.5"),)
    assert advisory.summary == "A title"
    assert not advisories("RUSTSEC-2024-0001.md", RUSTSEC.format(more='informational = "unmaintained"'))


@pytest.mark.parametrize(
    ("safe", "intervals"),
    [
        ([], [Interval()]),
        ([">= 1.0"], [Interval("", fixed="1.0")]),
        (["0.4.5"], [Interval("", fixed="0.4.5"), Interval("0.5.0-0")]),
        (["~1.2.3", ">= 2"], [Interval("", fixed="1.2.3"), Interval("1.3.0-0", fixed="2")]),
        (["> 1.0.0"], [Interval("", fixed="1.0.1-0")]),
        (["=1.0.0"], [Interval("", fixed="1.0.0"), Interval("1.0.1-0")]),
        (["< 1.0, >= 0.5", ">= 2.0.0"], [Interval("", fixed="0.5"), Interval("1.0", fixed="2.0.0")]),
    ],
)
def test_what_is_left_of_all_versions_is_vulnerable(safe: list[str], intervals: list[Interval]) -> None:
    assert vulnerable(safe) == intervals


def test_kev_is_read_as_json_and_as_csv() -> None:
    entry = {
        "cveID": "CVE-2021-44228",
        "dateAdded": "2021-12-10",
        "dueDate": "2021-12-24",
        "requiredAction": "Update.",
        "knownRansomwareCampaignUse": "Known",
    }
    wanted = Exploited(cve="CVE-2021-44228", added="2021-12-10", due="2021-12-24", action="Update.", ransomware=True)
    assert records("kev.json", json.dumps({"catalogVersion": "1", "vulnerabilities": [entry]})) == [wanted]
    assert records("kev.csv", ",".join(entry) + "\n" + ",".join(entry.values()) + "\n") == [wanted]


def test_epss_is_read_with_its_model_and_day_and_impossible_scores_are_refused() -> None:
    head = "#model_version:v2025.03.14,score_date:2026-01-01T00:00:00+0000\ncve,epss,percentile\n"
    (found,) = records("epss.csv", head + "CVE-2021-44228,0.97,0.999\n")
    assert found == Prediction(
        cve="CVE-2021-44228", score=0.97, percentile=0.999, model="v2025.03.14", date="2026-01-01T00:00:00+0000"
    )
    with pytest.raises(NotUnderstood):
        records("epss.csv", head + "CVE-2021-44228,9.7,0.999\n")


def test_the_nvd_says_how_bad_it_is_and_not_what_has_it() -> None:
    cve = {
        "id": "CVE-2021-44228",
        "published": "2021-12-10T10:15:09.143",
        "descriptions": [{"lang": "en", "value": "Log4Shell"}],
        "metrics": {"cvssMetricV31": [{"source": "nvd@nist.gov", "cvssData": {"vectorString": CRITICAL}}]},
        "weaknesses": [{"description": [{"lang": "en", "value": "CWE-917"}]}],
        "configurations": [{"nodes": []}],
    }
    (advisory,) = advisories("nvd.json", json.dumps({"format": "NVD_CVE", "vulnerabilities": [{"cve": cve}]}))
    assert (advisory.cvss[0].source, advisory.cwes, advisory.affected) == ("NVD", (917,), ())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"id": 5, "affected": []}'),
        ("a.json", '{"id": "x", "affected": [{"package": 7}]}'),
        ("a.yaml", "id: [\n"),
        ("main.yaml", "distroversion: v3\nreponame: main\npackages: 5\n"),
        ("data.json", '{"curl": {"CVE-1": {"releases": 5, "repositories": 1, "status": 2}}}'),
        ("x.json", '{"document": {"csaf_version": "2.0"}}'),
        ("x.xml", "<oval_definitions"),
        ("x.md", "```toml\n[advisory]\nid = 1\n```\n"),
        ("kev.json", '{"catalogVersion": 1, "vulnerabilities": [{"cveID": "nothing"}]}'),
        ("nvd.json", '{"format": "NVD_CVE", "vulnerabilities": 1}'),
    ],
)
def test_a_malformed_document_is_refused_in_words(name: str, text: str) -> None:
    with pytest.raises(NotUnderstood, match=r"\w"):
        records(name, text)

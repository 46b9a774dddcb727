"""`garrison scan` and `garrison inspector db`, as people and pipelines run them: no server."""

from __future__ import annotations

import http.server
import json
import re
import socket
import sqlite3
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner, Result

from garrison.cli.main import cli
from garrison.scan.sbom_scan import SbomRejected, scan_sbom
from tests.scan.sources import CRITICAL, database, osv, since

DOCUMENTS = (
    osv(
        "GHSA-1",
        "PyPI",
        "thing",
        since("0", "1.5"),
        aliases=["CVE-2024-1001"],
        severity=[{"type": "CVSS_V3", "score": CRITICAL}],
        summary="Thing <b>does</b> too much",
    ),
    osv(
        "GHSA-2",
        "PyPI",
        "other",
        [{"introduced": "0"}],
        aliases=["CVE-2024-1002"],
        database_specific={"severity": "LOW"},
    ),
    osv("CVE-2023-1003", "Ubuntu:22.04:LTS", "shadow", since("0", "1:4.8.1-2ubuntu2.2")),
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with pins, and a database that knows what is wrong with them; the working directory is an empty one."""
    monkeypatch.setenv("GARRISON_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GARRISON_INSPECTOR_DATABASE", str(tmp_path / "v.db"))
    database(tmp_path, *DOCUMENTS).close()
    project = tmp_path / "project"
    project.mkdir()
    (project / "requirements.txt").write_text("thing==1.0\nother==2.0\nfine==1.0\n")
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    return project


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def report(*arguments: str | Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run("scan", *arguments, "-o", "json").stdout)
    return told


def test_a_project_is_scanned_and_the_age_of_the_database_told(place: Path) -> None:
    told = report(place)
    assert [f["id"] for f in told["findings"]] == ["CVE-2024-1001", "CVE-2024-1002"]
    assert told["findings"][0]["packages"][0]["remediation"] == "pip install --upgrade 'thing>=1.5'"
    assert told["counts"]["critical"] == 1
    assert told["complete"] is True
    assert told["packages_without_advisories"] == 1
    assert told["database"]["age_seconds"] < 3600
    done = run("scan", place)
    assert "CVE-2024-1001" in done.stdout
    assert re.search(r"Database of 3 advisories, built less than an hour ago", done.stderr)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 0),
        (("--fail-on", "critical"), 1),
        (("--fail-on", "exploited"), 0),
        (("--fail-on", "low", "--ignore-unfixed"), 1),
        (("--max-age", "1"), 0),
        (("--fail-on", "worse"), 2),
    ],
)
def test_exit_codes_say_what_was_found(place: Path, options: tuple[str, ...], code: int) -> None:
    assert run("scan", place, *options).exit_code == code


def test_a_database_older_than_allowed_is_no_success(place: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "v.db")) as connection, connection:
        connection.execute("UPDATE property SET value = '2020-01-01T00:00:00+00:00' WHERE name = 'built'")
    done = run("scan", place, "--max-age", "1")
    assert (done.exit_code, "older than 1 days" in done.stderr) == (3, True)


def test_an_incomplete_inventory_is_no_success(place: Path) -> None:
    (place / "package-lock.json").write_text('{"lockfileVersion": 3, "packages": {')
    done = run("scan", place)
    assert done.exit_code == 3
    assert "NOT COMPLETE" in done.stderr
    assert run("scan", place, "--fail-on", "high").exit_code == 1


def test_what_is_ignored_is_told_with_its_reason_and_counts_again_when_it_ends(place: Path) -> None:
    file = Path(".garrison-ignore.yaml")
    file.write_text("ignore:\n- {id: CVE-2024-1001, reason: never called, until: 2999-01-01}\n")
    assert run("scan", place, "--fail-on", "high").exit_code == 0
    assert report(place)["findings"][0]["suppressed"]["reason"] == "never called"
    file.write_text("ignore:\n- {id: CVE-2024-1001, reason: never called, until: 2020-01-01}\n")
    done = run("scan", place, "--fail-on", "high")
    assert done.exit_code == 1
    assert "ended on 2020-01-01" in done.stderr
    file.write_text("ignore:\n- {id: CVE-2024-1001}\n")
    assert run("scan", place).exit_code == 2


def test_sarif_cyclonedx_and_html_say_the_same(place: Path) -> None:
    log = json.loads(run("scan", place, "-o", "sarif").stdout)["runs"][0]
    assert {r["ruleId"] for r in log["results"]} == {"CVE-2024-1001", "CVE-2024-1002"}
    assert log["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "requirements.txt"
    assert log["tool"]["driver"]["rules"][0]["properties"]["security-severity"] == "9.8"
    bom = json.loads(run("scan", place, "-o", "cyclonedx").stdout)
    refs = {c["bom-ref"]: c["name"] for c in bom["components"]}
    assert [refs[v["affects"][0]["ref"]] for v in bom["vulnerabilities"]] == ["thing", "other"]
    page = run("scan", place, "-o", "html").stdout
    assert "CVE-2024-1001" in page
    assert "<b>does</b>" not in page


def test_a_scan_of_its_own_bill_of_materials_finds_the_same(place: Path, tmp_path: Path) -> None:
    bom = tmp_path / "bom.json"
    bom.write_text(run("scan", place, "-o", "cyclonedx").stdout)
    assert [f["id"] for f in report(bom)["findings"]] == ["CVE-2024-1001", "CVE-2024-1002"]


@pytest.mark.parametrize("text", ["", "{", '{"bomFormat": "CycloneDX", "components": 5', "<bom"])
def test_a_malformed_bill_of_materials_is_no_success(place: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "bom.json").write_text(text)
    done = run("scan", tmp_path / "bom.json")
    assert done.exit_code == 3
    assert "Traceback" not in done.output


def test_without_a_database_it_says_how_to_get_one(place: Path, tmp_path: Path) -> None:
    done = run("scan", place, "--database", tmp_path / "none.db")
    assert done.exit_code == 3
    assert "garrison inspector db update" in done.stderr
    (tmp_path / "v.db").write_bytes((tmp_path / "v.db").read_bytes()[:5000])
    done = run("scan", place)
    assert done.exit_code == 3
    assert "cut off" in done.stderr or "cannot be used" in done.stderr


def test_a_bundle_brings_the_database_to_another_machine(place: Path, tmp_path: Path) -> None:
    assert run("inspector", "db", "export", tmp_path / "b.tar.gz").exit_code == 0
    there = ("--database", tmp_path / "there" / "v.db")
    refused = run("inspector", "db", "import", tmp_path / "b.tar.gz", *there)
    assert (refused.exit_code, "not signed by a trusted key" in refused.stderr) == (3, True)
    trusted = run("inspector", "db", "import", tmp_path / "b.tar.gz", "--trust", tmp_path / "b.pub.pem", *there)
    assert trusted.exit_code == 0
    assert run("inspector", "db", "import", tmp_path / "b.tar.gz", *there).exit_code == 0
    assert run("inspector", "db", "verify", *there).exit_code == 0
    assert json.loads(run("inspector", "db", "status", "-o", "json", *there).stdout)["advisories"] == 3


class Feeds(http.server.BaseHTTPRequestHandler):
    """Serves one file, breaks off when told to, knows ETag and Range."""

    data = b""
    etag = '"1"'
    cut: int | None = None
    seen: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self) -> None:
        self.seen.append((self.headers.get("If-None-Match", ""), self.headers.get("Range", "")))
        if self.path != "/feed.zip":
            self.send_error(503)
            return
        if self.headers.get("If-None-Match") == self.etag:
            self.send_response(304)
            self.end_headers()
            return
        start = 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and self.headers.get("If-Range") == self.etag:
            start = int(asked[1])
        body = self.data[start:]
        self.send_response(206 if start else 200)
        self.send_header("ETag", self.etag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if self.cut is None else body[: self.cut])

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def feeds(tmp_path: Path) -> Iterator[Path]:
    archive = tmp_path / "made.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for document in DOCUMENTS:
            zipped.writestr(f"{document['id']}.json", json.dumps(document))
    Feeds.data, Feeds.etag, Feeds.cut, Feeds.seen = archive.read_bytes(), '"1"', None, []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Feeds) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        listing = tmp_path / "feeds.toml"
        url = f"http://127.0.0.1:{server.server_port}"
        listing.write_text(f'[one]\nurl = "{url}/feed.zip"\n[two]\nurl = "{url}/none.zip"\ndefault = false\n')
        yield listing
        server.shutdown()


def test_an_update_asks_only_for_what_changed(place: Path, feeds: Path) -> None:
    update = ("inspector", "db", "update", "--feeds", feeds, "-o", "json")
    assert json.loads(run(*update).stdout)["feeds"] == [{"feed": "one", "records": 3, "result": "updated"}]
    assert json.loads(run(*update).stdout)["feeds"] == [{"feed": "one", "records": 3, "result": "unchanged"}]
    assert Feeds.seen[-1][0] == '"1"'
    Feeds.etag = '"2"'
    assert json.loads(run(*update).stdout)["feeds"][0]["result"] == "updated"


def test_an_update_goes_on_where_the_last_broke_off(place: Path, feeds: Path) -> None:
    Feeds.cut = 300
    broken = run("inspector", "db", "update", "--feeds", feeds)
    assert broken.exit_code == 3
    assert "the next update goes on" in broken.stderr
    Feeds.cut = None
    assert run("inspector", "db", "update", "--feeds", feeds).exit_code == 0
    assert Feeds.seen[-1][1] == "bytes=300-"


def test_a_feed_that_fails_leaves_the_others_and_is_told(place: Path, feeds: Path) -> None:
    done = run("inspector", "db", "update", "--feeds", feeds, "one", "two")
    assert done.exit_code == 3
    assert "answered 503" in done.stderr
    assert json.loads(run("inspector", "db", "status", "-o", "json").stdout)["sources"][0]["name"] == "one"


def sbom(*components: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": "urn:uuid:1", **more} | {
        "components": list(components)
    }


LOGIN = "pkg:deb/ubuntu/login@4.8.1-2ubuntu2.1?arch=amd64&distro=jammy&epoch=1&source=shadow"
COMPONENTS = (
    {"bom-ref": "c1", "type": "library", "name": "login", "version": "1", "purl": LOGIN, "hashes": []},
    {
        "bom-ref": "c2",
        "type": "application",
        "name": "app",
        "components": [
            {
                "bom-ref": "c3",
                "type": "library",
                "name": "thing",
                "version": "1.5",
                "purl": "pkg:pypi/thing@1.5",
                "properties": [{"name": "amazon:inspector:sbom_generator:source_path", "value": "app/x"}],
            }
        ],
    },
    {"bom-ref": "c4", "type": "library", "name": "bad", "purl": "pkg:npm/"},
    {"bom-ref": "c5", "type": "library", "name": "new", "version": "1", "purl": "pkg:pypi/new@1"},
)
SCANNER = "amazon:inspector:sbom_scanner:"


def test_scan_sbom_answers_in_cyclonedx_as_inspector_does(tmp_path: Path) -> None:
    with database(tmp_path, *DOCUMENTS) as opened:
        told = scan_sbom(sbom(*COMPONENTS), database=opened)
    assert list(told) == ["bomFormat", "specVersion", "serialNumber", "metadata", "components", "vulnerabilities"]
    assert [(p["name"].removeprefix(SCANNER), p["value"]) for p in told["metadata"]["properties"]] == [
        ("critical_vulnerabilities", "0"),
        ("high_vulnerabilities", "0"),
        ("medium_vulnerabilities", "0"),
        ("low_vulnerabilities", "0"),
        ("other_vulnerabilities", "1"),
    ]
    (service,) = told["metadata"]["tools"]["services"]
    assert service["name"] == "Amazon Inspector Scan SBOM API"
    assert re.fullmatch(r"[0-9a-f]{8}\+[0-9a-f]{8}\+[0-9a-f]{8}", service["version"])
    first, second, third, fourth = told["components"]
    assert first == {"bom-ref": "c1", "type": "library", "name": "login", "version": "1", "purl": LOGIN}
    assert second["properties"] == [{"name": f"{SCANNER}warning", "value": "Component skipped: no purl provided."}]
    assert second["components"][0]["properties"] == [
        {"name": f"{SCANNER}path", "value": "app/x"},
        {"name": f"{SCANNER}info", "value": "Component scanned: no vulnerabilities found."},
    ]
    assert third["properties"] == [{"name": f"{SCANNER}warning", "value": "Component skipped: invalid purl."}]
    assert fourth["properties"] == [{"name": f"{SCANNER}info", "value": "Component skipped: no rules found."}]
    (found,) = told["vulnerabilities"]
    assert (found["bom-ref"], found["id"], found["affects"]) == ("vuln-1", "CVE-2023-1003", [{"ref": "c1"}])
    assert found["source"] == {"name": "NVD", "url": "https://nvd.nist.gov/vuln/detail/CVE-2023-1003"}
    assert found["ratings"] == [{"source": {"name": "AMAZON_INSPECTOR"}, "severity": "unknown", "method": "other"}]
    assert found["analysis"] == {"state": "in_triage"}
    assert {"name": f"{SCANNER}fixed_version:c1", "value": "1:4.8.1-2ubuntu2.2"} in found["properties"]


def test_scan_sbom_answers_in_inspectors_form_too(tmp_path: Path) -> None:
    with database(tmp_path, *DOCUMENTS) as opened:
        told = scan_sbom(sbom(*COMPONENTS), "INSPECTOR", database=opened)
        nothing = scan_sbom(sbom(), database=opened)
    assert told["vulnerability_count"] == {"critical": 0, "high": 0, "medium": 0, "low": 0, "other": 1}
    assert told["messages"] == [
        {"warning_message": "Component skipped: no purl provided.", "name": "app"},
        {"info_message": "Component scanned: no vulnerabilities found.", "purl": "pkg:pypi/thing@1.5"},
        {"warning_message": "Component skipped: invalid purl.", "purl": "pkg:npm/"},
        {"info_message": "Component skipped: no rules found.", "purl": "pkg:pypi/new@1"},
    ]
    assert told["vulnerabilities"][0]["affects"] == [
        {"installed_version": LOGIN, "fixed_version": "1:4.8.1-2ubuntu2.2"}
    ]
    assert "vulnerabilities" not in nothing


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "CANNOT_PARSE"),
        ({"bomFormat": "CycloneDX", "specVersion": "1.4"}, "UNSUPPORTED_SBOM_TYPE"),
        ({"spdxVersion": "SPDX-2.3"}, "UNSUPPORTED_SBOM_TYPE"),
        (sbom() | {"components": 5}, "CANNOT_PARSE"),
        (sbom() | {"components": [5]}, "CANNOT_PARSE"),
        (sbom(*({"name": "x"} for _ in range(5001))), "FIELD_VALIDATION_FAILED"),
    ],
)
def test_scan_sbom_rejects_what_inspector_does_not_take(tmp_path: Path, document: Any, reason: str) -> None:
    with database(tmp_path, *DOCUMENTS) as opened, pytest.raises(SbomRejected) as rejected:
        scan_sbom(document, database=opened)
    assert rejected.value.reason == reason


def test_a_host_is_shown_with_what_can_be_reached(tmp_path: Path) -> None:
    database(tmp_path, osv("CVE-2024-9", "PyPI", "nothing", since("0", "1"))).close()
    with socket.create_server(("0.0.0.0", 0)) as listening:
        port = listening.getsockname()[1]
        asked = ["scan", "host", "--database", str(tmp_path / "v.db"), "--behind-firewall"]
        told = CliRunner().invoke(cli, [*asked, "-o", "json"])
        table = CliRunner().invoke(cli, asked)
    exposed = json.loads(told.stdout)["reachability"]["exposures"]
    (one,) = [e for e in exposed if e["begin"] <= port <= e["end"] and e["protocol"] == "TCP"]
    assert one["origin"] in ("NETWORK", "BLOCKED")
    assert str(port) in table.stdout

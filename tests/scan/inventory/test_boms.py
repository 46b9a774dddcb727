from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from garrison.scan.inventory import Inventory, Package, TargetError, TargetKind, purl, scan_target
from garrison.scan.inventory.sbom import cyclonedx, read, spdx

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

JSON = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "components": [
        {"bom-ref": "a", "type": "library", "name": "x", "version": "1", "purl": "pkg:npm/%40babel/core@7.24.0",
         "components": [{"bom-ref": "a/b", "name": "inner", "purl": "pkg:pypi/Django@3.2.1"}],
         "properties": [{"name": "amazon:inspector:sbom_generator:source_path", "value": "/app/x"}]},
        {"bom-ref": "os", "type": "operating-system", "name": "debian"},
        {"bom-ref": "bad", "name": "bad", "purl": "pkg:npm/"},
        {"bom-ref": "odd", "name": "odd", "purl": "pkg:oddity/thing@1"},
        {"bom-ref": 5, "name": None, "purl": ["x"], "components": "no", "properties": [1, {"name": 1}]},
    ],
}  # fmt: skip
XML = """<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.4" version="1">
<metadata><component type="application" bom-ref="root"><name>app</name><purl>pkg:npm/app@1</purl></component></metadata>
<components><component type="library" bom-ref="a"><name>core</name><version>7.24.0</version>
<purl>pkg:npm/%40babel/core@7.24.0</purl><components><component bom-ref="a/b"><name>inner</name>
<purl>pkg:pypi/Django@3.2.1</purl></component></components></component></components></bom>"""
SPDX = {
    "spdxVersion": "SPDX-2.3",
    "SPDXID": "SPDXRef-DOCUMENT",
    "packages": [
        {"SPDXID": "SPDXRef-root", "name": "image"},
        {"SPDXID": "SPDXRef-1", "name": "core", "externalRefs": [
            {"referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:x"},
            {"referenceCategory": "PACKAGE_MANAGER", "referenceType": "purl",
             "referenceLocator": "pkg:npm/%40babel/core@7.24.0"}]},
        {"SPDXID": "SPDXRef-2", "name": "django", "externalRefs": [
            {"referenceType": "purl", "referenceLocator": "pkg:pypi/Django@3.2.1"}]},
    ],
    "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                       "relatedSpdxElement": "SPDXRef-root"}],
}  # fmt: skip
TAGS = """SPDXVersion: SPDX-2.2
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-root
PackageName: image
SPDXID: SPDXRef-root
PackageComment: <text>many
PackageName: not one
</text>
PackageName: core
SPDXID: SPDXRef-1
PackageVersion: 7.24.0
ExternalRef: PACKAGE-MANAGER purl pkg:npm/%40babel/core@7.24.0
PackageName: django
SPDXID: SPDXRef-2
ExternalRef: PACKAGE-MANAGER purl pkg:pypi/Django@3.2.1
FileName: ./x
SPDXID: SPDXRef-3
"""
BOTH = {("npm", "@babel/core", "7.24.0"), ("PyPI", "django", "3.2.1")}


@pytest.mark.parametrize(
    "document",
    [json.dumps(JSON).encode(), XML.encode(), json.dumps(SPDX).encode(), TAGS.encode(), b"\xef\xbb\xbf" + TAGS.encode(),
     json.dumps(JSON).encode("utf-16")],
    ids=["cyclonedx", "cyclonedx-xml", "spdx", "spdx-tags", "with a mark", "utf-16"],
)  # fmt: skip
def test_bills_of_materials_are_read_in_every_form(tmp_path: Path, document: bytes) -> None:
    (tmp_path / "bom").write_bytes(document)
    inventory = scan_target(tmp_path / "bom")
    assert inventory.kind is TargetKind.SBOM
    assert {(p.ecosystem, p.name, p.version) for p in inventory.packages if p.ecosystem} == BOTH
    assert inventory.complete


def test_odd_components_are_kept_in_order_with_a_reason() -> None:
    with_a_text = {**JSON, "components": [*JSON["components"], "not a component"]}
    assert [(part.ref, part.reason) for part in cyclonedx.components(with_a_text)] == [
        ("a", ""),
        ("a/b", ""),
        ("os", "no purl"),
        ("bad", "invalid purl"),
        ("odd", "unknown type"),
        ("", "no purl"),
        ("", "no object"),
    ]
    first = next(iter(cyclonedx.components(JSON))).package
    assert first is not None
    assert first.path == "/app/x"


@pytest.mark.parametrize(
    "document", [b'{"a": 1}', b"[]", b"<bom", b"<x/>", b"SPDXVersion: SPDX-3.0\n", b"hello", b"\xff\xfe"]
)
def test_what_is_no_bill_of_materials_says_so(document: bytes) -> None:
    with pytest.raises(TargetError, match=r"^thing: "):
        read(document, target="thing")


@pytest.mark.parametrize(
    ("text", "ecosystem", "name", "version", "matched"),
    [
        ("pkg:deb/ubuntu/login@4.8.1-2ubuntu2.1?arch=amd64&distro=jammy&epoch=1&source=shadow", "Ubuntu:22.04:LTS",
         "login", "1:4.8.1-2ubuntu2.1", "shadow"),
        ("pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&upstream=openssl&distro=debian-12", "Debian:12", "libssl3",
         "3.0.11-1~deb12u2", "openssl"),
        ("pkg:deb/debian/login@1%3A4.13%2Bdfsg1-1?distro=debian-12.5", "Debian:12", "login", "1:4.13+dfsg1-1", "login"),
        ("pkg:apk/alpine/libcrypto3@3.1.4-r2?arch=x86_64&distro=3.18.2&upstream=openssl", "Alpine:v3.18", "libcrypto3",
         "3.1.4-r2", "openssl"),
        ("pkg:rpm/redhat/bind-libs@9.16.23-18.el9?arch=x86_64&epoch=32&upstream=bind-9.16.23-18.el9.src.rpm&distro=rhel-9.4",
         "Red Hat:9", "bind-libs", "32:9.16.23-18.el9", "bind"),
        ("pkg:rpm/amzn/curl@8.3.0-1?distro=amzn-2023", "Amazon Linux:2023", "curl", "8.3.0-1", "curl"),
        ("pkg:rpm/amazon/curl@8.3.0-1.amzn2023?distro=2023", "Amazon Linux:2023", "curl", "8.3.0-1.amzn2023", "curl"),
        ("pkg:rpm/opensuse/x@1-1?distro=opensuse-leap-15.5", "openSUSE:Leap 15.5", "x", "1-1", "x"),
        ("pkg:npm/@angular/core@1.0.0", "npm", "@angular/core", "1.0.0", "@angular/core"),
        ("pkg:maven/org.apache/x@1?type=jar", "Maven", "org.apache:x", "1", "org.apache:x"),
        ("pkg:golang/golang.org/x/net@v0.17.0", "Go", "golang.org/x/net", "0.17.0", "golang.org/x/net"),
        ("pkg:golang/stdlib@go1.21.6", "Go", "stdlib", "1.21.6", "stdlib"),
        ("pkg:pypi/Zope_Interface@5", "PyPI", "zope-interface", "5", "zope-interface"),
        ("pkg:composer/Monolog/monolog@v2.0", "Packagist", "monolog/monolog", "2.0", "monolog/monolog"),
    ],
)  # fmt: skip
def test_package_urls_are_understood_in_the_dialects_of_the_generators(
    text: str, ecosystem: str, name: str, version: str, matched: str
) -> None:
    package = purl.package_of_purl(text)
    assert package is not None
    assert (package.ecosystem, package.name, package.native_version, package.matched_name) == (
        ecosystem,
        name,
        version,
        matched,
    )
    assert package.purl == text


@pytest.mark.parametrize("text", ["", "npm/x@1", "pkg:", "pkg:npm", "pkg:npm/", "pkg:/x", "pkg:n pm/x", "pkg://@1"])
def test_what_is_no_package_url_is_none(text: str) -> None:
    assert purl.package_of_purl(text) is None


def _inventory(tmp_path: Path) -> Inventory:
    for path, content in (
        ("etc/os-release", "ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n"),
        ("var/lib/dpkg/status", "Package: libssl3\nStatus: install ok installed\nSource: openssl\nArchitecture: amd64\n"
         "Version: 1:3.0-1\n"),
        ("app/yarn.lock", '# yarn lockfile v1\n\n"@babel/core@^7":\n  version "7.24.0"\n'),
        ("app/go.mod", "module a\ngo 1.20\nrequire golang.org/x/net v0.17.0\n"),
        ("app/gradle.lockfile", "org.x:y:1.2=a\n"),
        ("app/composer.lock", '{"packages": [{"name": "a/b", "version": "1.0"}]}'),
        ("app/bad/package-lock.json", "{"),
    ):  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    return scan_target(tmp_path)


def essence(packages: tuple[Package, ...]) -> set[tuple[str, ...]]:
    return {
        (p.ecosystem, p.name, p.native_version, p.arch, p.matched_name, p.matched_version, p.path) for p in packages
    }


@pytest.mark.parametrize("write", [cyclonedx.write, spdx.write])
def test_what_is_written_reads_back_the_same_and_is_the_same_every_time(tmp_path: Path, write: object) -> None:
    inventory = _inventory(tmp_path)
    document: bytes = write(inventory, created=NOW)  # type: ignore[operator]
    assert document == write(_inventory(tmp_path), created=NOW)  # type: ignore[operator]
    again = read(document, target="bom")
    assert essence(again.packages) == essence(inventory.packages)


def test_an_incomplete_inventory_is_written_as_incomplete(tmp_path: Path) -> None:
    inventory = _inventory(tmp_path)
    assert not inventory.complete
    document = json.loads(cyclonedx.write(inventory, created=NOW))
    assert document["compositions"][0]["aggregate"] == "incomplete"
    assert {"name": "garrison:complete", "value": "false"} in document["metadata"]["properties"]
    assert "not complete" in json.loads(spdx.write(inventory, created=NOW))["creationInfo"]["comment"]

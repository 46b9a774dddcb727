"""SPDX: read in versions 2.2 and 2.3 (JSON, tag-value), written as 2.3 JSON."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from garrison import __version__
from garrison.scan.inventory.files import malformed
from garrison.scan.inventory.model import Inventory
from garrison.scan.inventory.package import Package
from garrison.scan.inventory.sbom import component
from garrison.scan.inventory.sbom.component import Component

_NAMESPACE = uuid.UUID("0b6f4d2a-3d0c-5a8e-8f3b-2d9b7c1e4a55")
_PURL_TYPES = frozenset({"purl", "http://spdx.org/rdf/references/purl"})


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def components(document: dict[str, Any]) -> Iterator[Component]:
    """Every package of a JSON document. One that the document describes, and that has no package URL, is its subject
    and no component."""
    packages = document.get("packages")
    if not isinstance(packages, list):
        if packages is None:
            return
        raise malformed("an SPDX document whose packages are no list")
    subjects = _subjects(document)
    for entry in packages:
        if not isinstance(entry, dict):
            yield component.MALFORMED
            continue
        references = entry.get("externalRefs")
        purl = next(
            (
                _text(reference.get("referenceLocator"))
                for reference in (references if isinstance(references, list) else [])
                if isinstance(reference, dict) and reference.get("referenceType") in _PURL_TYPES
            ),
            "",
        )
        ref = _text(entry.get("SPDXID"))
        if ref in subjects and not purl:
            continue
        yield component.of(
            ref,
            _text(entry.get("name")),
            _text(entry.get("versionInfo")),
            _text(entry.get("primaryPackagePurpose")).lower(),
            purl,
            _text(entry.get("packageFileName")),
        )


def _subjects(document: dict[str, Any]) -> set[str]:
    found = document.get("documentDescribes")
    subjects = {entry for entry in found if isinstance(entry, str)} if isinstance(found, list) else set()
    relations = document.get("relationships")
    for relation in relations if isinstance(relations, list) else []:
        if isinstance(relation, dict) and relation.get("relationshipType") == "DESCRIBES":
            subjects.add(_text(relation.get("relatedSpdxElement")))
    return subjects


_TAG = re.compile(r"([A-Za-z]+):[ \t]*(.*)")


def tag_value_components(content: bytes) -> Iterator[Component]:
    """Every package of a tag-value document; raises Unreadable when it is none."""
    text = re.sub(r"<text>.*?</text>", "", content.decode("utf-8-sig", "replace"), flags=re.DOTALL)
    if not re.search(r"^SPDXVersion:\s*SPDX-2\.", text, re.MULTILINE):
        raise malformed("not an SBOM: neither CycloneDX nor SPDX")
    subjects = set(re.findall(r"^Relationship:\s*SPDXRef-DOCUMENT\s+DESCRIBES\s+(\S+)", text, re.MULTILINE))
    fields: dict[str, str] = {}
    for line in [*text.splitlines(), "PackageName:"]:
        match = _TAG.match(line)
        if not match:
            continue
        tag, value = match[1], match[2].strip()
        if tag in ("PackageName", "FileName", "SnippetSPDXID"):
            if fields and not (fields.get("SPDXID") in subjects and "purl" not in fields):
                yield component.of(
                    fields.get("SPDXID", ""),
                    fields["name"],
                    fields.get("PackageVersion", ""),
                    fields.get("PrimaryPackagePurpose", "").lower(),
                    fields.get("purl", ""),
                    fields.get("PackageFileName", ""),
                )
            fields = {"name": value} if tag == "PackageName" and value else {}
        elif fields and tag == "ExternalRef":
            words = value.split()
            if len(words) == 3 and words[1] in _PURL_TYPES:
                fields.setdefault("purl", words[2])
        elif fields:
            fields.setdefault(tag, value)


def write(inventory: Inventory, *, created: datetime) -> bytes:
    """SPDX 2.3 JSON. The same inventory and time give the same bytes. An incomplete inventory says so."""
    body = msgspec.json.encode(inventory)
    named = [(f"SPDXRef-Package-{number}", package) for number, package in enumerate(inventory.packages, 1)]
    root = {
        "SPDXID": "SPDXRef-Target",
        "name": inventory.target,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "primaryPackagePurpose": "CONTAINER" if inventory.kind == "IMAGE" else "APPLICATION",
    }
    if inventory.digest:
        root["versionInfo"] = inventory.digest
    creation: dict[str, Any] = {
        "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "creators": [f"Tool: garrison-{__version__}"],
    }
    if not inventory.complete:
        reasons = "; ".join(f"{p.path}: {p.reason}" for p in inventory.problems if p.lost)
        creation["comment"] = f"This inventory is not complete. {reasons}"
    return msgspec.json.format(
        msgspec.json.encode(
            {
                "spdxVersion": "SPDX-2.3",
                "dataLicense": "CC0-1.0",
                "SPDXID": "SPDXRef-DOCUMENT",
                "name": inventory.target,
                "documentNamespace": "https://garrison.invalid/spdx/"
                + str(uuid.uuid5(_NAMESPACE, body.hex() + created.isoformat())),
                "creationInfo": creation,
                "packages": [root, *(_package(ref, package) for ref, package in named)],
                "relationships": [
                    {
                        "spdxElementId": "SPDXRef-DOCUMENT",
                        "relationshipType": "DESCRIBES",
                        "relatedSpdxElement": "SPDXRef-Target",
                    },
                    *(
                        {
                            "spdxElementId": "SPDXRef-Target",
                            "relationshipType": "CONTAINS",
                            "relatedSpdxElement": ref,
                        }
                        for ref, _ in named
                    ),
                ],
            }
        ),
        indent=2,
    )


def _package(ref: str, package: Package) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "SPDXID": ref,
        "name": package.name,
        "versionInfo": package.native_version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
    }
    if package.path:
        entry["packageFileName"] = package.path
        entry["sourceInfo"] = f"acquired package info from: {package.path}" + (
            f" in layer {package.layer}" if package.layer else ""
        )
    if package.purl:
        entry["externalRefs"] = [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": package.purl,
            }
        ]
    return entry

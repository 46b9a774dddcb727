"""Small documents in the form of each source, and databases made of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from garrison.scan.inventory.package import Package, PackageManager
from garrison.scan.vulndb.build import Builder
from garrison.scan.vulndb.database import Database
from garrison.scan.vulndb.importers import importer_of
from garrison.scan.vulndb.record import Advisory, Record

CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def osv(
    identifier: str, ecosystem: str, name: str, events: list[dict[str, str]] | None = None, **more: Any
) -> dict[str, Any]:
    """An OSV document about one package."""
    affected: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": name}}
    if events is not None:
        affected["ranges"] = [{"type": "ECOSYSTEM", "events": events}]
    if "versions" in more:
        affected["versions"] = more.pop("versions")
    return {"id": identifier, "modified": "2026-01-02T03:04:05Z", "affected": [affected], **more}


def since(introduced: str, fixed: str) -> list[dict[str, str]]:
    return [{"introduced": introduced}, {"fixed": fixed}]


def records(name: str, data: bytes | str) -> list[Record]:
    """What the importer that recognises a document makes of it."""
    raw = data.encode() if isinstance(data, str) else data
    importer = importer_of(name, raw[:8192])
    assert importer is not None, f"nobody reads {name}"
    return list(importer.read(name, raw))


def advisories(name: str, data: bytes | str) -> list[Advisory]:
    found = records(name, data)
    assert all(isinstance(r, Advisory) for r in found)
    return [r for r in found if isinstance(r, Advisory)]


def database(folder: Path, *documents: dict[str, Any], **files: str) -> Database:
    """A database of OSV documents and of files (`kev_json="..."` is kev.json)."""
    source = folder / "source"
    source.mkdir(exist_ok=True)
    for document in documents:
        (source / f"{document['id'].replace(':', '_')}.json").write_text(json.dumps(document))
    for name, text in files.items():
        (source / ".".join(name.rsplit("_", 1))).write_text(text)
    with Builder(folder / "v.db", anew=True) as builder:
        builder.add("test", source)
        builder.finish()
    return Database(folder / "v.db")


def pypi(name: str, version: str, **more: Any) -> Package:
    return Package(ecosystem="PyPI", name=name, version=version, manager=PackageManager.PIP, **more)

"""CycloneDX in JSON: read in versions 1.2 to 1.6, written as 1.5."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from garrison import __version__
from garrison.scan.inventory.model import Inventory
from garrison.scan.inventory.package import Package, PackageManager
from garrison.scan.inventory.sbom import component
from garrison.scan.inventory.sbom.component import Component

PATH_PROPERTIES = frozenset(
    {
        "amazon:inspector:sbom_generator:source_path",
        "syft:location:0:path",
        "aquasecurity:trivy:FilePath",
        "garrison:path",
    }
)
_NAMESPACE = uuid.UUID("6f0c6c1e-8a55-5d0e-9d0a-3f7e6a1c2b90")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def components(document: dict[str, Any]) -> Iterator[Component]:
    """Every component in document order, nested ones after the one they are in. Odd ones never raise."""
    waiting: list[Any] = [document.get("components")]
    while waiting:
        level = waiting.pop()
        if not isinstance(level, list):
            continue
        for index, entry in enumerate(level):
            if not isinstance(entry, dict):
                yield component.MALFORMED
                continue
            name, group = _text(entry.get("name")), _text(entry.get("group"))
            found = component.of(
                _text(entry.get("bom-ref")),
                f"{group}/{name}" if group else name,
                _text(entry.get("version")),
                _text(entry.get("type")),
                _text(entry.get("purl")),
                _path(entry.get("properties")),
            )
            yield found if found.package is None else found._replace(package=_detailed(found.package, entry))
            if entry.get("components"):
                waiting.append(level[index + 1 :])
                waiting.append(entry["components"])
                break


def declared_complete(document: dict[str, Any]) -> bool:
    """False: the document itself says that something is missing from it (`compositions`)."""
    told = document.get("compositions")
    return not (
        isinstance(told, list) and any(isinstance(one, dict) and one.get("aggregate") == "incomplete" for one in told)
    )


def _path(properties: Any) -> str:
    if isinstance(properties, list):
        for entry in properties:
            if isinstance(entry, dict) and entry.get("name") in PATH_PROPERTIES:
                return _text(entry.get("value"))
    return ""


_LAYER = "amazon:inspector:sbom_generator:layer_diff_id"
_COLLECTOR = "amazon:inspector:sbom_generator:source_file_scanner"
_MANAGER, _MODULARITY, _DISTRIBUTED = "garrison:manager", "garrison:modularity", "garrison:distributed"
_MANAGERS = {str(manager): manager for manager in PackageManager}


def _detailed(package: Package, entry: dict[str, Any]) -> Package:
    """The package with what our own documents (and Inspector's generator's) say of it beyond its purl."""
    listed = entry.get("properties")
    if not isinstance(listed, list):
        return package
    told = {_text(p.get("name")): _text(p.get("value")) for p in listed if isinstance(p, dict)}
    more: dict[str, Any] = {}
    if told.get(_LAYER):
        more["layer"] = told[_LAYER]
    if told.get(_COLLECTOR):
        more["collector"] = told[_COLLECTOR]
    if told.get(_MANAGER) in _MANAGERS:
        more["manager"] = _MANAGERS[told[_MANAGER]]
    if told.get(_MODULARITY):
        more["modularity"] = told[_MODULARITY]
    if told.get(_DISTRIBUTED) == "true":
        more["distributed"] = True
    return msgspec.structs.replace(package, **more) if more else package


def write(inventory: Inventory, *, created: datetime) -> bytes:
    """CycloneDX 1.5 JSON. The same inventory and time give the same bytes. An incomplete inventory says so."""
    listed = [_component(number, package) for number, package in enumerate(inventory.packages, 1)]
    if inventory.os is not None:
        system: dict[str, Any] = {"bom-ref": "os", "type": "operating-system", "name": inventory.os.id}
        if inventory.os.version:
            system["version"] = inventory.os.version
        if inventory.os.name:
            system["description"] = inventory.os.name
        listed.insert(0, system)
    body = msgspec.json.encode(inventory)
    root = {
        "bom-ref": "target",
        "type": {"IMAGE": "container", "HOST": "device"}.get(inventory.kind, "application"),
        "name": inventory.target,
    }
    if inventory.digest:
        root["version"] = inventory.digest
    properties = [{"name": "garrison:complete", "value": "true" if inventory.complete else "false"}]
    properties += [
        {"name": f"garrison:problem:{problem.kind.lower()}", "value": f"{problem.path}: {problem.reason}"}
        for problem in inventory.problems
    ]
    return msgspec.json.format(
        msgspec.json.encode(
            {
                "bomFormat": "CycloneDX",
                "specVersion": "1.5",
                "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, body.hex() + created.isoformat())}",
                "version": 1,
                "metadata": {
                    "timestamp": _time(created),
                    "tools": {"components": [{"type": "application", "name": "garrison", "version": __version__}]},
                    "component": root,
                    "properties": properties,
                },
                "components": listed,
                "compositions": [
                    {"aggregate": "complete" if inventory.complete else "incomplete", "assemblies": ["target"]}
                ],
            }
        ),
        indent=2,
    )


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _component(number: int, package: Package) -> dict[str, Any]:
    group, name = "", package.name
    if package.ecosystem == "Maven":
        group, _, name = name.rpartition(":")
    elif package.ecosystem in ("npm", "Packagist"):
        group, _, name = name.rpartition("/")
    entry: dict[str, Any] = {"bom-ref": f"comp-{number}", "type": "library"}
    if group:
        entry["group"] = group
    entry["name"] = name
    entry["version"] = package.native_version
    if package.dev:
        entry["scope"] = "optional"
    if package.purl:
        entry["purl"] = package.purl
    entry["properties"] = [
        {"name": key, "value": value}
        for key, value in (
            (_COLLECTOR, package.collector),
            ("amazon:inspector:sbom_generator:source_path", package.path),
            (_LAYER, package.layer),
            (_MANAGER, "" if package.manager is PackageManager.OS else str(package.manager)),
            (_MODULARITY, package.modularity),
            (_DISTRIBUTED, "true" if package.distributed else ""),
        )
        if value
    ]
    return entry

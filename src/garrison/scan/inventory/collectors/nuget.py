""".NET: packages.lock.json, *.deps.json, packages.config and Directory.Packages.props."""

from __future__ import annotations

import re

from lxml import etree

from garrison.scan.inventory.collectors.collector import (
    Collector,
    Found,
    language_package,
    malformed_entry,
    unresolved,
)
from garrison.scan.inventory.collectors.documents import json_object, local_name, xml_root
from garrison.scan.inventory.files import File, Scan, malformed
from garrison.scan.inventory.package import PackageManager

NAME = "dotnet-nuget"
_PROPERTY = re.compile(r"\$\(([A-Za-z0-9_.-]+)\)")
_EXACT = re.compile(r"\[?\s*(\d+(?:\.\d+)*(?:[-+][0-9A-Za-z.+-]+)?)\s*\]?\Z")


def collect_lock(file: File, scan: Scan) -> Found:
    """What every target framework was resolved to; projects of the solution are not packages."""
    frameworks = json_object(scan.read(file)).get("dependencies")
    if not isinstance(frameworks, dict):
        raise malformed("not a packages.lock.json: it has no dependencies")
    seen = set()
    for packages in frameworks.values():
        if not isinstance(packages, dict):
            yield malformed_entry(file, "a framework without a table of packages")
            continue
        for name, entry in packages.items():
            if isinstance(entry, dict) and entry.get("type") == "Project":
                continue
            version = entry.get("resolved") if isinstance(entry, dict) else None
            if not isinstance(version, str):
                yield malformed_entry(file, f"package {name} is resolved to nothing")
            elif (name, version) not in seen:
                seen.add((name, version))
                yield language_package(file, "NuGet", name, version, PackageManager.NUGET, NAME)


def collect_deps(file: File, scan: Scan) -> Found:
    """The libraries a published application carries, the runtime among them when it does."""
    libraries = json_object(scan.read(file)).get("libraries")
    if not isinstance(libraries, dict):
        raise malformed("not a deps.json: it has no libraries")
    for key, entry in libraries.items():
        kind = entry.get("type") if isinstance(entry, dict) else None
        if kind not in ("package", "runtimepack"):
            continue
        name, slash, version = key.rpartition("/")
        if not slash:
            yield malformed_entry(file, f"library {key} has no version")
            continue
        yield language_package(
            file, "NuGet", name.removeprefix("runtimepack."), version, PackageManager.DOTNET_CORE, "dotnet-deps"
        )


def collect_config(file: File, scan: Scan) -> Found:
    """`<package id= version=>` elements."""
    root = xml_root(scan.read(file))
    if local_name(root) != "packages":
        raise malformed("not a packages.config: its root is not packages")
    loose: list[str] = []
    for element in root:
        if local_name(element) != "package":
            continue
        name, version = element.get("id", ""), _EXACT.match(element.get("version", ""))
        if not name:
            yield malformed_entry(file, "a package without id")
        elif not version:
            loose.append(name)
        else:
            dev = element.get("developmentDependency", "").lower() == "true"
            yield language_package(file, "NuGet", name, version[1], PackageManager.NUGET, NAME, dev=dev)
    yield from unresolved(file, loose)


def collect_central(file: File, scan: Scan) -> Found:
    """Versions managed centrally; properties are resolved where the file itself defines them."""
    root = xml_root(scan.read(file))
    if local_name(root) != "Project":
        raise malformed("not a Directory.Packages.props: its root is not Project")
    properties = _properties(root)
    loose: list[str] = []
    for element in root.iter():
        if local_name(element) not in ("PackageVersion", "GlobalPackageReference"):
            continue
        name = element.get("Include") or element.get("Update") or ""
        text = element.get("Version") or next((c.text or "" for c in element if local_name(c) == "Version"), "")
        version = _EXACT.match(_PROPERTY.sub(lambda match: properties.get(match[1].lower(), match[0]), text.strip()))
        if not name or "$(" in name:
            continue
        if version:
            yield language_package(file, "NuGet", name, version[1], PackageManager.NUGET, NAME)
        else:
            loose.append(name)
    yield from unresolved(file, loose)


def _properties(root: etree._Element) -> dict[str, str]:
    return {
        local_name(item).lower(): (item.text or "").strip()
        for group in root
        if local_name(group) == "PropertyGroup"
        for item in group
        if local_name(item)
    }


LOCK = Collector("dotnet-lock", collect_lock, names=frozenset({"packages.lock.json"}))
DEPS = Collector(
    "dotnet-deps", collect_deps, endings=frozenset({".json"}), accepts=lambda path: path.endswith(".deps.json")
)
CONFIG = Collector("dotnet-config", collect_config, names=frozenset({"packages.config"}))
CENTRAL = Collector("dotnet-central", collect_central, names=frozenset({"Directory.Packages.props"}))

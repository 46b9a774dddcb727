"""Python: lock files (Pipenv, Poetry, uv, PDM, pylock.toml)."""

from __future__ import annotations

import re
from typing import Any

from garrison.scan.inventory.collectors.collector import (
    Collector,
    Found,
    language_package,
    malformed_entry,
    unresolved,
)
from garrison.scan.inventory.collectors.documents import json_object, toml_table
from garrison.scan.inventory.files import File, Scan, malformed
from garrison.scan.inventory.package import PackageManager
from garrison.scan.inventory.purl import canonical_pypi

_NAME = "python-pkg"


def collect_pipenv(file: File, scan: Scan) -> Found:
    """`default` and `develop` of a Pipfile.lock; what is locked to a repository or a path has no version."""
    document = json_object(scan.read(file))
    if not ("default" in document or "develop" in document):
        raise malformed("not a Pipfile.lock: neither default nor develop is there")
    loose: list[str] = []
    for section, value in document.items():
        if section == "_meta":
            continue
        if not isinstance(value, dict):
            yield malformed_entry(file, f"{section} is not a table of packages")
            continue
        for name, entry in value.items():
            version = entry.get("version") if isinstance(entry, dict) else None
            if isinstance(version, str) and version.startswith("=="):
                yield language_package(
                    file,
                    "PyPI",
                    canonical_pypi(name),
                    version.lstrip("= "),
                    PackageManager.PIPENV,
                    _NAME,
                    dev=section == "develop",
                )
            else:
                loose.append(name)
    yield from unresolved(file, loose)


def _is_local(entry: dict[str, Any]) -> bool:
    """The project itself, or a folder of it: nothing anybody published."""
    source = entry.get("source")
    if isinstance(source, dict):
        return bool(source.keys() & {"editable", "virtual", "directory", "path"}) or source.get("type") == "directory"
    return "directory" in entry or ("path" in entry and "url" not in entry)


def _table_packages(file: File, entries: Any, manager: PackageManager) -> Found:
    if not isinstance(entries, list):
        raise malformed("it lists no packages")
    loose: list[str] = []
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            yield malformed_entry(file, "a package without a name")
            continue
        name, version = canonical_pypi(entry["name"]), entry.get("version")
        if _is_local(entry):
            continue
        if not isinstance(version, str) or not version:
            loose.append(name)
            continue
        groups = entry.get("groups") or entry.get("dependency-groups") or entry.get("dependency_groups")
        dev = entry.get("category") == "dev" or (
            isinstance(groups, list) and bool(groups) and not {"main", "default"} & {str(group) for group in groups}
        )
        yield language_package(file, "PyPI", name, version, manager, _NAME, dev=dev)
    yield from unresolved(file, loose)


def _collect_packages(manager: PackageManager, key: str) -> Any:
    def collect(file: File, scan: Scan) -> Found:
        document = toml_table(scan.read(file))
        # A lock of a project without dependencies has no table of packages, and says who wrote it.
        if key not in document and not document.keys() & {"metadata", "version", "lock-version"}:
            raise malformed("it lists no packages")
        yield from _table_packages(file, document.get(key, []), manager)

    return collect


PIPENV = Collector("python-pipenv", collect_pipenv, names=frozenset({"Pipfile.lock"}))
POETRY = Collector(
    "python-poetry", _collect_packages(PackageManager.POETRY, "package"), names=frozenset({"poetry.lock"})
)
UV = Collector("python-uv", _collect_packages(PackageManager.PIP, "package"), names=frozenset({"uv.lock", "pdm.lock"}))
PYLOCK = Collector(
    "python-pylock",
    _collect_packages(PackageManager.PIP, "packages"),
    endings=frozenset({".toml"}),
    accepts=lambda path: re.fullmatch(r"pylock(\.[^./]+)?\.toml", path.rpartition("/")[2]) is not None,
)

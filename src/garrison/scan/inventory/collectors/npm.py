"""npm: package-lock.json and npm-shrinkwrap.json of all versions, bun.lock, and installed packages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from garrison.scan.inventory.collectors.collector import (
    Collector,
    Found,
    language_package,
    malformed_entry,
    unresolved,
)
from garrison.scan.inventory.collectors.documents import commented_json_object, json_object
from garrison.scan.inventory.files import File, Scan, malformed
from garrison.scan.inventory.model import Problem, ProblemKind
from garrison.scan.inventory.package import PackageManager

NAME = "javascript-nodejs"
_VERSION = re.compile(r"v?(\d+\.\d+\.\d+[^\s/:]*)\Z")


def split_locator(text: str) -> tuple[str, str]:
    """Name and the rest of `name@rest` or `@scope/name@rest`."""
    at = text.find("@", 1)
    return (text, "") if at < 0 else (text[:at], text[at + 1 :])


def collect_lock(file: File, scan: Scan) -> Found:
    """Versions 2 and 3 by their `packages`, version 1 by its tree of `dependencies`."""
    document = json_object(scan.read(file))
    packages, dependencies = document.get("packages"), document.get("dependencies")
    if isinstance(packages, dict):
        found = _flat(packages)
    elif isinstance(dependencies, dict):
        found = _tree(dependencies)
    elif "lockfileVersion" in document or "name" in document:
        found = iter(())
    else:
        raise malformed("not an npm lock file: it lists no packages")
    loose: list[str] = []
    seen = set()
    for name, version, dev in found:
        if not isinstance(version, str) or not (match := _VERSION.match(version)):
            loose.append(name)
        elif (name, match[1], dev) not in seen:
            seen.add((name, match[1], dev))
            yield language_package(file, "npm", name, match[1], PackageManager.NPM, NAME, dev=dev)
    yield from unresolved(file, loose)


def _flat(packages: dict[str, Any]) -> Iterator[tuple[str, Any, bool]]:
    for place, entry in packages.items():
        _, installed, name = f"/{place}".rpartition("/node_modules/")
        # The root, workspaces and links to them are the project itself.
        if not installed or not isinstance(entry, dict) or entry.get("link"):
            continue
        real = entry.get("name")
        yield real if isinstance(real, str) else name, entry.get("version"), entry.get("dev") is True


def _tree(dependencies: dict[str, Any]) -> Iterator[tuple[str, Any, bool]]:
    waiting = [dependencies]
    while waiting:
        for name, entry in waiting.pop().items():
            if not isinstance(entry, dict):
                yield name, None, False
                continue
            version = entry.get("version")
            if isinstance(version, str) and version.startswith("npm:"):
                name, version = split_locator(version[4:])
            if not (isinstance(version, str) and version.startswith("file:")):
                yield name, version, entry.get("dev") is True
            inner = entry.get("dependencies")
            if isinstance(inner, dict):
                waiting.append(inner)


def collect_bun(file: File, scan: Scan) -> Found:
    """Every package of bun's text lock: a list that starts with `name@version`."""
    packages = commented_json_object(scan.read(file)).get("packages")
    if not isinstance(packages, dict):
        raise malformed("not a bun.lock: it lists no packages")
    loose: list[str] = []
    for key, entry in packages.items():
        if not isinstance(entry, list) or not entry or not isinstance(entry[0], str):
            yield malformed_entry(file, f"package {key} names no version")
            continue
        name, version = split_locator(entry[0])
        if match := _VERSION.match(version):
            yield language_package(file, "npm", name, match[1], PackageManager.NPM, NAME)
        elif not version.startswith(("workspace:", "file:", "link:")):
            loose.append(name)
    yield from unresolved(file, loose)


def collect_bun_binary(file: File, scan: Scan) -> Found:
    """Says that bun's former binary lock is not read."""
    if scan.neighbour(file, "bun.lock") is None:
        yield Problem(
            kind=ProblemKind.UNSUPPORTED,
            path=file.path,
            reason="bun's binary lock file is not read; `bun install --save-text-lockfile` writes bun.lock",
        )


def collect_installed(file: File, scan: Scan) -> Found:
    """The package a package.json in node_modules describes; one without a version was not published."""
    document = json_object(scan.read(file))
    name, version = document.get("name"), document.get("version")
    if isinstance(name, str) and isinstance(version, str) and name and version:
        yield language_package(file, "npm", name, version.strip().removeprefix("v"), PackageManager.NODEPKG, NAME)


_INSTALLED = re.compile(r"(?:^|/)node_modules/(?:@[^/]+/)?[^/@.][^/]*/package\.json\Z")

LOCK = Collector("npm-lock", collect_lock, names=frozenset({"package-lock.json", "npm-shrinkwrap.json"}))
BUN = Collector("bun-lock", collect_bun, names=frozenset({"bun.lock"}))
BUN_BINARY = Collector("bun-binary-lock", collect_bun_binary, names=frozenset({"bun.lockb"}))
INSTALLED = Collector(
    "javascript-nodejs",
    collect_installed,
    names=frozenset({"package.json"}),
    accepts=lambda path: _INSTALLED.search(path) is not None,
)

"""Python: requirements files. Only exact pins name a version; the rest is noted as unresolved."""

from __future__ import annotations

import re

from garrison.scan.inventory.collectors.collector import Collector, Found, language_package, unresolved
from garrison.scan.inventory.files import File, Scan
from garrison.scan.inventory.model import Problem, ProblemKind
from garrison.scan.inventory.package import PackageManager
from garrison.scan.inventory.purl import canonical_pypi

_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*\(?\s*(?P<constraint>[^;#)]*)"
)
_PIN = re.compile(r"={2,3}\s*([A-Za-z0-9][A-Za-z0-9._+!-]*)\Z")
_INCLUDE = re.compile(r"(?:-r|--requirement)[\s=]*(\S+)")
_COMMENT = re.compile(r"(^|\s)#.*$")
_FILE = re.compile(r"(?:^|[-_.])requirements?[-_.\w]*\.(?:txt|in|pip)\Z|^requires?\.txt\Z", re.IGNORECASE)
_INCLUDES = 10


def collect(file: File, scan: Scan) -> Found:
    """Pinned requirements, and those of files it includes that are not collected by themselves."""
    yield from _read(file, scan, file, set())


def _read(file: File, scan: Scan, top: File, seen: set[str]) -> Found:
    seen.add(file.path)
    text = scan.read(file).decode("utf-8-sig", "replace").replace("\\\r\n", " ").replace("\\\n", " ")
    loose: list[str] = []
    for raw in text.splitlines():
        line = _COMMENT.sub("", raw).strip()
        if match := _INCLUDE.match(line):
            yield from _include(file, match[1], scan, top, seen)
            continue
        if not line or line.startswith("-") or "://" in line.partition("@")[0]:
            continue
        match = _REQUIREMENT.match(line)
        if not match:
            continue
        constraint = re.split(r"\s--", match["constraint"])[0].strip()
        name = canonical_pypi(match["name"])
        if pin := _PIN.match(constraint):
            yield language_package(file, "PyPI", name, pin[1], PackageManager.PIP, "python-pkg")
        else:
            loose.append(name)
    yield from unresolved(file, loose)


def _include(file: File, name: str, scan: Scan, top: File, seen: set[str]) -> Found:
    if "://" in name:
        yield Problem(kind=ProblemKind.UNRESOLVED, path=file.path, reason=f"includes {name}, which is not fetched")
        return
    included = scan.neighbour(file, name)
    if included is None:
        yield Problem(
            kind=ProblemKind.UNREADABLE, path=file.path, reason=f"includes {name}, which is not in what is scanned"
        )
    elif not _accepts(included.path) and included.path not in seen and len(seen) <= _INCLUDES:
        yield from _read(included, scan, top, seen)


def _accepts(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    if folder.endswith((".egg-info", ".dist-info", "EGG-INFO")):
        return False
    return bool(_FILE.search(name)) or (folder.rpartition("/")[2] == "requirements" and name.endswith((".txt", ".pip")))


COLLECTOR = Collector("python-requirements", collect, endings=frozenset({".txt", ".pip"}), accepts=_accepts)

"""Which package a program belongs to.

dpkg: the lists of files in var/lib/dpkg/info; apk: the F: and R: lines of its database; rpm: the headers in its
database. No package manager is asked.
"""

from __future__ import annotations

import os
import posixpath

from garrison.scan.inventory.collectors import rpm, rpm_header
from garrison.scan.inventory.files import Exhausted, File, Unreadable
from garrison.scan.inventory.gather import Gathering
from garrison.scan.inventory.package import Package
from garrison.scan.inventory.targets.directory import SYSTEM_FILES, DirectoryTree

_INFO = "var/lib/dpkg/info"
_APK = ("lib/apk/db/installed", "usr/lib/apk/db/installed")


class Owners:
    """Owners of files below a root; each is looked for once."""

    def __init__(self, root: str = "/") -> None:
        self._root = root
        self._known: dict[str, str] = {}

    def package(self, path: str) -> str:
        """Name of the package that brought the file at `path` (absolute); empty: none, or not known."""
        if path not in self._known:
            self._known[path] = self._look_up(path) if path else ""
        return self._known[path]

    def _look_up(self, path: str) -> str:
        # A list may name it by the folder's old name: /bin is a link to /usr/bin, and packages say either.
        spellings = {path, path.removeprefix("/usr")} if path.startswith("/usr/") else {path, f"/usr{path}"}
        real = os.path.realpath(posixpath.join(self._root, path.lstrip("/")))
        if real.startswith(self._root):
            spellings.add("/" + posixpath.relpath(real, self._root))
        return self._of_dpkg(spellings) or self._of_apk(spellings) or self._of_rpm(spellings)

    def _of_dpkg(self, spellings: set[str]) -> str:
        folder = posixpath.join(self._root, _INFO)
        needles = [f"\n{s}\n".encode() for s in spellings]
        try:
            names = [n for n in os.listdir(folder) if n.endswith(".list")]
        except OSError:
            return ""
        # The package is mostly called like its program: those first.
        hint = posixpath.basename(min(spellings)).partition(".")[0][:4]
        for name in sorted(names, key=lambda n: hint not in n):
            try:
                with open(f"{folder}/{name}", "rb") as file:
                    content = b"\n" + file.read()
            except OSError:
                continue
            if any(needle in content for needle in needles):
                return name.removesuffix(".list").partition(":")[0]
        return ""

    def _of_apk(self, spellings: set[str]) -> str:
        for path in _APK:
            try:
                with open(posixpath.join(self._root, path), encoding="utf-8", errors="replace") as file:
                    package, folder = "", ""
                    for line in file:
                        kind, value = line[:2], line[2:].rstrip("\n")
                        if kind == "P:":
                            package = value
                        elif kind == "F:":
                            folder = value
                        elif kind == "R:" and f"/{folder}/{value}" in spellings:
                            return package
            except OSError:
                continue
        return ""

    def _of_rpm(self, spellings: set[str]) -> str:
        gathering = Gathering(None, None)
        tree = DirectoryTree(self._root)
        gathering.detect(tree)
        for path in SYSTEM_FILES:
            file = tree.get(path) if "/rpm/" in path else None
            if file is None:
                continue
            try:
                for blob in rpm.headers(File(path, file.size, file.opener), gathering.scan):
                    if rpm_header.owns(blob, spellings):
                        return rpm_header.parse(blob).name
            except (ValueError, OSError, Unreadable, Exhausted):
                continue
        return ""


def versions(packages: tuple[Package, ...]) -> dict[str, str]:
    """Name -> version of the distribution's packages."""
    return {p.name: p.native_version for p in packages if p.collector.endswith(("dpkg", "apk", "rpm"))}

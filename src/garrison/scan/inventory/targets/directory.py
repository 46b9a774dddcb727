"""A folder, and the live host. Links are never followed while walking, and never out of the root when asked for by
name."""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections.abc import Iterable
from typing import BinaryIO

from garrison.scan.inventory.collectors import EXECUTABLE, NAMES, NEVER, SYSTEM, could_be_executable, wanted
from garrison.scan.inventory.collectors.collector import Collector
from garrison.scan.inventory.files import File, Unreadable
from garrison.scan.inventory.gather import Gathering, shown
from garrison.scan.inventory.model import ProblemKind

DEEP_PATHS = ("usr/lib", "usr/lib64", "usr/local/lib", "usr/local/lib64")
"""Inspector's default paths of deep inspection (EC2)."""
SYSTEM_FILES = (
    "var/lib/dpkg/status",
    "lib/apk/db/installed",
    "usr/lib/apk/db/installed",
    *(
        f"{folder}/{name}"
        for folder in ("var/lib/rpm", "usr/lib/sysimage/rpm")
        for name in ("rpmdb.sqlite", "Packages.db", "Packages")
    ),
)
_SKIPPED = frozenset({".git", ".hg", ".svn", "__pycache__"})
_NOT_FILES = frozenset({"proc", "sys", "dev"})
_LINKS = 40
_SMALLEST_EXECUTABLE = 65536
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def open_regular(path: str) -> BinaryIO:
    """The file at `path` if it is regular and no link; waits for nothing (a pipe with a writer somewhere)."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Unreadable(ProblemKind.UNSAFE, "became a link while the scan ran") from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable(ProblemKind.UNSAFE, "is no regular file")
    return os.fdopen(descriptor, "rb")


class DirectoryTree:
    """The files below a root, as a process changed into that root would find them."""

    def __init__(self, root: str) -> None:
        self.root = root

    def get(self, path: str) -> File | None:
        """The regular file at `path`. Links are followed inside the root: `/` of a link is the root."""
        found = self.find(path)
        if found is None or not stat.S_ISREG(found[1].st_mode):
            return None
        return file_at(posixpath.join(self.root, found[0]), *found)

    def find(self, path: str) -> tuple[str, os.stat_result] | None:
        """Where `path` really is, relative to the root, and its status. Links are followed inside the root alone."""
        waiting = [part for part in path.split("/") if part][::-1]
        resolved: list[str] = []
        links = 0
        status: os.stat_result | None = None
        while waiting:
            part = waiting.pop()
            if part == ".":
                continue
            if part == "..":
                if resolved:
                    resolved.pop()
                continue
            place = posixpath.join(self.root, *resolved, part)
            try:
                status = os.lstat(place)
                if stat.S_ISLNK(status.st_mode):
                    links += 1
                    target = os.readlink(place)
                    if links > _LINKS:
                        return None
                    if target.startswith("/"):
                        resolved = []
                    waiting.extend(piece for piece in target.split("/")[::-1] if piece)
                    continue
            except (OSError, ValueError):
                return None
            resolved.append(part)
        if not resolved or status is None:
            return None
        if stat.S_ISLNK(status.st_mode):  # a link to `.` or `..`
            status = os.lstat(posixpath.join(self.root, *resolved))
        return "/".join(resolved), status


def file_at(place: str, path: str, status: os.stat_result) -> File:
    """The file at `place`, shown as `path`."""
    return File(shown(path), status.st_size, lambda: open_regular(place), executable=bool(status.st_mode & 0o111))


def walk(gathering: Gathering, root: str, start: str, stage: str) -> None:
    """Collect from every file of the folder `start` (relative to `root`, empty: the root itself)."""
    limits, budget = gathering.scan.limits, gathering.scan.budget
    waiting: list[tuple[str, int]] = [(start, start.count("/") + 1 if start else 0)]
    while waiting:
        folder, depth = waiting.pop()
        place = posixpath.join(root, folder) if folder else root
        found: list[tuple[str, str, tuple[Collector, ...]]] = []
        try:
            with os.scandir(place) as entries:
                count = 0
                for entry in entries:
                    count += 1
                    name = entry.name
                    if count % 4096 == 0:
                        budget.check()
                    if entry.is_dir(follow_symlinks=False):
                        if name in _SKIPPED or (name in _NOT_FILES and not folder and _is_system_root(root)):
                            continue
                        if depth >= limits.depth:
                            gathering.problem(
                                ProblemKind.LIMIT,
                                shown(posixpath.join(folder, name)),
                                f"more than {limits.depth} folders deep",
                            )
                            continue
                        waiting.append((f"{folder}/{name}" if folder else name, depth + 1))
                    elif (dot := name.rfind(".")) > 0 and name[dot:] in NEVER and name not in NAMES:
                        continue  # nearly every file of a system
                    elif collectors := wanted(folder, name):
                        if entry.is_file(follow_symlinks=False):
                            found.append((name, entry.path, collectors))
                    elif could_be_executable(name) and entry.is_file(follow_symlinks=False):
                        entry_status = entry.stat(follow_symlinks=False)
                        if entry_status.st_mode & 0o111 and entry_status.st_size >= _SMALLEST_EXECUTABLE:
                            found.append((name, entry.path, (EXECUTABLE,)))
        except FileNotFoundError:
            continue  # gone while the scan ran: it is not there
        except OSError as error:
            gathering.problem(ProblemKind.UNREADABLE, shown(folder), error.strerror or str(error))
            continue
        gathering.count(count)
        budget.check()
        for name, entry_path, collectors in sorted(found):
            path = f"{folder}/{name}" if folder else name
            try:
                status = os.lstat(entry_path)
            except FileNotFoundError:
                continue
            except OSError as error:
                gathering.problem(ProblemKind.UNREADABLE, shown(path), error.strerror or str(error))
                continue
            if stat.S_ISREG(status.st_mode):
                gathering.collect(file_at(entry_path, path, status), collectors)
        gathering.tell(stage, gathering.files)


def _is_system_root(root: str) -> bool:
    return root == "/" or os.path.lexists(posixpath.join(root, "etc/os-release"))


def scan_directory(gathering: Gathering, root: str) -> None:
    """Everything below `root`."""
    gathering.detect(DirectoryTree(root))
    walk(gathering, root, "", "looking through the folder")


def scan_system(gathering: Gathering, root: str) -> None:
    """The package databases of the distribution below `root`, and nothing else."""
    tree = DirectoryTree(root)
    gathering.detect(tree)
    gathering.tell("reading the package databases", 0)
    seen_files: set[str] = set()
    for path in SYSTEM_FILES:
        file = tree.get(path)
        if file is not None and file.path not in seen_files:
            seen_files.add(file.path)
            gathering.count()
            named = File(path, file.size, file.opener)
            gathering.collect(named, [c for c in SYSTEM if path.rpartition("/")[2] in c.names and c.accepts(path)])


def scan_host(gathering: Gathering, deep_paths: Iterable[str], root: str = "/") -> None:
    """The package databases of the machine, and language packages below the paths of deep inspection."""
    scan_system(gathering, root)
    walked: list[str] = []
    for path in ["var/lib/dpkg/status.d", *DEEP_PATHS, *(path.strip("/") for path in deep_paths)]:
        # A link to a folder named here (lib64 -> usr/lib64) is walked where it leads, once.
        real = os.path.realpath(posixpath.join(root, path))
        if os.path.isdir(real) and not any(f"{real}/".startswith(f"{above}/") for above in walked):
            walked.append(real)
            walk(gathering, root, posixpath.relpath(real, root), "looking through folders of libraries")

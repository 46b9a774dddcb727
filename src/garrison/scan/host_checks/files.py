"""The files of a host as its checks see them: below one root, links never followed out of it."""

from __future__ import annotations

import fnmatch
import os
import posixpath
import stat
from functools import cached_property

import msgspec

from garrison.scan.host_checks.check import CannotTell
from garrison.scan.inventory.gather import Gathering, shown
from garrison.scan.inventory.targets.directory import DirectoryTree, open_regular, scan_system

_MOST_BYTES = 4 << 20
_PIECE = 65536
_MOST_FILES = 1_000_000
_NOT_WALKED = frozenset(
    {"proc", "sys", "dev", "run"}
    | {"var/lib/docker", "var/lib/containers", "var/lib/containerd", "var/lib/lxc", "snap"}
)
"""What the kernel makes up, and file systems of containers: other hosts, with owners of their own."""


class Entry(msgspec.Struct, frozen=True):
    """A file's rights."""

    path: str
    mode: int
    """As `lstat` has it, the kind included."""
    uid: int
    gid: int

    @property
    def rights(self) -> int:
        return stat.S_IMODE(self.mode)

    def __str__(self) -> str:
        return f"{self.path} {self.rights:04o} {self.uid}:{self.gid}"


class HostFiles:
    """A host below `root`: `/`, or an unpacked or mounted root file system.

    Whoever owns the root folder stands for root, so that a file system somebody unpacked for himself is judged by its
    modes and not for being his. Raises `CannotTell` for what is there and cannot be read.
    """

    def __init__(self, root: str = "/") -> None:
        self.root = os.path.realpath(root)
        self._tree = DirectoryTree(self.root)
        status = os.stat(self.root)
        if not stat.S_ISDIR(status.st_mode):
            raise NotADirectoryError(f"{root} is no folder")
        self._owner, self._group = (0, 0) if self.live else (status.st_uid, status.st_gid)
        self._device = status.st_dev

    @property
    def live(self) -> bool:
        """Whether this is the running machine."""
        return self.root == "/"

    def exists(self, path: str) -> bool:
        return self._tree.find(path) is not None

    def listed(self, path: str) -> bool:
        """Whether there is an entry at `path`, a link to nowhere included."""
        return os.path.lexists(posixpath.join(self.root, path))

    def entry(self, path: str) -> Entry | None:
        """Rights of what `path` is or leads to; None: nothing is there."""
        found = self._tree.find(path)
        return None if found is None else self._entry(path, found[1])

    def _entry(self, path: str, status: os.stat_result) -> Entry:
        uid = 0 if status.st_uid == self._owner else status.st_uid
        gid = 0 if status.st_gid == self._group else status.st_gid
        return Entry(shown(path), status.st_mode, uid, gid)

    def text(self, path: str) -> str | None:
        """Content of the file at `path`; None: there is none. Not UTF-8: with replacement characters."""
        found = self._tree.find(path)
        if found is None or not stat.S_ISREG(found[1].st_mode):
            return None
        try:
            with open_regular(posixpath.join(self.root, found[0])) as stream:
                content = b""  # in pieces: /proc/sys makes room in the kernel for as much as is asked for
                while len(content) <= _MOST_BYTES and (piece := stream.read(_PIECE)):
                    content += piece
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CannotTell(f"{path} cannot be read: {error.strerror or error}") from error
        if len(content) > _MOST_BYTES:
            raise CannotTell(f"{path} is larger than {_MOST_BYTES} bytes")
        return content.decode("utf-8", "replace")

    def lines(self, path: str, comment: str = "#") -> list[str]:
        """Lines that say something: stripped, without empty ones and comments; empty also if there is no file."""
        text = self.text(path) or ""
        return [line for raw in text.splitlines() if (line := raw.strip()) and not line.startswith(comment)]

    def names(self, folder: str) -> list[str]:
        """Names in a folder, sorted; empty if there is none."""
        found = self._tree.find(folder)
        if found is None or not stat.S_ISDIR(found[1].st_mode):
            return []
        try:
            return sorted(os.listdir(posixpath.join(self.root, found[0])))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise CannotTell(f"{folder} cannot be listed: {error.strerror or error}") from error

    def glob(self, folder: str, pattern: str) -> list[str]:
        """Paths in a folder whose names fit a shell pattern, sorted."""
        return [f"{folder}/{name}" for name in self.names(folder) if fnmatch.fnmatchcase(name, pattern)]

    @cached_property
    def packages(self) -> frozenset[str] | None:
        """Names of the distribution's packages; None: there is no package database that could be read."""
        gathering = Gathering(None, None)
        scan_system(gathering, self.root)
        if any(problem.lost for problem in gathering.problems):
            raise CannotTell(f"the package database cannot be read: {gathering.problems[0].reason}")
        return frozenset(p.name for p in gathering.packages) or None

    @cached_property
    def everything(self) -> tuple[tuple[Entry, ...], str]:
        """Entries of the root's own file system that are world-writable, setuid, setgid, or not root's; and why there
        may be more of them (else empty)."""
        kept: list[Entry] = []
        trouble = ""
        count = 0
        waiting = [""]
        ours = self._owner, self._group
        while waiting:
            folder = waiting.pop()
            prefix = f"{folder}/" if folder else ""
            try:
                with os.scandir(posixpath.join(self.root, folder)) as entries:
                    for entry in entries:
                        count += 1
                        try:
                            status = entry.stat(follow_symlinks=False)
                        except FileNotFoundError:
                            continue
                        mode = status.st_mode
                        if stat.S_ISLNK(mode):
                            continue
                        path = prefix + entry.name
                        if mode & 0o6002 or (status.st_uid, status.st_gid) != ours:
                            kept.append(self._entry(path, status))
                        if stat.S_ISDIR(mode) and status.st_dev == self._device and path not in _NOT_WALKED:
                            waiting.append(path)
            except FileNotFoundError:
                continue
            except OSError as error:
                trouble = f"{shown(folder)} cannot be listed: {error.strerror or error}"
            if count > _MOST_FILES:
                return tuple(kept), f"only the first {count} files were looked at"
        return tuple(kept), trouble

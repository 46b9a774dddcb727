"""Files of a target as collectors see them, and the budget a scan draws on."""

from __future__ import annotations

import io
import posixpath
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from garrison.scan.inventory.model import Limits, OsRelease, ProblemKind

_PIECE = 1 << 20


class Unreadable(Exception):
    """One file, or a part of it, cannot be read; the scan goes on and tells."""

    def __init__(self, kind: ProblemKind, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


class Exhausted(Exception):
    """The whole scan's time or size is used up; it ends and tells."""


@dataclass(frozen=True, slots=True, eq=False)
class File:
    """A regular file of the target."""

    path: str
    """Relative to the target's root, `/` between parts, no `.` or `..`."""
    size: int
    opener: Callable[[], BinaryIO]
    """Opens it anew for reading; seekable. Raises OSError or Unreadable."""
    executable: bool = False
    layer: str = ""


class Tree(Protocol):
    """The files of a target by path, for collectors whose answer needs a neighbour."""

    def get(self, path: str) -> File | None:
        """The regular file at `path`; None: there is none, or it would lie outside the target."""
        ...


class NoTree:
    """A file without neighbours."""

    def get(self, path: str) -> File | None:
        """Never anything."""
        return None


@dataclass(slots=True)
class Budget:
    """What a scan may still use. Every unpacked byte and every step over many things asks here."""

    limits: Limits
    unpacked: int = 0
    started: float = field(default_factory=time.monotonic)

    def check(self) -> None:
        """Raise Exhausted when time is up."""
        if time.monotonic() - self.started > self.limits.seconds:
            raise Exhausted(f"stopped after {self.limits.seconds:g} seconds, the scan's limit")

    def unpack(self, size: int) -> None:
        """Account for `size` unpacked bytes; raise Exhausted when that is too many."""
        self.unpacked += size
        if self.unpacked > self.limits.total_bytes:
            raise Exhausted(f"stopped after unpacking {self.limits.total_bytes} bytes, the scan's limit")
        self.check()


@dataclass(slots=True)
class Scan:
    """What collectors may ask for beside the file they are given."""

    budget: Budget
    tree: Tree = field(default_factory=NoTree)
    os: OsRelease | None = None

    @property
    def limits(self) -> Limits:
        """The scan's limits."""
        return self.budget.limits

    def read(self, file: File) -> bytes:
        """The whole content of a text file; Unreadable when it is larger than `Limits.text_bytes`."""
        return read_up_to(file, self.limits.text_bytes)

    def neighbour(self, file: File, relative: str) -> File | None:
        """The file at `relative` to the folder of `file`; None: not there, or outside the target."""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), relative))
        if path.startswith(("..", "/")):
            return None
        return self.tree.get(path)


def read_up_to(file: File, limit: int) -> bytes:
    """The whole content, or Unreadable when it is larger than `limit` bytes, whatever its size was said to be."""
    if file.size > limit:
        raise too_large(file.size, limit)
    with file.opener() as stream:
        # Not limit + 1 at once: a read takes the memory it was asked for, however little there is to read.
        content = stream.read(file.size + 1)
        while len(content) > file.size and (more := stream.read(_PIECE)):
            content += more
            if len(content) > limit:
                raise too_large(len(content), limit)
    return content


def too_large(size: int, limit: int) -> Unreadable:
    """The refusal of a file of `size` bytes."""
    return Unreadable(ProblemKind.LIMIT, f"{size} bytes, more than the limit of {limit} for such a file")


def malformed(reason: str) -> Unreadable:
    """The refusal of a file that is not what it should be."""
    return Unreadable(ProblemKind.MALFORMED, reason)


def in_memory(path: str, content: bytes, layer: str = "") -> File:
    """A file that is already read."""
    return File(path, len(content), lambda: io.BytesIO(content), layer=layer)

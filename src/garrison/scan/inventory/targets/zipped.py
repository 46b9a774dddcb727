"""A zip as a file system: a Lambda function's code or a layer."""

from __future__ import annotations

import io
import stat
from typing import BinaryIO, cast

from garrison.scan.inventory.archives import Member, member_bytes, members, pieces, spooled_member
from garrison.scan.inventory.collectors import EXECUTABLE, could_be_executable, wanted
from garrison.scan.inventory.collectors.executable import MAGICS
from garrison.scan.inventory.files import File, Scan, Unreadable
from garrison.scan.inventory.gather import Gathering, shown
from garrison.scan.inventory.model import ProblemKind
from garrison.scan.inventory.targets.layers import safe_path

_SMALLEST_EXECUTABLE = 65536
_IN_MEMORY = 16 << 20


class ZipTree:
    """The members of an archive by path."""

    def __init__(self, stream: BinaryIO, scan: Scan) -> None:
        self._stream, self._scan = stream, scan
        self.members: dict[str, Member] = {}

    def get(self, path: str) -> File | None:
        """The member at `path`."""
        info = self.members.get(path)
        return None if info is None else File(shown(path), info.size, lambda: self._open(info))

    def _open(self, info: Member) -> BinaryIO:
        if info.size <= _IN_MEMORY:
            return io.BytesIO(member_bytes(self._stream, info, self._scan, _IN_MEMORY))
        return cast("BinaryIO", _Spooled(self._stream, info, self._scan))

    def starts_as_program(self, info: Member) -> bool:
        """Whether the first bytes are those of an executable; what cannot be read is left to the collector."""
        try:
            return next(pieces(self._stream, info, self._scan, info.size), b"").startswith(MAGICS)
        except Unreadable:
            return True


class _Spooled(io.BufferedIOBase):
    """A large member, unpacked to a temporary file that lives as long as this is open."""

    def __init__(self, stream: BinaryIO, info: Member, scan: Scan) -> None:
        self._context = spooled_member(stream, info, scan)
        self._stream = self._context.__enter__()

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """As files do it."""
        return self._stream.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """As files do it."""
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        """As files do it."""
        return self._stream.tell()

    def close(self) -> None:
        """Gives the disk back."""
        if not self.closed:
            self._context.__exit__(None, None, None)
        super().close()


def scan_zip(gathering: Gathering, stream: BinaryIO) -> None:
    """Every file of the archive; raises Unreadable when it is none."""
    scan = gathering.scan
    tree = ZipTree(stream, scan)
    for info in members(stream, scan.limits):
        gathering.count()
        path = safe_path(info.name.replace("\\", "/"))
        if path is None or info.name.startswith("/"):
            gathering.problem(ProblemKind.UNSAFE, shown(info.name), "a path that leaves the archive is not followed")
        elif not info.is_folder and not stat.S_ISLNK(info.mode):
            tree.members[path] = info
    gathering.detect(tree)
    for number, (path, info) in enumerate(sorted(tree.members.items())):
        gathering.tell("reading the archive", number, len(tree.members))
        folder, _, name = path.rpartition("/")
        collectors = wanted(folder, name)
        if (
            not collectors
            and info.size >= _SMALLEST_EXECUTABLE
            and could_be_executable(name)
            and tree.starts_as_program(info)
        ):
            collectors = (EXECUTABLE,)
        if collectors and (file := tree.get(path)) is not None:
            gathering.collect(file, collectors)

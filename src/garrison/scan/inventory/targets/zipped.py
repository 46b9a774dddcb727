"""A zip as a file system: a Lambda function's code or a layer."""

from __future__ import annotations

import io
import stat
import zipfile
from typing import BinaryIO, cast

from garrison.scan.inventory.archives import member_bytes, open_zip, spooled_member
from garrison.scan.inventory.collectors import EXECUTABLE, could_be_executable, wanted
from garrison.scan.inventory.collectors.executable import MAGICS
from garrison.scan.inventory.files import File, Scan
from garrison.scan.inventory.gather import Gathering, shown
from garrison.scan.inventory.model import ProblemKind
from garrison.scan.inventory.targets.layers import safe_path

_SMALLEST_EXECUTABLE = 65536
_IN_MEMORY = 16 << 20


class ZipTree:
    """The members of an archive by path."""

    def __init__(self, archive: zipfile.ZipFile, scan: Scan) -> None:
        self._archive, self._scan = archive, scan
        self.members: dict[str, zipfile.ZipInfo] = {}

    def get(self, path: str) -> File | None:
        """The member at `path`."""
        info = self.members.get(path)
        return None if info is None else File(shown(path), info.file_size, lambda: self._open(info))

    def _open(self, info: zipfile.ZipInfo) -> BinaryIO:
        if info.file_size <= _IN_MEMORY:
            return io.BytesIO(member_bytes(self._archive, info, self._scan, _IN_MEMORY))
        return cast("BinaryIO", _Spooled(self._archive, info, self._scan))

    def starts_as_program(self, info: zipfile.ZipInfo) -> bool:
        """Whether the first bytes are those of an executable; what cannot be read is left to the collector."""
        try:
            with self._archive.open(info) as member:
                return member.read(4).startswith(MAGICS)
        except Exception:
            return True


class _Spooled(io.BufferedIOBase):
    """A large member, unpacked to a temporary file that lives as long as this is open."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, scan: Scan) -> None:
        self._context = spooled_member(archive, info, scan)
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
    with open_zip(stream, scan.limits) as archive:
        tree = ZipTree(archive, scan)
        for info in archive.infolist():
            gathering.count()
            path = safe_path(info.filename.replace("\\", "/"))
            if path is None or info.filename.startswith("/"):
                gathering.problem(
                    ProblemKind.UNSAFE, shown(info.filename), "a path that leaves the archive is not followed"
                )
            elif not info.is_dir() and not stat.S_ISLNK(info.external_attr >> 16):
                tree.members[path] = info
        gathering.detect(tree)
        for number, (path, info) in enumerate(sorted(tree.members.items())):
            gathering.tell("reading the archive", number, len(tree.members))
            folder, _, name = path.rpartition("/")
            collectors = wanted(folder, name)
            if (
                not collectors
                and info.file_size >= _SMALLEST_EXECUTABLE
                and could_be_executable(name)
                and tree.starts_as_program(info)
            ):
                collectors = (EXECUTABLE,)
            if collectors and (file := tree.get(path)) is not None:
                gathering.collect(file, collectors)

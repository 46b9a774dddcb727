"""Layers of a file system put on top of each other, keeping only the files that collectors may want."""

from __future__ import annotations

from operator import itemgetter
from typing import BinaryIO, NamedTuple

from garrison.scan.inventory import os_release
from garrison.scan.inventory.collectors import EXECUTABLE, could_be_executable, wanted
from garrison.scan.inventory.collectors.collector import Collector
from garrison.scan.inventory.collectors.executable import MAGICS
from garrison.scan.inventory.files import File, Unreadable, malformed
from garrison.scan.inventory.gather import Gathering, shown
from garrison.scan.inventory.model import ProblemKind
from garrison.scan.inventory.targets import tar
from garrison.scan.inventory.targets.streams import Spool, Window, buffered, unpacked

_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_SMALLEST_EXECUTABLE = 65536
_PIECE = 1 << 20
_KEPT = frozenset({*os_release.PATHS, *os_release.FALLBACKS})
_KEPT_NAMES = frozenset({"rpmdb.sqlite-wal"})


class _Entry(NamedTuple):
    layer: int
    size: int
    mode: int
    window: Window
    collectors: tuple[Collector, ...]


class Layers:
    """The upper file system of the layers added so far. Also the tree that collectors ask."""

    def __init__(self, gathering: Gathering, spool: Spool) -> None:
        self._gathering, self._spool = gathering, spool
        self._entries: dict[str, _Entry] = {}
        self._links: dict[str, str] = {}
        self._diff_ids: list[str] = []

    def add(self, source: Window, diff_id: str, stage: str) -> None:
        """Put the layer in `source`, packed or not, on top. What cannot be read of it becomes a problem."""
        number = len(self._diff_ids)
        self._diff_ids.append(diff_id)
        gathering = self._gathering
        stream = unpacked(source, gathering.scan.budget)
        plain = source if stream is source else None
        below = self._folders()
        reader = tar.TarReader(stream)
        count = 0
        gathering.tell(stage, 0)
        for member in reader:
            count += 1
            gathering.count()
            if count % 512 == 0:
                gathering.scan.budget.check()
                gathering.tell(stage, count)
            path = safe_path(member.name)
            if path is None:
                gathering.problem(
                    ProblemKind.UNSAFE, shown(member.name), "a path that leaves the image is not followed"
                )
                continue
            self._apply(member, path, number, reader, plain, below)
        if not reader.ended:
            raise malformed("the tar archive has no end mark: it may be cut off")
        if plain is None:
            # To the packed stream's end, where its own checksum is.
            while stream.read(_PIECE):
                pass

    def _folders(self) -> set[str]:
        """Every folder above a kept file."""
        folders = set()
        for path in self._entries:
            while (slash := path.rfind("/")) > 0:
                path = path[:slash]
                if path in folders:
                    break
                folders.add(path)
        return folders

    def _apply(
        self, member: tar.Member, path: str, number: int, reader: tar.TarReader, plain: Window | None, below: set[str]
    ) -> None:
        folder, _, name = path.rpartition("/")
        if name.startswith(_WHITEOUT):
            if name == _OPAQUE:
                self._remove_below(folder, number)
            else:
                hidden = f"{folder}/{name[len(_WHITEOUT) :]}" if folder else name[len(_WHITEOUT) :]
                self._remove_below(hidden, number)
                entry = self._entries.get(hidden)
                if entry is not None and entry.layer < number:
                    del self._entries[hidden]
                self._links.pop(hidden, None)
            return
        if member.kind == tar.FOLDER:
            self._entries.pop(path, None)
            self._links.pop(path, None)
            return
        # Whatever else stands here now hides a folder of that name below.
        if path in below:
            self._remove_below(path, number)
        self._entries.pop(path, None)
        self._links.pop(path, None)
        collectors = wanted(folder, name)
        if member.kind == tar.SYMLINK:
            if path in _KEPT:
                self._links[path] = member.link
        elif member.kind == tar.HARD_LINK:
            target = self._entries.get(safe_path(member.link) or "")
            if target is not None:
                chosen = collectors or tuple(c for c in target.collectors if c is EXECUTABLE)
                self._entries[path] = target._replace(layer=number, collectors=chosen)
            elif collectors:
                self._gathering.problem(
                    ProblemKind.UNSUPPORTED, shown(path), f"a hard link to {shown(member.link)}, which was not kept"
                )
        elif member.kind == tar.FILE:
            first = b""
            if not collectors and path not in _KEPT and name not in _KEPT_NAMES:
                if (
                    not member.mode & 0o111
                    or member.size < _SMALLEST_EXECUTABLE
                    or not could_be_executable(name)
                    or not (first := reader.content(4)).startswith(MAGICS)
                ):
                    return
                collectors = (EXECUTABLE,)
            window = self._keep(member, path, reader, plain, first)
            if window is not None:
                self._entries[path] = _Entry(number, member.size, member.mode, window, collectors)
        elif collectors:
            self._gathering.problem(ProblemKind.UNSUPPORTED, shown(path), "is no regular file in the image")

    def _keep(
        self, member: tar.Member, path: str, reader: tar.TarReader, plain: Window | None, first: bytes
    ) -> Window | None:
        """Where the content can be read again: in the archive itself when that is not packed, else in the spool."""
        if plain is not None:
            return plain.part(member.offset, member.size)
        if member.size > self._gathering.scan.limits.binary_bytes:
            self._gathering.problem(
                ProblemKind.LIMIT, shown(path), f"{member.size} bytes, more than the limit for one file"
            )
            return None
        start, left = self._spool.size, member.size - len(first)
        try:
            self._spool.append(first)
            while left:
                piece = reader.content(min(left, _PIECE))
                self._spool.append(piece)
                left -= len(piece)
        except Unreadable as error:
            if error.kind is not ProblemKind.LIMIT:
                raise
            self._gathering.problem(error.kind, shown(path), error.reason)
            return None
        return self._spool.window(start, member.size)

    def _remove_below(self, folder: str, number: int) -> None:
        """Forget what lower layers have below `folder`."""
        prefix = f"{folder}/" if folder else ""
        for path in [path for path, entry in self._entries.items() if entry.layer < number and path.startswith(prefix)]:
            del self._entries[path]
        for path in [path for path in self._links if path.startswith(prefix)]:
            del self._links[path]

    def get(self, path: str) -> File | None:
        """The kept file at `path`."""
        target = self._links.get(path)
        if target is not None:
            joined = target if target.startswith("/") else f"{path.rpartition('/')[0]}/{target}"
            path = safe_path(joined, inside=True) or ""
        entry = self._entries.get(path)
        return self._file(path, entry) if entry is not None else None

    def _file(self, path: str, entry: _Entry) -> File:
        window = entry.window

        def opener() -> BinaryIO:
            return buffered(window.part(0, entry.size))

        return File(shown(path), entry.size, opener, bool(entry.mode & 0o111), self._diff_ids[entry.layer])

    def collect(self, stage: str) -> None:
        """Run the collectors over what is on top."""
        self._gathering.detect(self)
        chosen = sorted(((path, entry) for path, entry in self._entries.items() if entry.collectors), key=itemgetter(0))
        for number, (path, entry) in enumerate(chosen):
            self._gathering.tell(stage, number, len(chosen))
            self._gathering.collect(self._file(path, entry), entry.collectors)


def safe_path(name: str, *, inside: bool = False) -> str | None:
    """A member's name as a path below the root; None when it leaves it. `inside`: `..` at the root stays there."""
    parts: list[str] = []
    for part in name.split("/"):
        if part in ("", "."):
            continue
        if part == "..":
            if not parts and not inside:
                return None
            del parts[-1:]
        else:
            parts.append(part)
    return "/".join(parts)

"""Compiled scan databases in files, so that the seconds they take are spent once on a machine."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, MutableMapping
from pathlib import Path

MOST = 64
"""Databases kept; the ones longest not used go. Each has up to some megabytes."""


class Directory(MutableMapping[str, bytes]):
    """Blobs by content hash in a directory of this user's own: what is in it is trusted as program text is.

    Files that cannot be read or written are as if they were not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __getitem__(self, key: str) -> bytes:
        file = self._path / f"{key}.hs"
        try:
            if self._path.stat().st_uid != os.getuid() or self._path.stat().st_mode & 0o022:
                raise KeyError(key)
            blob = file.read_bytes()
            os.utime(file)
        except OSError:
            raise KeyError(key) from None
        return blob

    def __setitem__(self, key: str, blob: bytes) -> None:
        with contextlib.suppress(OSError):
            self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self._path)
            with os.fdopen(handle, "wb") as file:
                file.write(blob)
            Path(name).replace(self._path / f"{key}.hs")
            self._forget()

    def __delitem__(self, key: str) -> None:
        try:
            (self._path / f"{key}.hs").unlink()
        except OSError:
            raise KeyError(key) from None

    def __iter__(self) -> Iterator[str]:
        return (file.stem for file in self._path.glob("*.hs"))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, key: object) -> bool:
        return (self._path / f"{key}.hs").exists()

    def _forget(self) -> None:
        files = sorted(self._path.glob("*.hs"), key=lambda file: file.stat().st_mtime)
        for file in files[:-MOST]:
            file.unlink(missing_ok=True)

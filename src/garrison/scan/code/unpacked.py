"""Code as files in a folder: a zip is unpacked into one, within Lambda's own limits."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOST_BYTES = 250 * 1024 * 1024
"""Unzipped. Source: Lambda quotas, deployment package."""
MOST_FILES = 20_000


class NotUnpacked(ValueError):
    """The archive is none, or more than may be unpacked."""


@contextmanager
def unpacked(target: Path) -> Iterator[Path]:
    """A folder with the code. Raises `NotUnpacked`."""
    if target.is_dir():
        yield target
        return
    with tempfile.TemporaryDirectory(prefix="garrison-code-") as folder:
        place = Path(folder)
        try:
            with zipfile.ZipFile(target) as archive:
                _extract(archive, place)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as e:
            raise NotUnpacked(f"{target}: {e}") from e
        yield place


def _extract(archive: zipfile.ZipFile, place: Path) -> None:
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise NotUnpacked(f"more than {MOST_FILES} files")
    left = MOST_BYTES
    for entry in entries:
        parts = [part for part in entry.filename.replace("\\", "/").split("/") if part not in ("", ".")]
        if entry.is_dir() or not parts or ".." in parts or ":" in parts[0]:
            continue
        path = place.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source, path.open("wb") as to:
            while piece := source.read(1 << 16):
                left -= len(piece)
                if left < 0:
                    raise NotUnpacked(f"more than {MOST_BYTES} bytes unpacked")
                to.write(piece)

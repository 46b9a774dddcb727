"""Files of a source, out of a folder, a zip, a tar, a compressed file or a plain one: bounded, checked, never unpacked
to disk."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

MIB = 1 << 20
_PACKED: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_READ = (".json", ".yaml", ".yml", ".md", ".csv", ".xml")


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How much one source may be."""

    files: int = 2_000_000
    file_bytes: int = 2048 * MIB
    total_bytes: int = 32 * 1024 * MIB
    ratio: int = 250
    """How many bytes one packed byte may become, once a file is larger than 16 MiB."""


class Input(NamedTuple):
    """A file of a source."""

    name: str
    data: bytes
    done: int
    """Files so far, of `total`."""
    total: int | None


class BadInput(ValueError):
    """A source cannot be read, or is more than it may be; the message names it and the reason."""


def inputs(path: Path, bounds: Bounds | None = None) -> Iterator[Input]:
    """All files of a source that an importer may read. Raises `BadInput`."""
    bounds = bounds or Bounds()
    total = 0
    try:
        for count, item in enumerate(_files(path, bounds), 1):
            total += len(item.data)
            if count > bounds.files or total > bounds.total_bytes:
                raise BadInput(
                    f"{path}: more than {bounds.files} files or {bounds.total_bytes} bytes; not read further"
                )
            yield item
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as e:
        raise BadInput(f"{path} is damaged: {e}") from e
    except OSError as e:
        raise BadInput(f"{path} cannot be read: {e.strerror or e}") from e
    except (NotImplementedError, RuntimeError) as e:  # zip: unknown compression, encryption
        raise BadInput(f"{path} cannot be unpacked: {e}") from e


def _files(path: Path, bounds: Bounds) -> Iterator[Input]:
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.suffix in _READ and p.is_file() and not p.is_symlink())
        for done, file in enumerate(found, 1):
            with file.open("rb") as stream:
                yield Input(str(file.relative_to(path)), _bounded(stream, str(file), bounds, None), done, len(found))
        return
    with path.open("rb") as stream:
        head = stream.read(512)
    if head[:4] == b"PK\x03\x04" or path.suffix == ".zip":
        yield from _zip(path, bounds)
        return
    packed = next((s for s in _PACKED if path.name.endswith(s)), "")
    inner = path.name.removesuffix(packed)
    if inner.endswith((".tar", ".tgz")) or path.suffix == ".tgz":
        yield from _tar(path, bounds)
        return
    if packed:
        with _PACKED[packed](path, "rb") as unpacked:
            yield Input(inner, _bounded(unpacked, path.name, bounds, path.stat().st_size), 1, 1)
        return
    with path.open("rb") as stream:
        yield Input(path.name, _bounded(stream, path.name, bounds, None), 1, 1)


def _zip(path: Path, bounds: Bounds) -> Iterator[Input]:
    with zipfile.ZipFile(path) as archive:
        entries = [e for e in archive.infolist() if e.filename.endswith(_READ)]
        for done, entry in enumerate(entries, 1):
            # Reading to the end of a member checks its CRC.
            with archive.open(entry) as stream:
                data = _bounded(stream, entry.filename, bounds, entry.compress_size)
            yield Input(entry.filename, data, done, len(entries))


def _tar(path: Path, bounds: Bounds) -> Iterator[Input]:
    # The compressed stream is bounded by what is read of it: a tar of nothing but skipped members too.
    with tarfile.open(path, "r|*") as archive:
        done = passed = 0
        for entry in archive:
            passed += entry.size
            if passed > bounds.total_bytes:
                raise BadInput(f"{path}: unpacks to more than {bounds.total_bytes} bytes")
            if not entry.isfile() or not entry.name.endswith(_READ):
                continue
            stream = archive.extractfile(entry)
            if stream is not None:
                done += 1
                yield Input(entry.name, _bounded(stream, entry.name, bounds, None), done, None)


def _bounded(stream: IO[bytes], name: str, bounds: Bounds, packed: int | None) -> bytes:
    """All of a stream, unless it is more than it may be."""
    limit = bounds.file_bytes
    if packed is not None:
        limit = min(limit, max(16 * MIB, packed * bounds.ratio))
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise BadInput(f"{name} unpacks to more than {limit} bytes: not read")
    return data

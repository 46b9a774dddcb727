"""The header of an installed RPM, as every form of the database keeps it.

Layout (rpm's documentation, "RPM package file structure", without the lead and magic): two big-endian 32-bit counts,
of index entries and of data bytes; entries of 16 bytes (tag, type, offset, count); the data.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

NAME, VERSION, RELEASE, EPOCH, ARCH, SOURCERPM = 1000, 1001, 1002, 1003, 1022, 1044
DIRINDEXES, BASENAMES, DIRNAMES = 1116, 1117, 1118
MODULARITYLABEL = 5096
_STRINGS = {NAME: "name", VERSION: "version", RELEASE: "release", ARCH: "arch", SOURCERPM: "source_rpm"}
_INT32, _STRING, _STRING_ARRAY, _I18N = 4, 6, 8, 9
_MAGIC = b"\x8e\xad\xe8\x01"
_ENTRY = struct.Struct(">IIII")


class RpmHeader(NamedTuple):
    """What an installed RPM says of itself; empty strings where it says nothing."""

    name: str
    version: str
    release: str
    epoch: int | None
    arch: str
    source_rpm: str
    modularity: str


def owns(blob: bytes, paths: Iterable[str]) -> bool:
    """Whether the package brought one of `paths` (absolute): a file's name and its folder stand apart in the header.

    Raises ValueError for a header that is damaged.
    """
    wanted = [(folder + "/", name) for folder, _, name in (path.rpartition("/") for path in paths)]
    if not any(name.encode() in blob for _, name in wanted):
        return False  # nearly every package
    if blob[:4] == _MAGIC:
        blob = blob[8:]
    try:
        count, size = struct.unpack_from(">II", blob)
        start = 8 + 16 * count
        entries = {tag: (kind, start + at, many) for tag, kind, at, many in _ENTRY.iter_unpack(blob[8:start])}
        if not entries.keys() >= {DIRINDEXES, BASENAMES, DIRNAMES}:
            return False
        names, folders = (_strings(blob, *entries[tag], start + size) for tag in (BASENAMES, DIRNAMES))
        _, at, many = entries[DIRINDEXES]
        places = struct.unpack_from(f">{many}I", blob, at)
        return any((folders[place], name) in wanted for place, name in zip(places, names, strict=False))
    except (struct.error, IndexError) as error:
        raise ValueError("an RPM header is cut off") from error


def _strings(blob: bytes, kind: int, at: int, count: int, end: int) -> list[str]:
    found = blob[at:end].split(b"\0", count)[:count] if kind in (_STRING, _STRING_ARRAY) else []
    return [text.decode("utf-8", "replace") for text in found]


def parse(blob: bytes) -> RpmHeader:
    """Raises ValueError when `blob` is not a header with a name and a version."""
    if blob[:4] == _MAGIC:
        blob = blob[8:]
    if len(blob) < 8:
        raise ValueError("an RPM header of less than 8 bytes")
    count, size = struct.unpack_from(">II", blob)
    start = 8 + 16 * count
    if count > 0xFFFF or start + size > len(blob):
        raise ValueError("an RPM header is cut off")
    values: dict[str, str] = {}
    epoch: int | None = None
    for tag, kind, offset, _ in _ENTRY.iter_unpack(blob[8:start]):
        key = _STRINGS.get(tag) or ("modularity" if tag == MODULARITYLABEL else "")
        if key and kind in (_STRING, _STRING_ARRAY, _I18N):
            if offset >= size:
                raise ValueError("an RPM header points past its end")
            end = blob.find(b"\0", start + offset, start + size)
            if end < 0:
                raise ValueError("an RPM header holds a string without end")
            values[key] = blob[start + offset : end].decode("utf-8", "replace")
        elif tag == EPOCH and kind == _INT32:
            if offset + 4 > size:
                raise ValueError("an RPM header points past its end")
            (epoch,) = struct.unpack_from(">I", blob, start + offset)
    if not values.get("name") or not values.get("version"):
        raise ValueError("an RPM header without name or version")
    return RpmHeader(
        values["name"],
        values["version"],
        values.get("release", ""),
        epoch,
        values.get("arch", ""),
        values.get("source_rpm", ""),
        values.get("modularity", ""),
    )

"""Executables that carry what they were built from: Go's build information, Rust's by cargo-auditable."""

from __future__ import annotations

import zlib
from typing import BinaryIO, Literal

from garrison.scan.inventory.collectors import elf
from garrison.scan.inventory.collectors.collector import Collector, Found, language_package, malformed_entry
from garrison.scan.inventory.collectors.documents import json_object
from garrison.scan.inventory.collectors.go_mod import toolchain_version
from garrison.scan.inventory.files import File, Scan, malformed, too_large
from garrison.scan.inventory.package import PackageManager

_GO = b"\xff Go buildinf:"
_GO_BYTES = 16 << 20
_PIECE = 4 << 20
_OTHER_MAGICS = (b"MZ", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xcf")
MAGICS = (elf.MAGIC, *_OTHER_MAGICS)


def collect(file: File, scan: Scan) -> Found:
    """Modules and crates; nothing for an executable that carries neither."""
    with file.opener() as stream:
        head = stream.read(4)
        if not head.startswith(MAGICS):
            return
        if file.size > scan.limits.binary_bytes:
            raise too_large(file.size, scan.limits.binary_bytes)
        binary = elf.parse(stream)
        if binary is None:
            if head.startswith(_OTHER_MAGICS) and head != b"\xca\xfe\xba\xbe":
                start = _search(stream, 0, file.size, scan)
                if start is not None:
                    yield from _go(file, stream, start, None)
            return
        if crates := binary.section(".dep-v0"):
            yield from _rust(file, stream, crates, scan)
        start = None
        if section := binary.section(".go.buildinfo"):
            start = _search(stream, section.offset, min(section.size, 1 << 20), scan)
        elif not binary.sections:
            # Stripped of its section table: the information opens the first writable segment.
            for segment in binary.segments:
                if segment.writable and start is None:
                    start = _search(stream, segment.offset, min(segment.size, 1 << 20), scan)
        if start is not None:
            yield from _go(file, stream, start, binary)


def _search(stream: BinaryIO, offset: int, size: int, scan: Scan) -> int | None:
    """Offset of Go's mark, which stands at a multiple of 16."""
    stream.seek(offset)
    end, place, kept = offset + size, offset, b""
    while place < end:
        piece = stream.read(min(_PIECE, end - place))
        if not piece:
            break
        scan.budget.check()
        window, start = kept + piece, place - len(kept)
        found = window.find(_GO)
        while found >= 0:
            if (start + found) % 16 == 0:
                return start + found
            found = window.find(_GO, found + 1)
        place += len(piece)
        kept = window[-(len(_GO) - 1) :]
    return None


def _varint_string(data: bytes, offset: int) -> tuple[bytes, int]:
    length, shift = 0, 0
    while True:
        if offset >= len(data) or shift > 35:
            raise malformed("Go build information is cut off")
        byte = data[offset]
        offset += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    if offset + length > len(data):
        raise malformed("Go build information is cut off")
    return data[offset : offset + length], offset + length


def _pointed_string(stream: BinaryIO, binary: elf.Elf, width: int, order: str, address: int) -> bytes:
    """The string at a Go string header (pointer, length) at `address`."""
    letter: Literal["little", "big"] = "little" if order == "<" else "big"
    place = binary.place(address)
    if place is None:
        return b""
    stream.seek(place)
    head = stream.read(2 * width)
    data, length = int.from_bytes(head[:width], letter), int.from_bytes(head[width:], letter)
    place = binary.place(data)
    if place is None or length > _GO_BYTES:
        return b""
    stream.seek(place)
    return stream.read(length)


def _go(file: File, stream: BinaryIO, start: int, binary: elf.Elf | None) -> Found:
    stream.seek(start)
    head = stream.read(32)
    if len(head) < 32:
        raise malformed("Go build information is cut off")
    width, flags = head[14], head[15]
    if flags & 2:
        stream.seek(start + 32)
        data = stream.read(_GO_BYTES)
        version, offset = _varint_string(data, 0)
        modules, _ = _varint_string(data, offset)
    elif binary is not None and width in (4, 8):
        order = ">" if flags & 1 else "<"
        letter: Literal["little", "big"] = "big" if flags & 1 else "little"
        version, modules = (
            _pointed_string(stream, binary, width, order, int.from_bytes(head[at : at + width], letter))
            for at in (16, 16 + width)
        )
    else:
        return
    # Between two marks of 16 bytes, the second after a line's end.
    if modules and (len(modules) < 33 or modules[-17:-16] != b"\n"):
        raise malformed("Go build information is damaged")
    modules = modules[16:-16]
    if toolchain := toolchain_version(version.decode("utf-8", "replace")):
        yield language_package(file, "Go", "stdlib", toolchain, PackageManager.GOBINARY, "go-binary")
    last: tuple[str, str] | None = None
    found: list[tuple[str, str]] = []
    for line in modules.decode("utf-8", "replace").splitlines():
        words = line.split("\t")
        if words[0] in ("mod", "dep", "=>"):
            if len(words) < 3:
                yield malformed_entry(file, "Go build information holds a module without version")
                continue
            if words[0] == "=>" and last is not None:
                found.pop()
            last = (words[1], words[2])
            found.append(last)
    for path, version_text in found:
        if version_text and version_text != "(devel)" and not path.startswith(("./", "../", "/")):
            yield language_package(
                file, "Go", path, version_text.removeprefix("v"), PackageManager.GOBINARY, "go-binary"
            )


def _rust(file: File, stream: BinaryIO, section: elf.Section, scan: Scan) -> Found:
    limit = scan.limits.text_bytes
    stream.seek(section.offset)
    packed = stream.read(min(section.size, limit))
    inflate = zlib.decompressobj()
    try:
        content = inflate.decompress(packed, limit)
    except zlib.error as error:
        raise malformed(f"cargo-auditable's list cannot be unpacked: {error}") from error
    if not inflate.eof:
        raise malformed("cargo-auditable's list is cut off or too large")
    entries = json_object(content).get("packages")
    if not isinstance(entries, list):
        raise malformed("cargo-auditable's list holds no packages")
    for entry in entries:
        name, version = (entry.get("name"), entry.get("version")) if isinstance(entry, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(version, str):
            yield malformed_entry(file, "a crate without name or version")
        elif entry.get("source") not in ("local", None) and entry.get("kind") != "build":
            yield language_package(file, "crates.io", name, version, PackageManager.CARGO, "rust-binary")


COLLECTOR = Collector("go-binary", collect, executables=True)

"""ELF: where sections and segments are, read with care from files of any origin."""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

MAGIC = b"\x7fELF"
_SECTIONS, _SEGMENTS = 4096, 512
_NAMES_BYTES = 1 << 20
_PT_LOAD, _PF_W = 1, 2
_SHT_NOBITS = 8


class Section(NamedTuple):
    """A named range of the file."""

    name: str
    offset: int
    size: int
    address: int


class Segment(NamedTuple):
    """A range of the file that is loaded at `address`."""

    offset: int
    size: int
    address: int
    writable: bool


class Elf(NamedTuple):
    """What is needed of an ELF file."""

    order: str
    """`<` or `>`, as struct has it."""
    wide: bool
    """64 bit."""
    sections: tuple[Section, ...]
    segments: tuple[Segment, ...]

    def section(self, name: str) -> Section | None:
        """The first section of that name."""
        return next((section for section in self.sections if section.name == name), None)

    def place(self, address: int) -> int | None:
        """File offset of a loaded address."""
        for segment in self.segments:
            if segment.address <= address < segment.address + segment.size:
                return segment.offset + address - segment.address
        return None


def _read(stream: BinaryIO, offset: int, size: int) -> bytes:
    stream.seek(offset)
    return stream.read(size)


def parse(stream: BinaryIO) -> Elf | None:
    """None: not an ELF file, or not one that could run."""
    head = _read(stream, 0, 64)
    if head[:4] != MAGIC or len(head) < 52 or head[4] not in (1, 2) or head[5] not in (1, 2):
        return None
    wide, order = head[4] == 2, "<" if head[5] == 1 else ">"
    if wide and len(head) < 64:
        return None
    phoff, shoff = struct.unpack_from(order + ("QQ" if wide else "II"), head, 32 if wide else 28)
    phentsize, phnum, shentsize, shnum, shstrndx = struct.unpack_from(order + "5H", head, 54 if wide else 42)
    segments = []
    if phentsize == (56 if wide else 32):
        for entry in struct.iter_unpack(
            order + ("IIQQQQQQ" if wide else "8I"),
            _whole(_read(stream, phoff, phentsize * min(phnum, _SEGMENTS)), phentsize),
        ):
            if wide:
                kind, flags, offset, address, _, size = entry[:6]
            else:
                kind, offset, address, _, size, _, flags = entry[:7]
            if kind == _PT_LOAD:
                segments.append(Segment(offset, size, address, bool(flags & _PF_W)))
    sections = []
    if shentsize == (64 if wide else 40) and shnum:
        table = _whole(_read(stream, shoff, shentsize * min(shnum, _SECTIONS)), shentsize)
        entries = list(struct.iter_unpack(order + ("IIQQQQIIQQ" if wide else "10I"), table))
        if shstrndx < len(entries):
            names = _read(stream, entries[shstrndx][4], min(entries[shstrndx][5], _NAMES_BYTES))
            for name, kind, _, address, offset, size, *_ in entries:
                if kind != _SHT_NOBITS:
                    end = names.find(b"\0", name)
                    sections.append(Section(names[name : max(end, name)].decode("latin-1"), offset, size, address))
    return Elf(order, wide, tuple(sections), tuple(segments))


def _whole(table: bytes, size: int) -> bytes:
    return table[: len(table) // size * size]

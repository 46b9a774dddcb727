"""RPM databases written by hand, in the three forms rpm keeps them."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path


def header(
    name: str,
    version: str,
    release: str,
    *,
    epoch: int | None = None,
    arch: str = "x86_64",
    source: str = "",
    modularity: str = "",
    padding: int = 0,
    files: tuple[str, ...] = (),
) -> bytes:
    """The header blob of an installed package."""
    entries, data = [], b""
    texts = [(1000, name), (1001, version), (1002, release), (1022, arch), (1044, source), (5096, modularity)]
    for tag, text in texts:
        if text:
            entries.append((tag, 6, len(data), 1))
            data += text.encode() + b"\0"
    if epoch is not None:
        data += b"\0" * (-len(data) % 4)
        entries.append((1003, 4, len(data), 1))
        data += struct.pack(">I", epoch)
    if files:
        folders = sorted({f.rpartition("/")[0] + "/" for f in files})
        for tag, texts_of in ((1117, [f.rpartition("/")[2] for f in files]), (1118, folders)):
            entries.append((tag, 8, len(data), len(texts_of)))
            data += b"".join(text.encode() + b"\0" for text in texts_of)
        data += b"\0" * (-len(data) % 4)
        entries.append((1116, 4, len(data), len(files)))
        data += b"".join(struct.pack(">I", folders.index(f.rpartition("/")[0] + "/")) for f in files)
    data += b"\0" * padding
    index = b"".join(struct.pack(">IIII", *entry) for entry in entries)
    return struct.pack(">II", len(entries), len(data)) + index + data


def sqlite(path: Path, blobs: list[bytes]) -> None:
    """rpmdb.sqlite."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
    connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(blob,) for blob in blobs])
    connection.commit()
    connection.close()


def ndb(blobs: list[bytes]) -> bytes:
    """Packages.db."""
    slots, body, offset = b"", b"", 4096
    for number, blob in enumerate(blobs, 1):
        whole = struct.pack("<4sIII", b"BlbS", number, 1, len(blob)) + blob
        whole += b"\0" * (-len(whole) % 16) + bytes(16)
        slots += struct.pack("<4sIII", b"Slot", number, offset // 16, len(whole) // 16)
        body += whole
        offset += len(whole)
    head = struct.pack("<4sIII", b"RpmP", 0, 1, 1) + bytes(16)
    empty = struct.pack("<4sIII", b"Slot", 0, 0, 0)
    page = head + slots
    page += empty * ((4096 - len(page)) // 16)
    return page + body


def bdb(blobs: list[bytes], order: str = "<", page_size: int = 4096) -> bytes:
    """Packages as a Berkeley DB hash: every blob in overflow pages, as rpm's are."""
    pages: list[bytes] = [b"", b""]  # the metadata and one hash page, written at the end
    items: list[bytes] = [struct.pack(order + "BI", 1, 0), struct.pack(order + "BI", 1, len(blobs))]
    for number, blob in enumerate(blobs, 1):
        first, room = len(pages), page_size - 26
        pieces = [blob[at : at + room] for at in range(0, len(blob), room)]
        for place, piece in enumerate(pieces):
            following = first + place + 1 if place + 1 < len(pieces) else 0
            head = struct.pack(order + "QIIIHHBB", 0, first + place, 0, following, 1, len(piece), 0, 7)
            pages.append((head + piece).ljust(page_size, b"\0"))
        items.append(struct.pack(order + "BI", 1, number))
        items.append(struct.pack(order + "B3xII", 3, first, len(blob)))
    page, offsets, end = bytearray(page_size), [], page_size
    for item in items:
        end -= len(item)
        page[end : end + len(item)] = item
        offsets.append(end)
    struct.pack_into(order + "QIIIHHBB", page, 0, 0, 1, 0, 0, len(items), end, 0, 13)
    struct.pack_into(f"{order}{len(offsets)}H", page, 26, *offsets)
    pages[1] = bytes(page)
    meta = bytearray(page_size)
    struct.pack_into(order + "QIIIIBBBBII", meta, 0, 0, 0, 0x061561, 9, page_size, 0, 8, 0, 0, 0, len(pages) - 1)
    pages[0] = bytes(meta)
    return b"".join(pages)

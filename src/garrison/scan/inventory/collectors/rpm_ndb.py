"""rpm's ndb form (`Packages.db`): slots that say where blobs are.

Layout, little-endian: a 32-byte head (`RpmP`, version, generation, pages of slots), slots of 16 bytes (`Slot`, package
index, offset and count in blocks of 16 bytes) to the end of the slot pages of 4096 bytes, blobs with a 16-byte head
(`BlbS`, package index, generation, length).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from garrison.scan.inventory.files import malformed

_PAGE = 4096
_BLOB_LIMIT = 256 << 20


def blobs(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """The header blobs; raises Unreadable at the first thing that is not as it should be."""
    head = stream.read(32)
    if len(head) < 32 or head[:4] != b"RpmP":
        raise malformed("not an rpm ndb database")
    version, _, pages = struct.unpack_from("<III", head, 4)
    if version != 0:
        raise malformed(f"rpm ndb database of unknown version {version}")
    if pages == 0 or pages * _PAGE > size:
        raise malformed("rpm ndb database is cut off in its slots")
    slots = stream.read(pages * _PAGE - 32)
    if len(slots) < pages * _PAGE - 32:
        raise malformed("rpm ndb database is cut off in its slots")
    for magic, index, offset, count in struct.iter_unpack("<4sIII", slots):
        if magic != b"Slot":
            raise malformed("rpm ndb database holds a slot that is none")
        if index == 0:
            continue
        stream.seek(offset * 16)
        blob_head = stream.read(16)
        if len(blob_head) < 16 or blob_head[:4] != b"BlbS":
            raise malformed(f"rpm ndb database holds no blob where package {index} should be")
        blob_index, _, length = struct.unpack_from("<III", blob_head, 4)
        if blob_index != index or length > min(size, _BLOB_LIMIT) or length > count * 16:
            raise malformed(f"rpm ndb database: the blob of package {index} does not fit its slot")
        blob = stream.read(length)
        if len(blob) < length:
            raise malformed("rpm ndb database is cut off")
        yield blob

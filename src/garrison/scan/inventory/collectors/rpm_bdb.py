"""rpm's Berkeley DB form (`Packages`, a hash database): read page by page, without the library.

Layout (Berkeley DB's db_page.h, as documented): a page has a 26-byte head (log number 8, page number, previous, next,
entry count 16 bit, offset 16 bit, level, type); hash pages an index of 16-bit offsets of alternating keys and values;
a value is inline (type 1) or the number of the first of a chain of overflow pages (type 3).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from garrison.scan.inventory.files import malformed

_HASH_MAGIC, _BTREE_MAGIC = 0x061561, 0x053162
_HASH_UNSORTED, _OVERFLOW, _HASH = 2, 7, 13
_KEYDATA, _OFFPAGE = 1, 3
_HEAD = 26
_BLOB_LIMIT = 256 << 20


def blobs(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """The header blobs; raises Unreadable at the first thing that is not as it should be."""
    meta = stream.read(512)
    if len(meta) < 72:
        raise malformed("not a Berkeley DB database")
    order = "<"
    for order in "<>":
        if struct.unpack_from(order + "I", meta, 12)[0] in (_HASH_MAGIC, _BTREE_MAGIC):
            break
    else:
        raise malformed("not a Berkeley DB database")
    if struct.unpack_from(order + "I", meta, 12)[0] != _HASH_MAGIC:
        raise malformed("a Berkeley DB database, but not the hash form rpm writes")
    page_size, last = struct.unpack_from(order + "I", meta, 20)[0], struct.unpack_from(order + "I", meta, 32)[0]
    if page_size not in (512, 1024, 2048, 4096, 8192, 16384, 32768, 65536):
        raise malformed(f"Berkeley DB database with pages of {page_size} bytes")
    if meta[24]:
        raise malformed("an encrypted Berkeley DB database")
    if (last + 1) * page_size > size:
        raise malformed("Berkeley DB database is cut off")
    visited: set[int] = set()
    for number in range(1, last + 1):
        stream.seek(number * page_size)
        page = stream.read(page_size)
        if page[25:26] in (bytes((_HASH,)), bytes((_HASH_UNSORTED,))):
            yield from _page_blobs(stream, page, order, last, visited)


def _page_blobs(stream: BinaryIO, page: bytes, order: str, last: int, visited: set[int]) -> Iterator[bytes]:
    (entries,) = struct.unpack_from(order + "H", page, 20)
    if _HEAD + 2 * entries > len(page):
        raise malformed("Berkeley DB database: a page holds more entries than fit")
    offsets = struct.unpack_from(f"{order}{entries}H", page, _HEAD)
    for place in range(1, entries, 2):
        offset, end = offsets[place], offsets[place - 1]
        if not _HEAD <= offset < len(page):
            raise malformed("Berkeley DB database: an entry lies outside its page")
        kind = page[offset]
        if kind == _KEYDATA:
            # The one record that is not a header is a counter of four bytes.
            if end - offset > 16:
                yield page[offset + 1 : end]
        elif kind == _OFFPAGE:
            if offset + 12 > len(page):
                raise malformed("Berkeley DB database: an entry lies outside its page")
            first, length = struct.unpack_from(order + "II", page, offset + 4)
            yield _overflow(stream, first, length, len(page), order, last, visited)


def _overflow(
    stream: BinaryIO, number: int, length: int, page_size: int, order: str, last: int, visited: set[int]
) -> bytes:
    if length > _BLOB_LIMIT:
        raise malformed(f"Berkeley DB database: a record of {length} bytes")
    content = bytearray()
    while number:
        # Each overflow page belongs to one record: one met twice is a circle, or a way to make much out of little.
        if number > last or number in visited:
            raise malformed("Berkeley DB database: a chain of pages leads astray")
        visited.add(number)
        stream.seek(number * page_size)
        page = stream.read(page_size)
        if len(page) < page_size or page[25] != _OVERFLOW:
            raise malformed("Berkeley DB database: a chain of pages leads astray")
        (used,) = struct.unpack_from(order + "H", page, 22)
        content += page[_HEAD : _HEAD + used]
        if len(content) > length:
            break
        (number,) = struct.unpack_from(order + "I", page, 16)
    if len(content) != length:
        raise malformed("Berkeley DB database: a record is not as long as it says")
    return bytes(content)

"""`UTF8_TO_UNICODE`: characters outside ASCII become `%uHHHH`."""

from __future__ import annotations

NAME = "UTF8_TO_UNICODE"


def transform(data: bytes) -> bytes:
    """UTF-8 sequences become `%u` and four digits (five beyond the first plane); bytes that are no UTF-8 stay."""
    if data.isascii():
        return data
    text = data.decode("utf-8", "surrogateescape")
    return b"".join(map(_escaped, text))


def _escaped(character: str) -> bytes:
    point = ord(character)
    if point < 0x80:
        return bytes((point,))
    if 0xDC80 <= point <= 0xDCFF:  # surrogateescape's mark of a byte that is no UTF-8
        return bytes((point & 0xFF,))
    return b"%%u%04x" % point

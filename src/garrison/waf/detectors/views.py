"""Other readings of a value: what an application further in may make of it before it uses it.

`percent`, `canonical` and `base64` are text transformations of the kind AWS WAF has, applied as often as attackers nest
them; they answer the very bytes they were given where there is nothing to undo. `readings` and its like are the ways in
which the managed groups look at a field.
"""

from __future__ import annotations

import binascii
import re
from functools import lru_cache
from html.entities import html5
from unicodedata import normalize

ROUNDS = 3
"""How often a value is percent-decoded: double and triple encoding are in every scanner's list, more is in none."""

LIMIT = 64 * 1024
"""Bytes of a value that are decoded: the largest body WAF inspects."""

_UNICODE_PERCENT = re.compile(rb"%u([0-9a-fA-F]{4})")
_UNDO = re.compile(rb"[&\\\x00\xbc-\xff]|\+[aA]")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_ -]{11,}={0,2}")
_DATA_URL = re.compile(rb"(?i);\s*base64\s*,\s*([A-Za-z0-9+/_%=-]{12,})")
_UNPRINTABLE = bytes(b for b in range(256) if not (32 <= b < 127 or b in b"\t\r\n"))


def _folded(code: int) -> bytes:
    """One code point as the ASCII character lenient decoders take it for, where there is one."""
    if code < 0x80:
        return bytes((code,))
    if 0xFF01 <= code <= 0xFF5E:
        return bytes((code - 0xFEE0,))
    if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF:
        text = chr(code).encode()
        return LOOKALIKES.get(text, text)
    return b""


LOOKALIKES: dict[bytes, bytes] = {
    chr(code).encode(): ascii_
    for code, ascii_ in {
        0x2039: b"<", 0x203A: b">", 0x2329: b"<", 0x232A: b">", 0x3008: b"<", 0x3009: b">", 0xFE64: b"<", 0xFE65: b">",
        0xAB: b"<", 0xBB: b">", 0x02B9: b"'", 0x02BC: b"'", 0x02C8: b"'", 0x2018: b"'", 0x2019: b"'", 0x2032: b"'",
        0x02BA: b'"', 0x201C: b'"', 0x201D: b'"', 0x2033: b'"', 0x2044: b"/", 0x2215: b"/", 0x29F8: b"/",
        0x2216: b"\\", 0xFE68: b"\\", 0x2024: b".", 0x3002: b".", 0xFF61: b".", 0x2025: b"..", 0x2026: b"...",
        0xFE52: b".", 0x2028: b"\n", 0x2029: b"\n", 0xA0: b" ", 0x3000: b" ", 0xFEFF: b"", 0x200B: b"",
        0x017F: b"s", 0x212A: b"k", 0x0131: b"i",
    }.items()
}  # fmt: skip
"""What best-fit conversions and Unicode normalization turn into the characters that matter."""


_CONTROL = bytes(b for b in range(32) if b not in b"\t\n\r") + b"\x7f"
_HEAD = 256


def text(value: bytes) -> bytes:
    """Nothing, if the value is binary data: the bytes of a picture spell anything sooner or later."""
    if len(value) < 64:
        return value
    head = value[:_HEAD]
    return b"" if (len(head) - len(head.translate(None, _CONTROL))) * 20 > len(head) else value


_HEX = {f"{code:02x}".encode(): bytes((code,)) for code in range(256)}
_HEX |= {f"{code:02X}".encode(): bytes((code,)) for code in range(256)}
_HEX |= {digits[:1].swapcase() + digits[1:]: byte for digits, byte in tuple(_HEX.items())}


def _unquoted(value: bytes) -> bytes:
    head, *rest = value.split(b"%")
    parts = [head]
    for part in rest:
        byte = _HEX.get(part[:2])
        parts += (b"%", part) if byte is None else (byte, part[2:])
    return b"".join(parts)


def percent(value: bytes) -> bytes:
    """Percent-decoding, %uHHHH included, until nothing changes; `+` is a space."""
    if b"+" in value:
        value = value.replace(b"+", b" ")
    for _ in range(ROUNDS):
        if b"%" not in value:
            break
        before = value
        if b"%u" in value or b"%U" in value:
            value = _UNICODE_PERCENT.sub(lambda m: _folded(int(m[1], 16)), value)
        value = _unquoted(value)
        if value == before:
            break
    return value


_ENTITY = re.compile(rb"&(?:#(?:[xX]([0-9a-fA-F]{1,12})|([0-9]{1,12}))|([a-zA-Z]{2,10}))[;_]?")
_NAMED = {
    name.rstrip(";").lower(): text
    for name, text in html5.items()
    if (len(text) == 1 and ord(text) < 0x80) or name == "nbsp;"
}
_ESCAPE = re.compile(
    rb"\\(?:u\{0{0,8}([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-3][0-7]{2})|0{0,4}([2-7][0-9a-fA-F])\s)"
)
_OVERLONG = re.compile(rb"[\xc0\xc1]([\x80-\xbf])|\xe0(?:\x80|\x81)([\x80-\xbf])|\xf0\x80(?:\x80|\x81)([\x80-\xbf])")
_BAD_OVERLONG = re.compile(rb"\xc0([\x20-\x7f])")
_STYLED = re.compile(rb"\xe2(?:\x91[\xa0-\xbf]|\x92[\x80-\xbf]|\x93[\x80-\xaa])|\xf0\x9d[\x90-\x9f][\x80-\xbf]")
"""Letters and digits in circles, and those of mathematics."""

_FULL_WIDTH = re.compile(rb"\xef\xbc[\x81-\xbf]|\xef\xbd[\x80-\x9e]")
_LOOKALIKE = re.compile(b"|".join(re.escape(text) for text in sorted(LOOKALIKES, key=len, reverse=True)))
_US_ASCII = re.compile(
    rb"(?<![\x80-\xff])\xbc/?[a-z]+|(?<=[a-z/])\xbe(?![\x80-\xff])|\xc2\xbc(?=/?[a-z])|(?<=[a-z/])\xc2\xbe",
    re.IGNORECASE,
)
_UTF7 = re.compile(rb"\+([A-Za-z0-9/]{3,24})-?")
_UTF7_LOWER = {
    b"adw": b"<", b"ad4": b">", b"aci": b'"', b"acc": b"'", b"adsa": b";", b"acg": b"(", b"ack": b")", b"ad0": b"=",
    b"acs": b"+", b"aciapga8": b'"><', b"acm": b"#", b"acy": b"&", b"ac8": b"/", b"afs": b"[", b"af0": b"]",
}  # fmt: skip


def _entity(found: re.Match[bytes]) -> bytes:
    hexadecimal, decimal, name = found.groups()
    if name is not None:
        text = _NAMED.get(name.decode().lower())
        return found[0] if text is None else b" " if text == "\xa0" else text.encode()
    return _folded(int(hexadecimal, 16) if hexadecimal is not None else int(decimal))


def _escape(found: re.Match[bytes]) -> bytes:
    braced, unicode, byte, octal, css = found.groups()
    if octal is not None:
        return bytes((int(octal, 8),))
    return _folded(int(braced or unicode or byte or css, 16))


def _utf7(found: re.Match[bytes]) -> bytes:
    text = found[1]
    if (known := _UTF7_LOWER.get(text.lower())) is not None:
        return known
    if not text.startswith(b"A"):
        return found[0]
    try:
        raw = binascii.a2b_base64(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return found[0]
    if len(raw) < 2 or any(raw[0 : len(raw) & ~1 : 2]):
        return found[0]
    return raw[1 : len(raw) & ~1 : 2]


def canonical(value: bytes) -> bytes:
    """HTML entities, JavaScript and CSS escapes, overlong and full-width UTF-8, look-alikes and UTF-7 undone."""
    if _UNDO.search(value) is None:
        return value
    value = value[:LIMIT]
    if b"\x00" in value:
        value = value.replace(b"\x00", b"")
    if not value.isascii():
        if b"\xbc" in value:
            value = _US_ASCII.sub(lambda m: bytes(b & 0x7F for b in m[0] if b != 0xC2), value)
        value = _OVERLONG.sub(lambda m: bytes((_overlong(m),)), value)
        value = _BAD_OVERLONG.sub(lambda m: bytes((m[1][0] & 0x3F or 0x2F,)), value)
        if _STYLED.search(value) is not None:
            value = _STYLED.sub(lambda m: normalize("NFKC", m[0].decode()).encode(), value)
        value = _FULL_WIDTH.sub(lambda m: _folded(ord(m[0].decode())), value)
        value = _LOOKALIKE.sub(lambda m: LOOKALIKES[m[0]], value)
    if b"+" in value:
        value = _UTF7.sub(_utf7, value)
    if b"&" in value:
        value = _ENTITY.sub(_entity, value)
        if b"&" in value:
            value = _ENTITY.sub(_entity, value)
    if b"\\" in value:
        value = _ESCAPE.sub(_escape, value)
    return value


def _overlong(found: re.Match[bytes]) -> int:
    low = (found[1] or found[2] or found[3])[0] & 0x3F
    high = found[0][-2] & 1
    return high << 6 | low


def base64(value: bytes) -> bytes:
    """The text that a value, or the data URL in it, is the base64 of, where that is printable text."""
    size = len(value)
    if size < 12 or size > LIMIT:
        return value
    if _BASE64.fullmatch(value) is None:
        found = _DATA_URL.search(value) if b"ase64" in value or b"ASE64" in value else None
        if found is None:
            return value
        text = found[1]
    else:
        text = value
    text = text.rstrip(b"=").translate(_URL_SAFE)
    if len(text) % 4 == 1:
        text = text[:-1]
    try:
        decoded = binascii.a2b_base64(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return value
    if len(decoded.translate(None, _UNPRINTABLE)) * 10 < len(decoded) * 9:
        return value
    return decoded


_URL_SAFE = bytes.maketrans(b"-_ ", b"+/+")


_PLAIN = re.compile(
    rb"[A-Za-z][A-Za-z0-9 -]{0,10}|[A-Za-z0-9 -]{0,8}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F-]+|(?!aced)[0-9a-f]{16,}"
)
"""Short words, numbers, dates, UUIDs: nothing can be hidden in them, and most values are one of these."""

_LONGEST_PLAIN = 72

_DECODABLE = re.compile(rb"[%+&\\\x00\xbc-\xff]")


def readings(values: list[bytes]) -> list[tuple[int, bytes]]:
    """Each value, and what decoders make of it: (its index, a reading), one after the other, none twice."""
    read: list[tuple[int, bytes]] = []
    plain, decodable = _PLAIN.fullmatch, _DECODABLE.search
    for index, value in enumerate(values):
        size = len(value)
        if size < _LONGEST_PLAIN and plain(value) is not None:
            continue
        if size >= 64 and not (value := text(value)):
            continue
        read.append((index, value))
        if decodable(value) is not None:
            _decode(index, value, read)
        elif size > 11 and (decoded := base64(value)) is not value:
            read.append((index, decoded))
            _decode(index, decoded, read)
    return read


def _decode(index: int, value: bytes, read: list[tuple[int, bytes]]) -> None:
    known = {value}
    unescaped = percent(value)
    for reading in (unescaped, canonical(value), canonical(unescaped), base64(unescaped)):
        if reading not in known:
            known.add(reading)
            read.append((index, reading))
    if reading is not unescaped and (further := canonical(percent(reading))) not in known:
        read.append((index, further))


_ORDINARY = re.compile(
    rb"(?:Mozilla|Opera)/[\d.]+ ?\([\w ./:;,_+-]*+\)[\w ./(),:;+-]*+"  # browsers
    rb"|(?:[\w*+.-]++(?:/[\w*+.-]++)?+(?:;\s?\w++=[\w.\"-]++)*+,?\s?)++"  # media types, languages, encodings
    rb"|[\w.+-]++/[\w.-]++(?: [\w.+-]++[/#][\w.,#+-]++)*+(?: \([\w ;,.:/+-]*+\))?+"  # libraries
    rb"|https?://[\w.-]++(?::\d+)?(?:/[\w/=-]*+)?(?:\?(?:\w+=(?:[\w.-]|%20)*+&?)*+)?+"
    rb"|\w+=\w+(?:; ?\w+=\w+)*+"
    rb"|(?:Bearer|Basic|AWS4-HMAC-SHA256) [\w.+/=~, ;-]*+",
)
"""What most headers hold. It has no room for anything that a detector knows."""

_SUSPECT = re.compile(
    rb"(?i)jndi|java|sun\.|apache|spring|passwd|/etc|/proc|bin/|aced0005|rO0A|\.(?:ph(?:p|t|ar)|jsp|asp|inc|cgi|htaccess)"
)


@lru_cache(maxsize=8192)
def _ordinary(value: bytes) -> bool:
    return _ORDINARY.fullmatch(value) is not None and _SUSPECT.search(value) is None


def header_readings(values: list[bytes]) -> list[tuple[int, bytes]]:
    """As `readings`, without headers that are as ordinary clients send them."""
    kept = [(index, value) for index, value in enumerate(values) if len(value) > 600 or not _ordinary(value)]
    if not kept:
        return []
    read = readings([value for _, value in kept])
    return [(kept[index][0], reading) for index, reading in read]


def path_readings(values: list[bytes]) -> list[tuple[int, bytes]]:
    """As `readings`, and the last segment by itself."""
    read = [(0, path) for path in values]
    for path in values:
        if b"%" in path or b"&" in path or b"+" in path or not path.isascii():
            _decode(0, path, read)
        segment = path.rstrip(b"/").rpartition(b"/")[2]
        if len(segment) > 11 and segment != path:
            read += readings([segment])
    return read


def as_sent(values: list[bytes]) -> list[tuple[int, bytes]]:
    """Nothing but the values."""
    return [(index, value) for index, value in enumerate(values) if value]

"""Every text transformation does to bytes what AWS documents, or what ModSecurity's function of that name does."""

from __future__ import annotations

import hashlib

import pytest

from garrison.aws.models import service
from garrison.waf.transformations import TRANSFORMATIONS

CASES: dict[str, list[tuple[bytes, bytes]]] = {
    "NONE": [(b"a %41\xff", b"a %41\xff")],
    "LOWERCASE": [("AbÄ".encode(), "abÄ".encode())],
    "UPPERCASE": [("aBä".encode(), "ABä".encode())],
    "COMPRESS_WHITE_SPACE": [(b"a \t\r\n\v\f\xa0b  c", b"a b c")],
    "REMOVE_WHITESPACE": [(b" a\tb\xa0c\n", b"abc")],
    "TRIM": [(b" \ta b\n", b"a b")],
    "TRIM_LEFT": [(b" \ta b\n", b"a b\n")],
    "TRIM_RIGHT": [(b" \ta b\n", b" \ta b")],
    "REMOVE_NULLS": [(b"a\0b", b"ab")],
    "REPLACE_NULLS": [(b"a\0b", b"a b")],
    "HTML_ENTITY_DECODE": [
        (b"&quot;&lt;&gt;&nbsp;&amp;", b'"<>\xa0&'),
        (b"&#60;&#x3C;&#X3c;", b"<<<"),
        (b"&ltscript&#62", b"<script>"),
        (b"&unknown; & &#; &#x110000;", b"&unknown; & &#; &#x110000;"),
    ],
    "URL_DECODE": [(b"%3Cb%3e+x%zz%4", b"<b> x%zz%4")],
    "URL_DECODE_UNI": [(b"%u003c%uFF1e%u0141%3d+", b"<>A= "), (b"%u12", b"%u12")],
    "BASE64_DECODE": [(b"YXR0YWNr", b"attack"), (b"YQ==", b"a"), (b"not base64!", b"not base64!"), (b"YQ", b"YQ")],
    "BASE64_DECODE_EXT": [(b"YX.R0 YWNr", b"attack"), (b"YQ", b"a"), (b"YQ==", b"a"), (b"YWJjZ", b"abc")],
    "HEX_DECODE": [(b"3c62", b"<b"), (b"3c6", b"<"), (b"xyz", b"xyz")],
    "SQL_HEX_DECODE": [(b"id=0x414243 or 0x1", b"id=ABC or 0x1")],
    "MD5": [(b"a", hashlib.md5(b"a").digest())],
    "SHA256": [(b"a", hashlib.sha256(b"a").digest())],
    "REPLACE_COMMENTS": [(b"un/* x */ion/**/x*/", b"un ion x*/"), (b"a/*never closed", b"a ")],
    "REMOVE_COMMENTS_CHAR": [(b"a/*b*/c--d#e", b"abcde")],
    "ESCAPE_SEQ_DECODE": [(rb"\a\b\f\n\r\t\v\\\?\'\"", b"\a\b\f\n\r\t\v\\?'\""), (rb"\x41\0101\q", rb"AA\q")],
    "CSS_DECODE": [(rb"ja\vascript", b"javascript"), (rb"\6a \000061x", b"jax"), (b"a\\\nb\\", b"ab")],
    "JS_DECODE": [(rb"\u003c\uff1e\x41\101\n\q", b"<>AA\nq")],
    "JS_DECODE_EXT": [(rb"\u{3c}\ud83d\ude00\u0041", "<😀A".encode()), (rb"\u{5c}x41", rb"\x41")],
    "CMD_LINE": [(b"C^A\"T   /etc/'pa\\sswd;  ls (x,y", b"cat/etc/passwd ls(x y")],
    "CMD_LINE_UNIX": [(b'c"a\\t /etc/^x;LS', b"cat/etc/^x ls")],
    "CMD_LINE_WIN": [(b'd^I"r c:\\w,/S', b"dir c:\\w/s")],
    "NORMALIZE_PATH": [
        (b"/a//b/./../c", b"/a/c"),
        (b"../../a/b/..", b"../../a/"),
        (b"/../etc/passwd", b"/etc/passwd"),
        (b"/a/", b"/a/"),
    ],
    "NORMALIZE_PATH_WIN": [(b"\\a\\..\\b\\\\c", b"/b/c")],
    "UTF8_TO_UNICODE": [("é<𝄞".encode() + b"\xff", b"%u00e9<%u1d11e\xff")],
}


def test_there_is_a_case_for_every_transformation_of_the_api() -> None:
    names = service("wafv2").shape_for("TextTransformationType").enum  # type: ignore[attr-defined]
    assert set(CASES) == set(names) == set(TRANSFORMATIONS)


@pytest.mark.parametrize(
    ("name", "given", "expected"), [(name, *case) for name, cases in CASES.items() for case in cases]
)
def test_transformation(name: str, given: bytes, expected: bytes) -> None:
    assert TRANSFORMATIONS[name](given) == expected


@pytest.mark.parametrize("name", sorted(TRANSFORMATIONS))
def test_nothing_stays_nothing_or_becomes_its_digest(name: str) -> None:
    assert TRANSFORMATIONS[name](b"") == {"MD5": hashlib.md5().digest(), "SHA256": hashlib.sha256().digest()}.get(
        name, b""
    )

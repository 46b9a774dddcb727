"""Bodies taken apart by their content type."""

from __future__ import annotations

import pytest

from garrison.waf.body_values import values_of


def texts(body: bytes, content_type: bytes) -> list[bytes]:
    return [value.text for value in values_of(body, content_type) if not value.is_name]


def test_forms() -> None:
    assert texts(b"a=1%20&b=&c&=d", b"application/x-www-form-urlencoded; charset=utf-8") == [b"1%20", b"", b"c", b"d"]


def test_json_and_what_is_none() -> None:
    assert sorted(texts(b'{"a":[1,"x\\u003c"]}', b"application/json")) == [b"1", b"x<"]
    assert b'{"a":"b",' in texts(b'{"a":"b",', b"application/vnd.api+json")
    assert texts(b"[1]", b"") == [b"1"]


MULTIPART = (
    b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\n'
    b'--X\r\nContent-Disposition: form-data; name="f"; filename="shell.php"\r\n\r\n<?php\r\n'
    b'--X\r\nContent-Disposition: form-data; name="p"; filename="p.png"\r\n\r\n\x89PNG\x00\r\n--X--\r\n'
)


def test_parts_of_forms_with_files() -> None:
    assert texts(MULTIPART, b"multipart/form-data; boundary=X") == [b"one", b"shell.php", b"<?php", b"p.png"]


@pytest.mark.parametrize("content_type", [b"multipart/form-data", b"multipart/form-data; boundary=Y"])
def test_parts_without_their_boundary_are_one_value(content_type: bytes) -> None:
    assert texts(MULTIPART, content_type) == [MULTIPART]


def test_what_stands_outside_of_the_parts_is_looked_at_too() -> None:
    assert texts(b"evil" + MULTIPART, b"multipart/form-data; boundary=X")[0] == b"evil"
    assert texts(MULTIPART + b"evil", b"multipart/form-data; boundary=X")[-1].strip() == b"evil"
    assert texts(b"--X\r\nno head\r\n--X--", b"multipart/form-data; boundary=X") == [b"no head\r\n"]


def test_xml_is_its_text_and_attributes() -> None:
    body = b"<?xml version='1.0'?><a xmlns='urn:x' b=\"c&lt;\"> t&amp;u <![CDATA[<raw>]]><!-- no --></a>"
    assert texts(body, b"application/soap+xml") == [b"c<", b"t&u", b"<raw>"]


def test_plain_text_that_looks_like_a_form_is_read_as_one() -> None:
    assert texts(b"a=1&b=2", b"text/plain") == [b"1", b"2"]


def test_everything_else_is_one_value() -> None:
    assert texts(b"plain words", b"text/plain") == [b"plain words"]
    assert texts(b"", b"text/plain") == []

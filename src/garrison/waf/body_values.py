"""A body taken apart by its content type, for the managed rule groups: the API has no field for it."""

from __future__ import annotations

import re
from typing import NamedTuple

from garrison.waf import json_text
from garrison.waf.transformations import html_entity_decode

MOST = 2000
"""Values of one body; what is beyond them is one more value, as it was sent."""


class Value(NamedTuple):
    """One value, or a name, with the name it goes by."""

    name: str
    text: bytes
    is_name: bool = False


_BEACON = re.compile(rb"[\w.\[\]-]{1,64}=[^\s]*\Z")
"""A form sent as plain text, as `navigator.sendBeacon` does."""

_BOUNDARY = re.compile(rb'boundary="?([^";,\s]{1,200})', re.IGNORECASE)
_PART_TYPE = re.compile(rb"content-type\s*:\s*([^\r\n]*)", re.IGNORECASE)
_PARAMETER = re.compile(rb'(file)?name\*?="?((?:[^"\\\r\n;]|\\.)*)', re.IGNORECASE)
_DISPOSITION = re.compile(rb"content-disposition\s*:\s*([^\r\n]*)", re.IGNORECASE)
_XML = re.compile(rb"<!\[CDATA\[(.*?)(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<[^<>]*>|([^<]+)|<", re.DOTALL)
_ATTRIBUTE = re.compile(rb"""([^\s=<>"'/]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def values_of(body: bytes, content_type: bytes) -> list[Value]:
    """The values and names in a body, in order. What does not parse as what it says it is stays one value."""
    if not body:
        return []
    kind = content_type.partition(b";")[0].strip().lower()
    if kind == b"application/x-www-form-urlencoded":
        return _form(body)
    if kind == b"multipart/form-data" and (boundary := _BOUNDARY.search(content_type)):
        return _multipart(body, boundary[1]) or [Value("", body)]
    if b"json" in kind:
        return _json(body)
    first = body.lstrip()[:1]
    if kind.endswith((b"/xml", b"+xml")) and first == b"<":
        return _xml(body)
    if not kind:
        if first == b"<":
            return _xml(body)
        if first in (b"{", b"["):
            return _json(body)
    if kind in (b"", b"text/plain") and _BEACON.match(body):
        return _form(body)
    return [Value("", body)]


def _form(body: bytes) -> list[Value]:
    values = []
    pairs = body.split(b"&", MOST)
    for pair in pairs:
        name, equals, value = pair.partition(b"=")
        label = name.decode("utf-8", "replace")
        values.append(Value(label, name, is_name=bool(equals)))
        if equals:
            values.append(Value(label, value))
    return values


def _json(body: bytes) -> list[Value]:
    root, complete = json_text.read(body)
    keys, texts = json_text.keys_and_values(root)
    values = [Value("", text) for text in texts[:MOST]] + [Value("", key, True) for key in keys[:MOST]]
    if not complete or len(texts) > MOST or len(keys) > MOST:
        values.append(Value("", body))
    return values


def _multipart(body: bytes, boundary: bytes) -> list[Value]:
    values: list[Value] = []
    parts = body.split(b"--" + boundary, MOST)
    if parts[0].strip():
        values.append(Value("", parts[0]))
    for part in parts[1:]:
        if part[:2] == b"--":
            if part[2:].strip():
                values.append(Value("", part[2:]))
            continue
        part = part.removeprefix(b"\r\n").removeprefix(b"\n")
        head, gap, content = part.partition(b"\r\n\r\n")
        if not gap:
            head, gap, content = part.partition(b"\n\n")
        content = content.removesuffix(b"\n").removesuffix(b"\r")
        disposition = _DISPOSITION.search(head)
        name, filename = "", None
        for parameter in _PARAMETER.finditer(disposition[1]) if disposition else ():
            label = parameter[2].decode("utf-8", "replace")
            if parameter[1]:
                filename = label
            else:
                name = label
            values.append(Value(name, parameter[2], is_name=not parameter[1]))
        if (content_type := _PART_TYPE.search(head)) and b"charset" in content_type[1].lower():
            values.append(Value(name, content_type[1]))
        if not disposition:
            values.append(Value("", part))
        elif filename is None or _is_text(content):
            values.append(Value(name, content))
    return values


def _is_text(content: bytes) -> bool:
    """Whether an uploaded file can be read as text. Nobody takes a picture for a parameter."""
    if b"\0" in content:
        return False
    try:
        content.decode()
    except UnicodeDecodeError as e:
        return e.reason == "unexpected end of data"  # cut in the middle of a character by the inspection limit
    return True


def _xml(body: bytes) -> list[Value]:
    values: list[Value] = []
    for found in _XML.finditer(body):
        if len(values) >= MOST:
            values.append(Value("", body[found.start() :]))
            break
        verbatim, text = found.groups()
        if verbatim is not None:
            values.append(Value("", verbatim))
        elif text is not None:
            if stripped := text.strip():
                values.append(Value("", html_entity_decode.transform(stripped)))
        else:
            tag = found[0]
            if tag[1:2] in (b"?", b"!"):
                if tag[1:2] == b"!" and tag[:4] != b"<!--":
                    values.append(Value("", tag))
                continue
            values += [
                Value(a[1].decode("utf-8", "replace"), html_entity_decode.transform(a[2] if a[2] is not None else a[3]))
                for a in _ATTRIBUTE.finditer(tag)
                if not a[1].startswith(b"xmlns")
            ]
    return values

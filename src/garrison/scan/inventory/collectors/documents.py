"""JSON, TOML and XML of unknown origin, read without surprises: every failure is an Unreadable with its reason."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import msgspec
from lxml import etree

from garrison.scan.inventory.files import malformed

_COMMENTED = re.compile(rb'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])', re.DOTALL)


def json_value(content: bytes) -> Any:
    """A JSON value; a byte order mark and UTF-16 are understood."""
    if content[:3] == b"\xef\xbb\xbf":
        content = content[3:]
    elif content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        content = content.decode("utf-16", "replace").encode()
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise malformed(f"not JSON: {error}") from error


def json_object(content: bytes) -> dict[str, Any]:
    """A JSON object."""
    value = json_value(content)
    if not isinstance(value, dict):
        raise malformed("a JSON object is expected")
    return value


def commented_json_object(content: bytes) -> dict[str, Any]:
    """A JSON object that may hold comments and trailing commas."""
    return json_object(_COMMENTED.sub(lambda match: match[0] if match[0].startswith(b'"') else b"", content))


def toml_table(content: bytes) -> dict[str, Any]:
    """A TOML document."""
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(f"not TOML: {error}") from error


def xml_root(content: bytes) -> etree._Element:
    """The root of an XML document; nothing outside is fetched and no entity of its own is expanded."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise malformed(f"not XML: {error}") from error
    if root is None:
        raise malformed("not XML: it has no root element")
    return root


def local_name(element: etree._Element) -> str:
    """The tag without its namespace; empty for comments and entities."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child_text(element: etree._Element, name: str) -> str:
    """Text of the first child named `name` in any namespace; empty: none."""
    for child in element:
        if local_name(child) == name:
            return (child.text or "").strip()
    return ""


def children(element: etree._Element, *names: str) -> list[etree._Element]:
    """The elements at the end of a path of names, in any namespace."""
    found = [element]
    for name in names:
        found = [child for parent in found for child in parent if local_name(child) == name]
    return found

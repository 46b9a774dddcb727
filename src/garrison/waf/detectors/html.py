"""HTML read as browsers read it: tags and attributes out of broken fragments, in time linear in the bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

TAGS = 300
"""Tags of one value that are looked at."""

REGION = 4096
"""Bytes from `<` that can belong to a tag."""


class Tag(NamedTuple):
    """One start or end tag, however incomplete."""

    name: str
    """Lower case, namespace prefix cut off; `/script` for an end tag, `!doctype`, `?xml`."""
    attributes: tuple[tuple[bytes, bytes], ...]
    """(lower-case name, value without its quotes)."""
    start: int
    end: int


_OPEN = re.compile(rb"<[\s\x00</]{0,8}?(/?)[\s\x00]*([A-Za-z!?%][^\s/>\"'`=(){},;&]{0,40})")
_ATTRIBUTE = re.compile(
    rb"[\s\x00/\"'`+\\]*([^\s=/>\"'`<\x00+][^\s=/>\x00]{0,80})"
    rb"(?:[\s\x00]*=[\s\x00]*(\"[^\"]*\"?|'[^']*'?|`[^`]*`?|[^\s>]*))?"
)
_JUNK = bytes(range(0x21)) + b"\x7f"


def tags(value: bytes) -> Iterator[Tag]:
    """The tags of a value in order."""
    position = 0
    for _ in range(TAGS):
        found = _OPEN.search(value, position)
        if found is None:
            return
        limit = min(len(value), found.start() + REGION)
        if value[found.start() + 1 : found.start() + 2].isspace() and value.find(b">", found.end(), limit) < 0:
            position = found.end()  # `a < b`: no browser takes this for a tag, only filters that strip space do
            continue
        name = (found[1] + found[2]).translate(None, _JUNK).lower()
        if b":" in name and not name.startswith((b"!", b"?", b"%")):
            name = (b"/" if name.startswith(b"/") else b"") + name.rpartition(b":")[2]
        attributes: list[tuple[bytes, bytes]] = []
        at = found.end()
        while at < limit and len(attributes) < 60:
            attribute = _ATTRIBUTE.match(value, at, limit)
            if attribute is None:
                break
            at = attribute.end()
            text = attribute[2] or b""
            if text[:1] in (b'"', b"'", b"`"):
                text = text[1:-1] if text[-1:] == text[:1] and len(text) > 1 else text[1:]
            attributes.append((attribute[1].lower(), text))
        yield Tag(name.decode("latin-1"), tuple(attributes), found.start(), max(at, found.end()))
        position = found.end()

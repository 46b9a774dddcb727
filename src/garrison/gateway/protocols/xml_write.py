"""Output shapes to XML, for the query, ec2 and rest-xml protocols."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from garrison.gateway.protocols import text_values
from garrison.gateway.protocols.shapes import Compiled, wire_name

if TYPE_CHECKING:
    from botocore.model import ListShape, MapShape, Shape, StructureShape

Element = Callable[[Any], str]
Naming = Callable[["Shape", str], str]

_SPECIAL = re.compile('[&<>"\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_REPLACEMENTS = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#xD;"}


def escape(text: str) -> str:
    """Text for an element or attribute. What XML 1.0 cannot hold becomes U+FFFD."""
    if _SPECIAL.search(text):
        return _SPECIAL.sub(lambda m: _REPLACEMENTS.get(m[0], "\ufffd"), text)
    return text


class XmlWriter:
    """Compiles shapes into functions that return whole elements, tags included."""

    def __init__(self, timestamp_format: str = "iso8601-seconds", naming: Naming = wire_name) -> None:
        self._timestamps = timestamp_format
        self._naming = naming
        self.element: Compiled[Element] = Compiled(self._element)
        """`element(shape, tag)`: the function for a value of `shape` in an element named `tag`."""

    def members(self, shape: StructureShape, skip: frozenset[str] = frozenset()) -> list[tuple[str, Element]]:
        """Member name and function of every member that stands in the body."""
        return [
            (name, self.element(member, self._member_tag(member, name)))
            for name, member in shape.members.items()
            if name not in skip and not member.serialization.get("xmlAttribute")
        ]

    def _member_tag(self, shape: Shape, name: str) -> str:
        return self._naming(shape, name)

    def _element(self, shape: Shape, tag: str) -> Element:
        if shape.type_name == "structure":
            return self._structure(cast("StructureShape", shape), tag)
        if shape.type_name == "list":
            return self._list(cast("ListShape", shape), tag)
        if shape.type_name == "map":
            return self._map(cast("MapShape", shape), tag)
        start, end = f"<{tag}{namespace(shape)}>", f"</{tag}>"
        if shape.type_name == "string":
            return lambda value: f"{start}{escape(value)}{end}"
        write = text_values.writer(shape, self._timestamps)
        return lambda value: f"{start}{write(value)}{end}"

    def _structure(self, shape: StructureShape, tag: str) -> Element:
        attributes = [
            (name, wire_name(member, name))
            for name, member in shape.members.items()
            if member.serialization.get("xmlAttribute")
        ]
        members = self.members(shape)
        start, end = f"<{tag}{namespace(shape)}>", f"</{tag}>"

        def write(value: Any) -> str:
            parts = [start]
            get = value.get
            for name, element in members:
                member = get(name)
                if member is not None:
                    parts.append(element(member))
            parts.append(end)
            return "".join(parts)

        if not attributes:
            return write

        def write_with_attributes(value: Any) -> str:
            said = "".join(f' {at}="{escape(value[name])}"' for name, at in attributes if value.get(name) is not None)
            return start[:-1] + said + write(value)[len(start) - 1 :]

        return write_with_attributes

    def _list(self, shape: ListShape, tag: str) -> Element:
        if shape.serialization.get("flattened"):
            item = self.element(shape.member, self._naming(shape.member, tag))
            return lambda value: "".join(map(item, value))
        item = self.element(shape.member, self._naming(shape.member, "member"))
        start, end = f"<{tag}{namespace(shape)}>", f"</{tag}>"
        return lambda value: start + "".join(map(item, value)) + end

    def _map(self, shape: MapShape, tag: str) -> Element:
        key = self.element(shape.key, self._naming(shape.key, "key"))
        item = self.element(shape.value, self._naming(shape.value, "value"))
        flat = bool(shape.serialization.get("flattened"))
        start, end = ("", "") if flat else (f"<{tag}{namespace(shape)}>", f"</{tag}>")
        entry = tag if flat else "entry"

        def write(value: Any) -> str:
            pairs = (f"<{entry}>{key(k)}{item(v)}</{entry}>" for k, v in value.items())
            return start + "".join(pairs) + end

        return write


def namespace(shape: Shape) -> str:
    """` xmlns="..."` of a shape that declares a namespace, else ""."""
    found = shape.serialization.get("xmlNamespace")
    if not found:
        return ""
    if isinstance(found, str):
        return f' xmlns="{found}"'
    prefix = f":{found['prefix']}" if found.get("prefix") else ""
    return f' xmlns{prefix}="{found["uri"]}"'

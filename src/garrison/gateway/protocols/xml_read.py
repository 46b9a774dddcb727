"""XML bodies to params. No document type, no entities, bounded depth: nothing that can grow or reach out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast
from xml.parsers import expat

from garrison.gateway.protocols import text_values
from garrison.gateway.protocols.failures import MAX_DEPTH, malformed_xml
from garrison.gateway.protocols.shapes import Compiled, wire_name
from garrison.gateway.protocols.text_values import Unreadable

if TYPE_CHECKING:
    from botocore.model import ListShape, MapShape, Shape, StructureShape


class Node:
    """An element: its name without prefix, attributes as written, text, children."""

    __slots__ = ("attributes", "children", "pieces", "tag")

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.pieces: list[str] = []
        self.children: list[Node] = []

    @property
    def text(self) -> str:
        """The text directly in the element."""
        return "".join(self.pieces)


Read = Callable[[Node], Any]


def load(body: bytes) -> Node:
    """The root element. Raises `MalformedXML`."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    top = Node("", {})
    stack = [top]

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(stack) > MAX_DEPTH:
            raise malformed_xml()
        node = Node(tag.rpartition(":")[2], attributes)
        stack[-1].children.append(node)
        stack.append(node)

    def end(tag: str) -> None:
        stack.pop()

    def text(data: str) -> None:
        stack[-1].pieces.append(data)

    def refuse(*_: Any) -> int:
        raise malformed_xml()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise malformed_xml() from None
    if not top.children:
        raise malformed_xml()
    return top.children[0]


class XmlReader:
    """Compiles input shapes into readers of nodes."""

    def __init__(self) -> None:
        self.read: Compiled[Read] = Compiled(self._read)

    def _read(self, shape: Shape) -> Read:
        if shape.type_name == "structure":
            return self.structure(cast("StructureShape", shape))
        if shape.type_name == "list":
            item = self.read(cast("ListShape", shape).member)
            return lambda node: [item(child) for child in node.children]
        if shape.type_name == "map":
            entry = self._entry(cast("MapShape", shape))
            return lambda node: dict(entry(child) for child in node.children)
        return _scalar(shape)

    def structure(self, shape: StructureShape, only: frozenset[str] | None = None) -> Read:
        """Reader of a structure, of the members in `only` if given."""
        single: dict[str, tuple[str, Read]] = {}
        repeated: dict[str, tuple[str, Read]] = {}
        entries: dict[str, tuple[str, Callable[[Node], tuple[Any, Any]]]] = {}
        attributes: dict[str, str] = {}
        for name, member in shape.members.items():
            if only is not None and name not in only:
                continue
            wire = wire_name(member, name)
            flat = member.serialization.get("flattened")
            if member.serialization.get("xmlAttribute"):
                attributes[wire.rpartition(":")[2]] = name
            elif flat and member.type_name == "list":
                repeated[wire] = (name, self.read(cast("ListShape", member).member))
            elif flat and member.type_name == "map":
                entries[wire] = (name, self._entry(cast("MapShape", member)))
            else:
                single[wire] = (name, self.read(member))

        def read(node: Node) -> dict[str, Any]:
            found: dict[str, Any] = {}
            for child in node.children:
                tag = child.tag
                if tag in repeated:
                    # S3's older models name a single element and a list of it alike; the list loses nothing.
                    name, below = repeated[tag]
                    found.setdefault(name, []).append(below(child))
                elif tag in single:
                    name, below = single[tag]
                    found[name] = below(child)
                elif tag in entries:
                    name, entry = entries[tag]
                    key, value = entry(child)
                    found.setdefault(name, {})[key] = value
            if attributes:
                for attribute, value in node.attributes.items():
                    member = attributes.get(attribute.rpartition(":")[2])
                    if member is not None:
                        found[member] = value
            return found

        return read

    def _entry(self, shape: MapShape) -> Callable[[Node], tuple[Any, Any]]:
        key_name, value_name = wire_name(shape.key, "key"), wire_name(shape.value, "value")
        key, value = self.read(shape.key), self.read(shape.value)

        def read(node: Node) -> tuple[Any, Any]:
            by_tag = {child.tag: child for child in node.children}
            if key_name not in by_tag or value_name not in by_tag:
                raise malformed_xml()
            return key(by_tag[key_name]), value(by_tag[value_name])

        return read


def _scalar(shape: Shape) -> Read:
    parse = text_values.reader(shape)

    def read(node: Node) -> Any:
        if node.children:
            raise malformed_xml()
        try:
            return parse(node.text)
        except Unreadable:
            raise malformed_xml() from None

    return read

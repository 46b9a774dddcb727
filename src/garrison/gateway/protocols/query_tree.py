"""Query-protocol fields to params: `Tags.member.1.Key=a` to `{"Tags": [{"Key": "a"}]}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from garrison.gateway.protocols import text_values
from garrison.gateway.protocols.failures import MAX_DEPTH, malformed_input
from garrison.gateway.protocols.shapes import Compiled
from garrison.gateway.protocols.text_values import Unreadable

if TYPE_CHECKING:
    from botocore.model import ListShape, MapShape, Shape, StructureShape

Node = Any
"""A value (`str`) or what stands below a name (`dict[str, Node]`)."""
Read = Callable[[Node], Any]

_MAX_DIGITS = 9


def tree(fields: Mapping[str, str]) -> Mapping[str, Node]:
    """Fields as a tree, split at the dots. Where a name has a value and children, the children count."""
    if not any("." in name for name in fields):
        return fields
    root: dict[str, Node] = {}
    for name, value in fields.items():
        parts = name.split(".")
        if len(parts) > MAX_DEPTH:
            raise malformed_input("Too many levels of nesting")
        leaf = parts.pop()
        node = root
        for part in parts:
            child = node.get(part)
            if child.__class__ is not dict:
                child = node[part] = {}
            node = child
        if node.get(leaf).__class__ is not dict:
            node[leaf] = value
    return root


class QueryReader:
    """Compiles shapes into readers of tree nodes; the query and ec2 protocols differ in names and lists."""

    def __init__(self, *, ec2: bool = False) -> None:
        self._ec2 = ec2
        self.read: Compiled[Read] = Compiled(self._read)

    def _name(self, shape: Shape, default: str) -> str:
        traits = shape.serialization
        if self._ec2:
            if "queryName" in traits:
                return str(traits["queryName"])
            name = str(traits.get("name", default))
            return name[0].upper() + name[1:]
        if shape.type_name == "list" and traits.get("flattened"):
            # A flattened list goes by the name of its elements.
            return str(cast("ListShape", shape).member.serialization.get("name") or traits.get("name", default))
        return str(traits.get("name", default))

    def _read(self, shape: Shape) -> Read:
        if shape.type_name == "structure":
            return self._structure(cast("StructureShape", shape))
        if shape.type_name == "list":
            return self._list(cast("ListShape", shape))
        if shape.type_name == "map":
            return self._map(cast("MapShape", shape))
        return _scalar(shape)

    def _structure(self, shape: StructureShape) -> Read:
        members = {self._name(member, name): (name, self.read(member)) for name, member in shape.members.items()}

        def read(node: Node) -> dict[str, Any]:
            if node.__class__ is str:
                if node:
                    raise malformed_input("Unexpected value found where a structure was expected")
                return {}
            found: dict[str, Any] = {}
            for name, below in node.items():
                member = members.get(name)
                if member is not None:
                    found[member[0]] = member[1](below)
            return found

        return read

    def _list(self, shape: ListShape) -> Read:
        item = self.read(shape.member)
        flat = self._ec2 or bool(shape.serialization.get("flattened"))
        wrapper = "" if flat else str(shape.member.serialization.get("name", "member"))

        def read(node: Node) -> list[Any]:
            if node.__class__ is not str and not flat:
                node = node.get(wrapper, "")
            return [item(below) for below in _numbered(node)]

        return read

    def _map(self, shape: MapShape) -> Read:
        key_name, value_name = self._name(shape.key, "key"), self._name(shape.value, "value")
        key, value = self.read(shape.key), self.read(shape.value)
        flat = bool(shape.serialization.get("flattened"))

        def read(node: Node) -> dict[str, Any]:
            if node.__class__ is not str and not flat:
                node = node.get("entry", "")
            found = {}
            for below in _numbered(node):
                if below.__class__ is str or key_name not in below:
                    raise malformed_input("Map entry without a key")
                found[key(below[key_name])] = value(below.get(value_name, ""))
            return found

        return read


def _numbered(node: Node) -> list[Node]:
    """What stands below 1, 2, 3, ..., in order; gaps close. `Tags=` is the empty list."""
    if node.__class__ is str:
        if node:
            raise malformed_input("Unexpected list element termination")
        return []
    if not all(n.isascii() and n.isdigit() and len(n) <= _MAX_DIGITS for n in node):
        raise malformed_input("Key of a list element is not an integer")
    return [node[n] for n in sorted(node, key=int)]


def _scalar(shape: Shape) -> Read:
    parse = text_values.reader(shape)

    def read(node: Node) -> Any:
        if node.__class__ is not str:
            raise malformed_input("Start of structure or map found where not expected.")
        try:
            return parse(node)
        except Unreadable as unreadable:
            text, kind = unreadable.args
            raise malformed_input(f"Value '{text[:256]}' can not be converted to {_article(kind)}") from None

    return read


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "AEIOU" else f"a {kind}"

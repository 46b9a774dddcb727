"""JSON values to params and outputs to JSON values, by shape; shared by json, rest-json and (for reading) CBOR."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import cbor2
import msgspec

from garrison.aws.errors import AwsError
from garrison.gateway.protocols import text_values, timestamps
from garrison.gateway.protocols.failures import MAX_DEPTH, serialization_error
from garrison.gateway.protocols.shapes import Compiled, wire_name
from garrison.gateway.protocols.text_values import Unreadable

if TYPE_CHECKING:
    from botocore.model import ListShape, MapShape, Shape, StructureShape

Read = Callable[[Any], Any]
Write = Callable[[Any], Any]

_BITS = {"integer": 31, "long": 63, "short": 15, "byte": 7}
_decoder = msgspec.json.Decoder()


def load(body: bytes) -> Any:
    """The value of a JSON body; an empty one is the empty object. Raises `SerializationException`."""
    if not body:
        return {}
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _depth(body) > MAX_DEPTH:
        raise serialization_error("Too many levels of nesting")
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise serialization_error() from None


def _depth(body: bytes) -> int:
    depth = deepest = 0
    in_text = escaped = False
    for byte in body:
        if in_text:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_text = False
        elif byte == 0x22:
            in_text = True
        elif byte in b"{[":
            depth += 1
            if depth > MAX_DEPTH:
                return depth
            deepest = max(deepest, depth)
        elif byte in b"}]":
            depth -= 1
    return deepest


def _token(value: Any) -> str:
    """What AWS's Java parser calls a token that stands in the wrong place."""
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    if isinstance(value, int):
        return "NUMBER_VALUE"
    if isinstance(value, float):
        return "DECIMAL_VALUE"
    return "NULL_VALUE" if value is None else "BINARY_VALUE"


def mistyped(value: Any, wanted: str) -> AwsError:
    """The error for a value of the wrong type. Source: answers of DynamoDB and CodeDeploy in public bug reports."""
    if isinstance(value, dict):
        return serialization_error("Start of structure or map found where not expected.")
    if isinstance(value, list):
        return serialization_error("Unexpected token: start of list found where not expected")
    if wanted in ("Structure", "List", "Map"):
        return serialization_error("Unexpected field type" if wanted != "List" else "Expected list or null")
    if wanted == "String":
        return serialization_error(f"{_token(value)} cannot be converted to String")
    article = "an" if wanted[0] in "AEIOU" else "a"
    return serialization_error(f"{_token(value)} can not be converted to {article} {wanted}")


class JsonReader:
    """Compiles shapes into functions from decoded JSON (or CBOR, with `native` blobs and times) to params."""

    def __init__(self, *, native: bool = False) -> None:
        self._native = native
        self.read: Compiled[Read] = Compiled(self._read)

    def _read(self, shape: Shape) -> Read:
        kind = shape.type_name
        if kind == "structure":
            return self.structure(cast("StructureShape", shape))
        if kind == "list":
            return self._list(cast("ListShape", shape))
        if kind == "map":
            return self._map(cast("MapShape", shape))
        if kind in _BITS:
            return _integer_reader(kind)
        if kind == "blob" and self._native:
            return _native_blob
        return _READERS.get(kind, _string)

    def structure(self, shape: StructureShape, only: frozenset[str] | None = None) -> Read:
        """Reader of a structure, of the members in `only` if given."""
        if shape.metadata.get("document"):
            return _document
        members = {
            wire_name(member, name): (name, self.read(member))
            for name, member in shape.members.items()
            if only is None or name in only
        }

        def read(value: Any) -> dict[str, Any]:
            if value.__class__ is not dict:
                raise (
                    mistyped(value, "Structure")
                    if value.__class__ is not list
                    else serialization_error("Unexpected token: start of list found where not expected")
                )
            found = {}
            for name, below in value.items():
                if below is not None:
                    member = members.get(name)
                    if member is not None:
                        found[member[0]] = member[1](below)
            return found

        return read

    def _list(self, shape: ListShape) -> Read:
        item = self.read(shape.member)

        def read(value: Any) -> list[Any]:
            if value.__class__ is not list:
                raise mistyped(value, "List")
            return [None if below is None else item(below) for below in value]

        return read

    def _map(self, shape: MapShape) -> Read:
        item = self.read(shape.value)

        def read(value: Any) -> dict[str, Any]:
            if value.__class__ is not dict:
                raise mistyped(value, "Map")
            return {_string(key): None if below is None else item(below) for key, below in value.items()}

        return read


def _document(value: Any) -> Any:
    return value


def _string(value: Any) -> str:
    if value.__class__ is not str:
        raise mistyped(value, "String")
    return value


def _integer_reader(kind: str) -> Read:
    limit = 1 << _BITS[kind]
    name = kind.capitalize()

    def read(value: Any) -> int:
        if value.__class__ is float and value.is_integer():
            value = int(value)
        if value.__class__ is not int or not -limit <= value < limit:
            raise mistyped(value, name)
        return value

    return read


def _float(value: Any) -> float:
    if value.__class__ is float or value.__class__ is int:
        return float(value)
    if value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    raise mistyped(value, "Double")


def _boolean(value: Any) -> bool:
    if value.__class__ is not bool:
        raise mistyped(value, "Boolean")
    return value


def _blob(value: Any) -> bytes:
    try:
        return text_values.blob(_string(value))
    except Unreadable:
        raise serialization_error("Invalid base64 in a blob") from None


def _native_blob(value: Any) -> bytes:
    if value.__class__ is not bytes:
        raise mistyped(value, "Blob")
    return value


def _timestamp(value: Any) -> float:
    try:
        if value.__class__ is str:
            return timestamps.parse(value)
        if value.__class__ is int or value.__class__ is float:
            return timestamps.number(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        pass
    raise mistyped(value, "Timestamp")


_READERS: dict[str, Read] = {
    "float": _float,
    "double": _float,
    "boolean": _boolean,
    "blob": _blob,
    "timestamp": _timestamp,
}


class JsonWriter:
    """Compiles output shapes into functions from outputs to what `dump` (or, with `native`, CBOR) encodes."""

    def __init__(self, *, native: bool = False) -> None:
        self._native = native
        self.write: Compiled[Write] = Compiled(self._write)

    def _write(self, shape: Shape) -> Write:
        kind = shape.type_name
        if kind == "structure":
            return self.structure(cast("StructureShape", shape))
        if kind == "list":
            item = self.write(cast("ListShape", shape).member)
            return lambda value: [None if v is None else item(v) for v in value]
        if kind == "map":
            item = self.write(cast("MapShape", shape).value)
            return lambda value: {k: None if v is None else item(v) for k, v in value.items()}
        if self._native and kind in _NATIVE_WRITERS:
            return _NATIVE_WRITERS[kind]
        if kind == "timestamp":
            form = shape.serialization.get("timestampFormat")
            return timestamps.epoch if form in (None, "unixTimestamp") else timestamps.writer(form, "")
        return _WRITERS.get(kind, _same)

    def structure(self, shape: StructureShape, only: frozenset[str] | None = None) -> Write:
        """Writer of a structure, of the members in `only` if given."""
        if shape.metadata.get("document"):
            return _same
        members = [
            (name, wire_name(member, name), self.write(member))
            for name, member in shape.members.items()
            if only is None or name in only
        ]

        def write(value: Any) -> dict[str, Any]:
            get = value.get
            found = {}
            for name, wire, member in members:
                below = get(name)
                if below is not None:
                    found[wire] = member(below)
            return found

        return write


def _same(value: Any) -> Any:
    return value


def _number(value: Any) -> Any:
    return value if math.isfinite(value) else text_values.number(value)


_WRITERS: dict[str, Write] = {"float": _number, "double": _number, "blob": text_values.base64}
_NATIVE_WRITERS: dict[str, Write] = {
    "timestamp": lambda value: cbor2.CBORTag(1, float(timestamps.epoch(value))),
    "blob": lambda value: value.encode() if isinstance(value, str) else bytes(value),
    "float": float,
    "double": float,
}
dump = msgspec.json.encode

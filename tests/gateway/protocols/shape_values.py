"""Values generated from model shapes: deterministic, within the model's limits, odd where oddness is allowed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

Style = Literal["full", "some", "least"]

_TEXT = "abzAZ09 -_.~/:;=+&%?#'\"<>{}[]@,\té漢字𝄞ß"
_PLAIN = "abcdwxyzABCXYZ0189-"
_LABEL = _PLAIN + " :=é+%"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DEEPEST = 6


class ShapeValues:
    """`full` fills every member, `some` about half, `least` only what is required, with empty values where allowed."""

    def __init__(self, seed: str, style: Style, *, whole_seconds: bool, ascii_payload: bool = False) -> None:
        self.random = random.Random(seed)
        self.style = style
        self.whole_seconds = whole_seconds
        self.ascii_payload = ascii_payload

    def structure(self, shape: Any, depth: int = 0, path: tuple[str, ...] = ()) -> dict[str, Any]:
        names = _told_apart([n for n, m in shape.members.items() if not m.serialization.get("eventstream")], shape)
        required = [n for n in shape.metadata.get("required", ()) if n in names]
        if shape.metadata.get("union"):
            return self._one(shape, names, depth, path)
        found = {}
        for name in names:
            member = shape.members[name]
            if name in required or self._wanted(member, depth, path):
                value = self.value(
                    member, depth + 1, (*path, shape.name), payload=shape.serialization.get("payload") == name
                )
                found[name] = value
        if not found and names and depth:
            return self._one(shape, names, depth, path)
        return found

    def _one(self, shape: Any, names: list[str], depth: int, path: tuple[str, ...]) -> dict[str, Any]:
        simple = [n for n in names if not _recurs(shape.members[n], (*path, shape.name))] or names
        name = self.random.choice(simple)
        return {name: self.value(shape.members[name], depth + 1, (*path, shape.name))}

    def _wanted(self, member: Any, depth: int, path: tuple[str, ...]) -> bool:
        if depth > _DEEPEST or (depth > 2 and _recurs(member, path)):
            return False
        return self.style == "full" or (self.style == "some" and self.random.random() < 0.5)

    def value(self, shape: Any, depth: int, path: tuple[str, ...], *, payload: bool = False) -> Any:
        traits, wire = shape.metadata, shape.serialization
        kind = shape.type_name
        location = wire.get("location")
        if traits.get("document"):
            return {"text": "é", "list": [1, 2.5, True, None, {}], "nested": {"a": []}}
        if wire.get("jsonvalue") and location == "header":
            return {"k": [1, "ü", None]}
        if kind == "structure":
            return self.structure(shape, depth, path)
        if kind == "list":
            return self._list(shape, depth, path, located=location is not None)
        if kind == "map":
            return self._map(shape, depth, path, location)
        if location == "statusCode":
            return self.random.randint(200, 299)
        if kind == "string":
            in_host = bool(wire.get("hostLabel"))
            return self.text(shape, located=location is not None or in_host, label=location == "uri" and not in_host)
        if kind == "blob":
            if payload and self.ascii_payload:
                return b"streamed text"
            return self.random.randbytes(self._size(traits, 20))
        if kind == "timestamp":
            return self._timestamp(
                whole=self.whole_seconds or location is not None or wire.get("timestampFormat") == "rfc822"
            )
        if kind == "boolean":
            return self.random.random() < 0.5
        low, high = traits.get("min"), traits.get("max")
        low = low if low is not None else (-5 if high is None or high > -5 else high - 1)
        high = high if high is not None else low + 1_000_000
        if kind in ("float", "double"):
            return min(max(low, int(low) + self.random.randint(0, 80) / 8), high)
        if kind == "long" and traits.get("max") is None:
            return 2**40 + self.random.randint(0, 2**50)
        return self.random.randint(int(low), int(high))

    def text(self, shape: Any, *, located: bool = False, label: bool = False) -> str:
        traits = shape.metadata
        if traits.get("enum"):
            return str(self.random.choice(traits["enum"]))
        alphabet = _LABEL if label else _PLAIN if located else _TEXT
        size = self._size(traits, 14)
        if located and size == 0:
            size = 1
        return "".join(self.random.choice(alphabet) for _ in range(size))

    def _size(self, traits: dict[str, Any], usual: int) -> int:
        low, high = int(traits.get("min") or 0), int(traits.get("max") or 10**6)
        if self.style == "least":
            return low
        return min(high, max(low, 1) + self.random.randint(0, usual))

    def _list(self, shape: Any, depth: int, path: tuple[str, ...], *, located: bool) -> list[Any]:
        low, high = int(shape.metadata.get("min") or 0), int(shape.metadata.get("max") or 100)
        size = (
            low
            if self.style == "least" or depth > _DEEPEST or (_recurs(shape, path) and depth > 2)
            else min(high, max(low, 2))
        )
        member = shape.member
        if located and member.type_name == "string":
            return [self.text(member, located=True) for _ in range(size)]
        if located and member.type_name == "timestamp":
            return [self._timestamp(whole=True) for _ in range(size)]
        return [self.value(member, depth + 1, path) for _ in range(size)]

    def _map(self, shape: Any, depth: int, path: tuple[str, ...], location: str | None) -> dict[str, Any]:
        low = int(shape.metadata.get("min") or 0)
        if not low and (self.style == "least" or (depth > 2 and _recurs(shape, path))):
            return {}
        if location is not None:
            one: Any = "v1" if shape.value.type_name == "string" else ["v1", "v2"]
            return {"key-a": one, "key-b": one}
        found: dict[str, Any] = {}
        while len(found) < max(1, low):
            found[self.text(shape.key)] = self.value(shape.value, depth + 1, path)
        return found

    def _timestamp(self, *, whole: bool) -> datetime:
        moment = _EPOCH + timedelta(seconds=self.random.randint(0, 2**32))
        return moment if whole else moment + timedelta(milliseconds=self.random.randint(0, 999))


def _told_apart(names: list[str], shape: Any) -> list[str]:
    """Of members that share their wire name, only the list (S3's deprecated `Event` stands beside `Events`)."""
    wires = {n: shape.members[n].serialization.get("name", n) for n in names}
    listed = {wires[n] for n in names if shape.members[n].type_name == "list"}
    return [n for n in names if wires[n] not in listed or shape.members[n].type_name == "list"]


def _recurs(shape: Any, path: tuple[str, ...]) -> bool:
    """Whether a shape leads straight back to a structure we stand in."""
    while shape.type_name in ("list", "map"):
        shape = shape.member if shape.type_name == "list" else shape.value
    return shape.name in path


def plain(value: Any) -> Any:
    """A value as codecs give it: timestamps as seconds since the epoch (rounded to the millisecond)."""
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return round(value, 3)
    return value


def without_empty(value: Any, *, lists: bool) -> Any:
    """A value without members that hold nothing, for protocols that cannot tell nothing from absence."""
    if isinstance(value, dict):
        pruned = {k: without_empty(v, lists=lists) for k, v in value.items()}
        return {k: v for k, v in pruned.items() if v != {} and not (lists and v == [])}
    if isinstance(value, list):
        return [without_empty(v, lists=lists) for v in value]
    return value

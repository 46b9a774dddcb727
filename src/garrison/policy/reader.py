"""A JSON reader that remembers where everything stood.

A decision must be able to name the line of the statement that made it, and a policy with the same key twice must be
refused rather than silently lose a condition. The standard reader offers neither, so policies are read here: strict
JSON (RFC 8259), no duplicate keys, no `NaN`, no unpaired surrogates, bounded depth. Numbers keep their text.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right

import msgspec

MAX_DEPTH = 32
"""Containers inside containers. The deepest policy that means anything is seven deep."""

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"true|false|null")
_SURROGATE = re.compile("[\ud800-\udfff]")


class PolicyError(ValueError):
    """The text is not a policy. `line` and `column` (both from 1) say where that became clear."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.message = message
        self.line = line
        self.column = column


class Span(msgspec.Struct, frozen=True):
    """From the first character of something to its last, lines and columns counted from 1."""

    line: int
    column: int
    end_line: int
    end_column: int


class Scalar(msgspec.Struct, frozen=True):
    """A string, number, boolean or null. `text` is the string's value, or what stood there."""

    text: str
    kind: str
    """`string`, `number`, `boolean` or `null`."""
    span: Span


class Array(msgspec.Struct, frozen=True):
    """A JSON array."""

    items: tuple[Node, ...]
    span: Span


class Member(msgspec.Struct, frozen=True):
    """One `"key": value` of an object; `span` covers both."""

    key: str
    value: Node
    span: Span


class Object(msgspec.Struct, frozen=True):
    """A JSON object; members keep their order."""

    members: dict[str, Member]
    span: Span

    def get(self, key: str) -> Node | None:
        """The value under `key`, or None."""
        member = self.members.get(key)
        return None if member is None else member.value


Node = Scalar | Array | Object


def read(text: str) -> Node:
    """Read one JSON value. Raises `PolicyError` for whatever is not exactly that."""
    if not isinstance(text, str):
        raise PolicyError("a policy is text")
    return _Reader(text).document()


def strings(node: Node) -> tuple[Scalar, ...] | None:
    """A string, or an array of strings, as a tuple of scalars; None if it is anything else."""
    items = node.items if isinstance(node, Array) else (node,)
    found = tuple(item for item in items if isinstance(item, Scalar) and item.kind == "string")
    return found if len(found) == len(items) else None


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._breaks = [match.start() for match in re.finditer("\n", text)]

    def document(self) -> Node:
        if (stray := _SURROGATE.search(self._text)) is not None:
            raise self._error("unpaired surrogate", stray.start())
        node, at = self._value(self._skip(0), 0)
        if at != len(self._text):
            raise self._error("text after the end of the policy", at)
        return node

    def _value(self, at: int, depth: int) -> tuple[Node, int]:
        """The value at `at`, and where the text goes on after it and its trailing space."""
        text = self._text
        first = text[at : at + 1]
        if first == "{":
            return self._object(at, depth + 1)
        if first == "[":
            return self._array(at, depth + 1)
        if first == '"':
            value, end = self._string(at)
            return Scalar(value, "string", self._span(at, end)), self._skip(end)
        if (match := _NUMBER.match(text, at)) is not None:
            return Scalar(match.group(), "number", self._span(at, match.end())), self._skip(match.end())
        if (match := _WORD.match(text, at)) is not None:
            kind = "null" if match.group() == "null" else "boolean"
            return Scalar(match.group(), kind, self._span(at, match.end())), self._skip(match.end())
        raise self._error("expected a JSON value" if first else "the policy ends too early", at)

    def _object(self, start: int, depth: int) -> tuple[Node, int]:
        text = self._text
        self._limit(depth, start)
        members: dict[str, Member] = {}
        at = self._skip(start + 1)
        if text[at : at + 1] != "}":
            while True:
                key_at = at
                if text[at : at + 1] != '"':
                    raise self._error("expected a key in double quotes", at)
                key, at = self._string(at)
                if key in members:
                    raise self._error(f"duplicate key {json.dumps(key)}", key_at)
                at = self._skip(at)
                if text[at : at + 1] != ":":
                    raise self._error("expected ':' after a key", at)
                value, at = self._value(self._skip(at + 1), depth)
                head, tail = self._position(key_at), value.span
                members[key] = Member(key, value, Span(*head, tail.end_line, tail.end_column))
                if text[at : at + 1] == "}":
                    break
                if text[at : at + 1] != ",":
                    raise self._error("expected ',' or '}' in an object", at)
                at = self._skip(at + 1)
        return Object(members, self._span(start, at + 1)), self._skip(at + 1)

    def _array(self, start: int, depth: int) -> tuple[Node, int]:
        text = self._text
        self._limit(depth, start)
        items: list[Node] = []
        at = self._skip(start + 1)
        if text[at : at + 1] != "]":
            while True:
                value, at = self._value(at, depth)
                items.append(value)
                if text[at : at + 1] == "]":
                    break
                if text[at : at + 1] != ",":
                    raise self._error("expected ',' or ']' in an array", at)
                at = self._skip(at + 1)
        return Array(tuple(items), self._span(start, at + 1)), self._skip(at + 1)

    def _string(self, at: int) -> tuple[str, int]:
        match = _STRING.match(self._text, at)
        if match is None:
            raise self._error("a string that never ends, or holds a control character", at)
        raw = match.group()
        if "\\" not in raw:
            return raw[1:-1], match.end()
        try:
            value = json.loads(raw)
        except ValueError:
            raise self._error("a broken escape in a string", at) from None
        if _SURROGATE.search(value) is not None:
            raise self._error("unpaired surrogate", at)
        return str(value), match.end()

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return at if match is None else match.end()

    def _limit(self, depth: int, at: int) -> None:
        if depth > MAX_DEPTH:
            raise self._error(f"nested more than {MAX_DEPTH} deep", at)

    def _position(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._breaks, offset - 1)
        return line + 1, offset - (self._breaks[line - 1] if line else -1)

    def _span(self, start: int, end: int) -> Span:
        return Span(*self._position(start), *self._position(end - 1))

    def _error(self, message: str, at: int) -> PolicyError:
        return PolicyError(message, *self._position(at))

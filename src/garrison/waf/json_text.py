"""The keys and values of a JSON body, as AWS WAF takes them out: leniently, and only up to the first failure.

Source: AWS WAF developer guide, "JSON body": a missing comma and a missing or an additional colon parse; an unexpected
character, a duplicate key, an end in the middle, and a root that is neither object nor array do not. AWS does not say
how values are shown to a rule: here strings are unescaped, numbers and literals are their text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple, NoReturn

Path = tuple[str, ...]

Node = Any
"""dict, list, str (strings and numbers), bool or None; `NOTHING` is a key's value that did not come."""

NOTHING = object()


class Json(NamedTuple):
    """A JSON text as far as it parsed, and whether that is all of it."""

    root: Node
    complete: bool


_TOKEN = re.compile(
    rb"""[ \t\r\n]*(?:
        (?P<string>"[^"\\]*(?:\\.[^"\\]*)*")
      | (?P<scalar>-?[0-9][0-9.eE+-]*|true|false|null)
      | (?P<mark>[{}\[\],:])
    )""",
    re.VERBOSE | re.DOTALL,
)
_SPACE = re.compile(rb"[ \t\r\n]*")
_ESCAPE = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))", re.DOTALL
)
_SINGLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LITERALS: dict[bytes, Node] = {b"true": True, b"false": False, b"null": None}


def read(text: bytes) -> Json:
    """Take a JSON text apart; time is linear in its length."""
    try:
        root = json.loads(
            text.decode(), object_pairs_hook=_distinct, parse_int=_same, parse_float=_same, parse_constant=_refuse
        )
    except (ValueError, RecursionError):
        return _leniently(text)
    return Json(root, True) if isinstance(root, dict | list) else Json([], False)


def keys_and_values(root: Node) -> tuple[list[bytes], list[bytes]]:
    """Every key and every value below a node, and the node itself if it is a value. In no order."""
    keys: list[str] = []
    values: list[str] = []
    pending = [root]
    while pending:
        node = pending.pop()
        kind = type(node)
        if kind is str:
            values.append(node)
        elif kind is dict:
            keys.extend(node)
            pending.extend(node.values())
        elif kind is list:
            pending.extend(node)
        elif node is not NOTHING:
            values.append("null" if node is None else "true" if node else "false")
    return _encoded(keys), _encoded(values)


def find(root: Node, path: Path) -> Node:
    """What a pointer names; `NOTHING` if there is nothing."""
    node = root
    for token in path:
        if isinstance(node, dict):
            node = node.get(token, NOTHING)
        elif (
            isinstance(node, list) and token.isascii() and token.isdigit() and len(token) < 6 and int(token) < len(node)
        ):
            node = node[int(token)]
        else:
            return NOTHING
    return node


def named_values(root: Node) -> Iterable[tuple[str, bytes, bool]]:
    """(pointer, text, is key) of everything, in order: for showing, not for speed."""
    pending: list[tuple[str, Node]] = [("", root)]
    while pending:
        path, node = pending.pop()
        if isinstance(node, dict):
            for key in node:
                yield f"{path}/{key}", _encoded([key])[0], True
            pending += reversed([(f"{path}/{key}", value) for key, value in node.items()])
        elif isinstance(node, list):
            pending += reversed([(f"{path}/{index}", value) for index, value in enumerate(node)])
        elif node is not NOTHING:
            yield path, keys_and_values(node)[1][0], False


def pointer(text: str) -> Path:
    """The reference tokens of a JSON pointer (RFC 6901). `/` alone names the whole document for AWS WAF."""
    if text == "/":
        return ()
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:])


def _encoded(texts: list[str]) -> list[bytes]:
    try:
        return list(map(str.encode, texts))
    except UnicodeEncodeError:
        return [_bytes(text) for text in texts]


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")  # bytes that were no UTF-8
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")  # an escaped half of a pair


def _distinct(pairs: list[tuple[str, Node]]) -> dict[str, Node]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("duplicate key")
    return names


def _same(number: str) -> str:
    return number


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _leniently(text: bytes) -> Json:
    root: Node = []
    stack: list[Node] = []
    key: str | None = None  # of the innermost object, while it waits for its value
    at = 0
    while (found := _TOKEN.match(text, at)) is not None:
        at = found.end()
        mark = found["mark"]
        top = stack[-1] if stack else None
        if mark == b",":
            if top is None or key is not None:
                break
            continue
        if mark == b":":
            if key is None:
                break
            continue
        if mark in (b"}", b"]"):
            if top is None or key is not None or isinstance(top, dict) != (mark == b"}"):
                break
            stack.pop()
            if stack:
                continue
            rest = _SPACE.match(text, at)
            return Json(root, rest is not None and rest.end() == len(text))
        value: Node
        if mark is not None:
            value = {} if mark == b"{" else []
        elif (string := found["string"]) is not None:
            value = _unescape(string[1:-1].decode("utf-8", "surrogateescape"))
        else:
            scalar = found["scalar"]
            value = _LITERALS.get(scalar, scalar.decode())
        if top is None:
            if mark is None:
                break
            root = value
        elif isinstance(top, list):
            top.append(value)
        elif key is not None:
            top[key] = value
            key = None
        elif found["string"] is not None and value not in top:
            key = value
            top[key] = NOTHING
            continue
        else:
            break
        if mark is not None:
            stack.append(value)
    return Json(root, False)


def _unescape(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(found: re.Match[str]) -> str:
    high, low, single, other = found.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) & 0x3FF) << 10) + (int(low, 16) & 0x3FF))
    if single:
        return chr(int(single, 16))
    return _SINGLE.get(other, other)

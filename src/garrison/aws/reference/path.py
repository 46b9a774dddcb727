"""Paths into the parameters of a call, as the override files write them.

PolicyArn                 one member
Target.Id                 a member of a structure
PolicyArns[].arn          that member of every element
EncryptionContext{}       every entry of a map; the key fills the placeholder of the condition key's name
EncryptionContext{keys}   the keys of a map
EncryptionContext{values} the values of a map, those of maps within it too
RequestItems{entries}     a map as a list: each value (a structure's members) with its key as `item`
Tags[Key=Value]           a list of pairs read as such a map
Tagging{query}            a query string read as such a map; its names are {querykeys}
RotationRules{given}      `true` where the member is given
ResourceId{type}          EC2's resource type of an id, by its prefix
%leadingkeys              computed from all parameters: see `garrison.aws.reference.derived`
=text                     the text itself
@account                  the account (or @region) of the call
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from garrison.aws.reference.derived import DERIVED
from garrison.aws.reference.ec2_ids import resource_type

Params = Mapping[str, Any]
Getter = Callable[[Params], Any]
"""Gives the value, None where the member is absent; a list for paths with `[]`, a dict for maps."""

_STEP = re.compile(r"([A-Za-z0-9_\-]+)((?:\[[^\]]*\]|\{[^}]*\})?)$")


def compile_path(path: str) -> Getter:
    """The getter of one path. Raises ValueError for a path that cannot be read."""
    if path.startswith("="):
        constant = path[1:]
        return lambda params: constant
    if path.startswith("%"):
        return DERIVED[path[1:]]
    path, tilde, pattern = path.partition("~")
    if tilde:
        return _taken(compile_path(path), re.compile(pattern))
    steps: list[tuple[str, str]] = []
    for step in path.split("."):
        found = _STEP.match(step)
        if not found:
            raise ValueError(f"not a parameter path: {path!r}")
        steps.append((found[1], found[2]))
    if len(steps) == 1 and not steps[0][1]:
        name = steps[0][0]
        return lambda params: params.get(name)
    return lambda params: _walk(params, steps)


def _taken(get: Getter, pattern: re.Pattern[str]) -> Getter:
    def take(params: Params) -> str | None:
        value = get(params)
        found = pattern.search(value) if isinstance(value, str) else None
        return found[1] if found else None

    return take


def _walk(value: Any, steps: list[tuple[str, str]]) -> Any:
    for i, (name, suffix) in enumerate(steps):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
        if value is None:
            return None
        if suffix == "[]":
            rest = steps[i + 1 :]
            return _flat(value, rest)
        if suffix == "{given}":
            return "true"
        if suffix in ("{unquote}", "{type}", "{query}", "{querykeys}"):
            return _of_text(value, suffix)
        if suffix == "{keys}":
            return list(value)
        if suffix == "{entries}":
            return [{**(one if isinstance(one, Mapping) else {"Entries": one}), "item": k} for k, one in value.items()]
        if suffix == "{values}":
            return [v for one in value.values() for v in (one.values() if isinstance(one, Mapping) else (one,))]
        if suffix.startswith("["):
            key, _, item = suffix[1:-1].partition("=")
            return {pair[key]: pair.get(item) or "" for pair in value if pair.get(key) is not None}
    return value


def _of_text(value: Any, suffix: str) -> Any:
    if not isinstance(value, str):
        return None
    if suffix == "{unquote}":
        return unquote(value)
    if suffix == "{type}":
        return resource_type(value)
    pairs = dict(parse_qsl(value, keep_blank_values=True))
    return pairs if suffix == "{query}" else list(pairs)


def _flat(value: Any, rest: list[tuple[str, str]]) -> list[Any]:
    if not rest:
        return list(value)
    found: list[Any] = []
    for element in value:
        inner = _walk(element, rest)
        if isinstance(inner, list):
            found.extend(inner)
        elif inner is not None:
            found.append(inner)
    return found


def first_member(path: str) -> str:
    """The top-level input member a path starts at."""
    return re.split(r"[.\[{~]", path, maxsplit=1)[0]


def text(value: Any) -> str:
    """A parameter as condition context writes it: `true`, `3600`, ISO 8601 in UTC, base64 for bytes."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)

"""Tags in parameters: `aws:RequestTag/KEY` and `aws:TagKeys`, whatever a service calls the member."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from garrison.aws.reference.path import Getter, Params, compile_path

if TYPE_CHECKING:
    from botocore.model import StructureShape

_TAGS = re.compile(r"^(resource|function)?tag(s|list|set|ging|slist)?$", re.IGNORECASE)
_KEYS = re.compile(r"^(tag_?keys|tagkeylist)$", re.IGNORECASE)


def tags_path(shape: StructureShape | None) -> str | None:
    """Where an operation takes tags: a path whose value is a dict of them."""
    for name, member in _members(shape):
        if _TAGS.match(name):
            found = _pairs(name, member)
            if found:
                return found
    return None


def tags(shape: StructureShape | None) -> Getter | None:
    """Reads the tags of a call as a dict, where the operation takes any."""
    if has_tag_specifications(shape):
        return _specified
    path = tags_path(shape)
    return compile_path(path) if path else None


def has_tag_specifications(shape: StructureShape | None) -> bool:
    """Whether an operation takes tags as EC2 does: per type of what it creates."""
    member: Any = shape.members.get("TagSpecifications") if shape else None
    return member is not None and member.type_name == "list" and "Tags" in member.member.members


def _specified(params: Params) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for specification in params.get("TagSpecifications") or ():
        for tag in specification.get("Tags") or ():
            found[tag.get("Key") or ""] = tag.get("Value") or ""
    return found or None


def specified(kind: str, *, keys: bool) -> Getter:
    """Reads the tags (or their keys) that TagSpecifications gives resources of one type."""

    def read(params: Params) -> Any:
        mine = [s for s in params.get("TagSpecifications") or () if s.get("ResourceType") == kind]
        found = _specified({"TagSpecifications": mine})
        return list(found) if found and keys else found

    return read


def tag_keys(shape: StructureShape | None) -> Getter | None:
    """Reads the tag keys of a call (an untag operation's list, else those of its tags)."""
    for name, member in _members(shape):
        if _KEYS.match(name) and member.type_name == "list":
            if member.member.type_name == "string":
                return compile_path(name + "[]")
            keys = [k for k in member.member.members if k.lower() == "key"]
            return compile_path(f"{name}[].{keys[0]}") if keys else None
    pairs = tags(shape)
    if pairs is None:
        return None

    def keys_of(params: Params) -> list[str] | None:
        found = pairs(params)
        return list(found) if found is not None else None

    return keys_of


def _members(shape: StructureShape | None) -> Iterable[tuple[str, Any]]:
    return shape.members.items() if shape else ()


def _pairs(path: str, shape: Any) -> str | None:
    kind = shape.type_name
    if kind == "map":
        return path + "{}"
    if kind == "list" and shape.member.type_name == "structure":
        names = {n.lower(): n for n in shape.member.members}
        key = names.get("key") or names.get("tagkey")
        value = names.get("value") or names.get("tagvalue")
        return f"{path}[{key}={value}]" if key and value else None
    if kind == "structure":
        for name, member in shape.members.items():
            if _TAGS.match(name):
                return _pairs(f"{path}.{name}", member)
    return None

"""Between what the API carries and what is stored: blobs as base64 text, nothing else changed."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from garrison.aws.reference.waf_rules import named
from garrison.services.wafv2.resources import Document

_BLOBS = frozenset({"SearchString"})
"""Members that are blobs, wherever they stand in a rule."""


def kept(value: Any) -> Any:
    """A parsed parameter as it is stored."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: kept(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [kept(member) for member in value]
    return value


def given(value: Any) -> Any:
    """What is stored as an answer carries it."""
    if isinstance(value, dict):
        return {
            name: base64.b64decode(member) if name in _BLOBS and isinstance(member, str) else given(member)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [given(member) for member in value]
    return value


def members(params: dict[str, Any], names: tuple[str, ...]) -> Document:
    """Those parameters that make up a document. An empty list is as good as none (Terraform sends them)."""
    return {name: kept(params[name]) for name in names if name in params and params[name] not in ([], None)}


def references(document: Document) -> set[str]:
    """The ARNs of every set and group that the rules of a web ACL or rule group name."""
    return set(named(document.get("Rules", ())))


def managed_groups(document: Document) -> Iterator[dict[str, Any]]:
    """Every managed rule group statement."""
    for statement in _statements(document.get("Rules", ())):
        if "ManagedRuleGroupStatement" in statement:
            yield statement["ManagedRuleGroupStatement"]


def _statements(value: Any) -> Iterator[dict[str, Any]]:
    """Every structure within rules, nested ones too: a statement is one of them."""
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from _statements(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from _statements(member)

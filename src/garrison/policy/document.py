"""A policy document: parsed once, compiled, immutable."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import NamedTuple

from garrison.policy.reader import Array, Object, PolicyError, Scalar, read
from garrison.policy.request import PolicyType
from garrison.policy.statement import Statement, compile_statement

VERSION_WITH_VARIABLES = "2012-10-17"
VERSIONS = (VERSION_WITH_VARIABLES, "2008-10-17")

_REMEMBERED_ACTIONS = 1024


class About(NamedTuple):
    """What a document says about one action."""

    denies: tuple[Statement, ...]
    allows: tuple[Statement, ...]


class Document:
    """A compiled policy. `Document.parse(text, kind)` gives the same object for the same text, whoever asks."""

    __slots__ = ("_by_action", "hash", "id", "kind", "statements", "text", "variables", "version")

    def __init__(self, text: str, kind: PolicyType) -> None:
        """Parse and compile `text`. Raises `PolicyError`, and nothing else, for whatever is not a policy of `kind`."""
        root = read(text)
        if not isinstance(root, Object):
            raise PolicyError("a policy is a JSON object")
        for member in root.members.values():
            if member.key not in ("Version", "Id", "Statement"):
                raise PolicyError(f"unknown element {member.key!r}", member.span.line, member.span.column)
        self.text = text
        self.kind = kind
        self.version = _string(root, "Version")
        if self.version is not None and self.version not in VERSIONS:
            raise PolicyError(f"unknown version {self.version!r}")
        self.id = _string(root, "Id")
        node = root.get("Statement")
        nodes = node.items if isinstance(node, Array) else () if node is None else (node,)
        if not nodes:
            raise PolicyError("a policy needs a Statement")
        self.variables = self.version == VERSION_WITH_VARIABLES
        self.statements: tuple[Statement, ...] = tuple(
            compile_statement(item, index, kind, variables=self.variables) for index, item in enumerate(nodes)
        )
        self.hash = hashlib.sha256(text.encode()).hexdigest()
        self._by_action: dict[str, About] = {}

    @classmethod
    def parse(cls, text: str, kind: PolicyType) -> Document:
        """The compiled document of `text`, from memory if it was compiled before. Raises `PolicyError`."""
        if not isinstance(text, str):
            raise PolicyError("a policy is text")
        return _parse(text, kind)

    def about(self, action: str) -> About:
        """The statements that cover `action` (any case), in their order, remembered per action."""
        found = self._by_action.get(action)
        if found is None:
            lower = action.lower()
            covering = [statement for statement in self.statements if statement.action(lower)]
            found = About(
                tuple(statement for statement in covering if not statement.allow),
                tuple(statement for statement in covering if statement.allow),
            )
            if len(self._by_action) >= _REMEMBERED_ACTIONS:
                self._by_action.clear()
            self._by_action[action] = found
        return found

    def __repr__(self) -> str:
        return f"Document({self.kind}, {len(self.statements)} statements, {self.hash[:12]})"


@lru_cache(maxsize=2048)
def _parse(text: str, kind: PolicyType) -> Document:
    return Document(text, kind)


def _string(root: Object, name: str) -> str | None:
    node = root.get(name)
    if node is None:
        return None
    if not isinstance(node, Scalar) or node.kind != "string":
        raise PolicyError(f"{name} must be a string", node.span.line, node.span.column)
    return node.text

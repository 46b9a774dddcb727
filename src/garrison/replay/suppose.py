"""What a log does not tell: decisions under the assumption that a condition holds, or that it does not.

A statement whose conditions (or variables) ask for keys the log lacks may apply or not. Such statements are rewritten
to one that does not ask (it applies) or to one that never applies, and the engine decides about the rewritten stack.
Positions of statements stay, so that a decision still tells which one it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

import msgspec

from garrison.policy.document import Document
from garrison.policy.request import AttachedPolicy, PolicyType, Stack
from garrison.policy.statement import Statement
from garrison.policy.variables import Variable, template

NEVER = "garrison:Never"
"""An action nobody asks for."""

Fingerprint = tuple[bool, tuple[tuple[str, tuple[str, ...]], ...], tuple[tuple[str, str, tuple[str, ...]], ...]]
"""What a statement means: effect, elements, conditions."""

Holds = Callable[[Statement], bool]
"""Whether a statement that asks for unknown keys is taken to apply."""


def fingerprint(statement: Statement) -> Fingerprint:
    """What tells statements apart, wherever they stand."""
    return (
        statement.allow,
        tuple(sorted((element, tuple(sorted(values))) for element, values in statement.values.items())),
        tuple(sorted((c.operator, c.key.lower(), c.values) for c in statement.conditions)),
    )


def policies(stack: Stack) -> Iterator[AttachedPolicy]:
    """Every policy of a stack."""
    yield from stack.identity
    yield from stack.session or ()
    for levels in (stack.scps, stack.rcps):
        for level in levels or ():
            yield from level
    for one in (stack.boundary, stack.resource, stack.endpoint):
        if one is not None:
            yield one


def asked_keys(stack: Stack, action: str) -> frozenset[str]:
    """Condition keys that some statement about `action` (any case) asks for."""
    found: set[str] = set()
    for policy in policies(stack):
        for statements in policy.document.about(action):
            for statement in statements:
                found |= keys_of(policy.document, statement)
    return frozenset(found)


def keys_of(document: Document, statement: Statement) -> frozenset[str]:
    """Condition keys a statement asks for, in conditions and in variables."""
    found = {condition.key.lower() for condition in statement.conditions}
    if document.variables:
        texts: list[str] = [value for c in statement.conditions for value in c.values]
        texts += [v for element, values in statement.values.items() if "Resource" in element for v in values]
        for text in texts:
            if "${" in text:
                parts = template(text, variables=True, wildcards=True)
                found |= {part.key for part in parts if isinstance(part, Variable)}
    return frozenset(found)


def suppose(stack: Stack, unknown: frozenset[str], holds: Holds) -> Stack:
    """The stack with every statement that asks for unknown keys decided by `holds`."""

    def one(policy: AttachedPolicy) -> AttachedPolicy:
        return _rewritten(policy, unknown, holds)

    def several(found: Iterable[AttachedPolicy]) -> tuple[AttachedPolicy, ...]:
        return tuple(map(one, found))

    return msgspec.structs.replace(
        stack,
        identity=several(stack.identity),
        boundary=None if stack.boundary is None else one(stack.boundary),
        session=None if stack.session is None else several(stack.session),
        scps=None if stack.scps is None else [several(level) for level in stack.scps],
        rcps=None if stack.rcps is None else [several(level) for level in stack.rcps],
        resource=None if stack.resource is None else one(stack.resource),
    )


def _rewritten(policy: AttachedPolicy, unknown: frozenset[str], holds: Holds) -> AttachedPolicy:
    document = policy.document
    asking = [s for s in document.statements if keys_of(document, s) & unknown]
    if not asking:
        return policy
    applies = frozenset(s.index for s in asking if holds(s))
    never = frozenset(s.index for s in asking) - applies
    text = _text(document.text, document.kind, unknown, applies, never)
    return msgspec.structs.replace(policy, document=Document.parse(text, document.kind))


@lru_cache(maxsize=4096)
def _text(text: str, kind: PolicyType, unknown: frozenset[str], applies: frozenset[int], never: frozenset[int]) -> str:
    whole = json.loads(text)
    statements = whole["Statement"] if isinstance(whole["Statement"], list) else [whole["Statement"]]
    for index in never:
        statements[index] = {k: v for k, v in statements[index].items() if k != "NotAction"} | {"Action": NEVER}
    for index in applies:
        statements[index] = _unasking(statements[index], unknown)
    whole["Statement"] = statements
    return json.dumps(whole)


def _unasking(statement: dict[str, Any], unknown: frozenset[str]) -> dict[str, Any]:
    out = dict(statement)
    conditions = {
        operator: {
            key: values for key, values in keys.items() if key.lower() not in unknown and not _varies(values, unknown)
        }
        for operator, keys in (statement.get("Condition") or {}).items()
    }
    out.pop("Condition", None)
    left = {operator: keys for operator, keys in conditions.items() if keys}
    if left:
        out["Condition"] = left
    for element in ("Resource", "NotResource"):
        if element in out and _varies(out[element], unknown):
            del out[element]
            out["Resource"] = "*"
    return out


def _varies(values: Any, unknown: frozenset[str]) -> bool:
    texts = values if isinstance(values, list) else [values]
    return any(
        isinstance(part, Variable) and part.key in unknown
        for text in texts
        if isinstance(text, str) and "${" in text
        for part in template(text, variables=True, wildcards=True)
    )

"""One statement of a policy: read from JSON, checked for shape, compiled into tests.

What is refused here is what has no meaning at all (an unknown element, both of a pair, an unknown operator). What AWS
refuses on saving, in its own words, is `garrison.policy.validate`'s business.
"""

from __future__ import annotations

import msgspec

from garrison.policy.conditions import Test, UnknownOperator, compile_condition, parse_name
from garrison.policy.glob import Matcher, matcher, tokens
from garrison.policy.grant import Principals, principals
from garrison.policy.reader import Array, Node, Object, PolicyError, Scalar, Span, strings
from garrison.policy.request import PolicyType
from garrison.policy.resource import anything, compile_resources
from garrison.policy.variables import Match

PRINCIPAL_TYPES = ("AWS", "Federated", "Service", "CanonicalUser")
SPEAKS_OF_PRINCIPALS = frozenset({PolicyType.RESOURCE, PolicyType.TRUST, PolicyType.VPCE, PolicyType.RCP})
"""Kinds of policies whose statements name principals; in all others they must not."""

ELEMENTS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)


class Condition(msgspec.Struct, frozen=True, eq=False):
    """One operator and key with its values."""

    operator: str
    key: str
    values: tuple[str, ...]
    test: Test
    span: Span


class Statement(msgspec.Struct, frozen=True, eq=False):
    """A compiled statement. It applies when its action, its principal, its resource and every condition do."""

    index: int
    sid: str | None
    allow: bool
    action: Matcher
    """Of the **lower-case** action: does `Action` (or `NotAction`) cover it?"""
    resource: Match
    conditions: tuple[Condition, ...]
    principals: Principals | None
    """None where the kind of policy names none: it speaks of whomever it is attached to."""
    covers: Match
    """Resource and conditions in one test; `resource.anything` itself when neither limits the statement."""
    span: Span
    elements: dict[str, Span]
    """Where each element stands (`Action`, `NotResource`, ...)."""
    values: dict[str, tuple[str, ...]]
    """Values of the action and resource elements as written; of the principal element as `Type:value`."""


def compile_statement(node: Node, index: int, kind: PolicyType, *, variables: bool) -> Statement:
    """Compile one statement. Raises `PolicyError` if it is not one of this kind of policy."""
    statement = _object(node, "a statement")
    for member in statement.members.values():
        if member.key not in ELEMENTS:
            raise _error(f"unknown element {member.key!r} in a statement", member.value)
    effect = _text(statement, "Effect")
    if effect not in ("Allow", "Deny"):
        raise _error("Effect must be Allow or Deny", statement)
    values: dict[str, tuple[str, ...]] = {}
    action = _one_of(statement, "Action", "NotAction", values)
    if action is None:
        raise _error("a statement needs Action or NotAction", statement)
    resource = _one_of(statement, "Resource", "NotResource", values)
    if kind is PolicyType.TRUST and resource is not None:
        raise _error("a trust policy speaks of its own role: it has no Resource", statement)
    if resource is None and kind not in (PolicyType.TRUST, PolicyType.RESOURCE):
        raise _error("a statement needs Resource or NotResource", statement)
    who = _principals(statement, kind, values, deny=effect == "Deny")
    conditions = _conditions(statement, variables)
    covers_resource: Match = anything
    if resource is not None:
        covers_resource = compile_resources(values[resource], variables=variables, negated=resource == "NotResource")
    return Statement(
        index=index,
        sid=_text(statement, "Sid") if "Sid" in statement.members else None,
        allow=effect == "Allow",
        action=_actions(values[action], negated=action == "NotAction"),
        resource=covers_resource,
        conditions=conditions,
        principals=who,
        covers=_covers(covers_resource, [condition.test for condition in conditions]),
        span=statement.span,
        elements={key: member.span for key, member in statement.members.items()},
        values=values,
    )


def _covers(resource: Match, tests: list[Test]) -> Match:
    if not tests:
        return resource
    if len(tests) == 1:
        test = tests[0]
        if resource is anything:
            return lambda arn, context: test(context)
        return lambda arn, context: resource(arn, context) and test(context)
    return lambda arn, context: resource(arn, context) and all(test(context) for test in tests)


def _actions(patterns: tuple[str, ...], *, negated: bool) -> Matcher:
    # Service prefix and name are compared regardless of case (IAM user guide, "Action"); blanks are not trimmed.
    matchers = [matcher(tokens(pattern.lower())) for pattern in patterns]
    if negated:
        return lambda action: not any(match(action) for match in matchers)
    if len(matchers) == 1:
        return matchers[0]
    return lambda action: any(match(action) for match in matchers)


def _one_of(statement: Object, positive: str, negative: str, values: dict[str, tuple[str, ...]]) -> str | None:
    """Which of a pair stands there, its values noted; None if neither does."""
    present = [name for name in (positive, negative) if name in statement.members]
    if len(present) > 1:
        raise _error(f"a statement has {positive} or {negative}, not both", statement)
    if not present:
        return None
    name = present[0]
    node = statement.members[name].value
    items = strings(node)
    if not items:
        raise _error(f"{name} must be a string or a list of strings", node)
    values[name] = tuple(item.text for item in items)
    return name


def _principals(
    statement: Object, kind: PolicyType, values: dict[str, tuple[str, ...]], *, deny: bool
) -> Principals | None:
    present = [name for name in ("Principal", "NotPrincipal") if name in statement.members]
    if kind not in SPEAKS_OF_PRINCIPALS:
        if present:
            raise _error(f"a {kind} has no {present[0]}", statement)
        return None
    if len(present) != 1:
        raise _error("a statement needs either Principal or NotPrincipal", statement)
    name = present[0]
    node = statement.members[name].value
    entries: list[tuple[str, str]] = []
    if isinstance(node, Scalar) and node.kind == "string" and node.text == "*":
        entries.append(("AWS", "*"))
    elif isinstance(node, Object) and node.members:
        for member in node.members.values():
            items = strings(member.value)
            if member.key not in PRINCIPAL_TYPES or not items:
                raise _error(f"{name} lists strings under {', '.join(PRINCIPAL_TYPES)}", member.value)
            entries += [(member.key, item.text) for item in items]
    else:
        raise _error(f'{name} must be "*" or an object', node)
    values[name] = tuple(f"{type_}:{value}" for type_, value in entries)
    return principals(entries, negated=name == "NotPrincipal", deny=deny)


def _conditions(statement: Object, variables: bool) -> tuple[Condition, ...]:
    node = statement.get("Condition")
    if node is None:
        return ()
    found: list[Condition] = []
    for operator in _object(node, "Condition").members.values():
        try:
            parse_name(operator.key)
        except UnknownOperator:
            raise _error(f"unknown condition operator {operator.key!r}", operator.value) from None
        for key in _object(operator.value, f"the operator {operator.key!r}").members.values():
            values = _scalars(key.value)
            test = compile_condition(operator.key, key.key, values, variables=variables)
            found.append(Condition(operator.key, key.key, values, test, key.span))
    return tuple(found)


def _scalars(node: Node) -> tuple[str, ...]:
    items = node.items if isinstance(node, Array) else (node,)
    texts = [item.text for item in items if isinstance(item, Scalar) and item.kind != "null"]
    if len(texts) != len(items):
        raise _error("a condition value is a string, a number, a boolean, or a list of them", node)
    return tuple(texts)


def _text(statement: Object, name: str) -> str:
    node = statement.get(name)
    if not isinstance(node, Scalar) or node.kind != "string":
        raise _error(f"a statement needs {name}, a string", node or statement)
    return node.text


def _object(node: Node, what: str) -> Object:
    if not isinstance(node, Object):
        raise _error(f"{what} must be an object", node)
    return node


def _error(message: str, node: Node) -> PolicyError:
    return PolicyError(message, node.span.line, node.span.column)

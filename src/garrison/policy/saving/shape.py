"""First the shape of a policy, then what AWS calls legacy parsing, then the statement ids."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from garrison.policy.conditions import UnknownOperator, parse_name
from garrison.policy.conditions.date import instant
from garrison.policy.document import VERSIONS
from garrison.policy.reader import Array, Member, Node, Object, PolicyError, Scalar, read, strings
from garrison.policy.request import PolicyType
from garrison.policy.saving.refusal import LEGACY, SYNTAX, Refusal
from garrison.policy.statement import ELEMENTS

# The limits are Java's: years an Instant can hold, seconds a long can (recorded answers of IAM).
_FIRST_YEAR, _LAST_YEAR = -292_275_054, 292_278_993
_LAST_SECOND = 2**63 - 1
_SIGNED_YEAR = re.compile(r"[+-]?[0-9]+")
_SID = re.compile(r"[0-9A-Za-z]*")


class StatementShape(msgspec.Struct, frozen=True):
    """A statement whose elements have the right types, and perhaps the wrong values."""

    sid: str | None
    effect: str
    action_element: str
    actions: tuple[str, ...]
    resource_element: str
    resources: tuple[str, ...] | None
    """None where the element is missing."""
    principal_element: str | None
    principal: Object | Scalar | None
    dates: tuple[str, ...]
    """Values of date operators."""


class PolicyShape(msgspec.Struct, frozen=True):
    """A policy whose elements have the right types."""

    version: str | None
    statements: tuple[StatementShape, ...]


def read_shape(text: str, kind: PolicyType) -> PolicyShape:
    """Read a policy. Raises `Refusal` for everything AWS calls a syntax error."""
    try:
        root = read(text)
    except PolicyError:
        raise Refusal(SYNTAX) from None
    if not isinstance(root, Object) or not set(root.members) <= {"Version", "Id", "Statement"}:
        raise Refusal(SYNTAX)
    version = _optional_string(root, "Version")
    if version is not None and version not in VERSIONS:
        raise Refusal(SYNTAX)
    _optional_string(root, "Id")
    node = root.get("Statement")
    nodes = node.items if isinstance(node, Array) else (node,)
    if not nodes:
        raise Refusal(SYNTAX)
    return PolicyShape(version, tuple(_statement(item) for item in nodes))


def check_legacy(policy: PolicyShape) -> None:
    """Effect in the right case, dates that are dates, ARNs with enough colons."""
    for statement in policy.statements:
        if statement.effect not in ("Allow", "Deny"):
            raise Refusal(LEGACY)
        for resource in statement.resources or ():
            # A short form ending in `*` is filled up with `*`.
            if resource.startswith("arn:") and resource.count(":") < 5 and not resource.endswith("*"):
                raise Refusal(LEGACY)
        if not all(map(_is_date, statement.dates)):
            raise Refusal(LEGACY)


def check_sids(policy: PolicyShape, kind: PolicyType) -> None:
    """Statement ids: unique, and plain outside of resource policies."""
    sids = [statement.sid for statement in policy.statements if statement.sid]
    if kind is not PolicyType.RESOURCE and not all(map(_SID.fullmatch, sids)):
        raise Refusal(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
            "[0-9A-Za-z]*"
        )
    if len(set(sids)) != len(sids):
        raise Refusal("Statement IDs (SID) in a single policy must be unique.")


def _statement(node: Node | None) -> StatementShape:
    if not isinstance(node, Object) or not set(node.members) <= ELEMENTS:
        raise Refusal(SYNTAX)
    effect = _optional_string(node, "Effect")
    if effect is None or effect.lower() not in ("allow", "deny"):
        raise Refusal(SYNTAX)
    action_element, actions = _list_of(node, "Action", "NotAction")
    resource_element, resources = _list_of(node, "Resource", "NotResource")
    principal_element = _one_of(node, "Principal", "NotPrincipal")
    principal = None if principal_element is None else node.get(principal_element)
    if isinstance(principal, Array) or (isinstance(principal, Scalar) and principal.text != "*"):
        raise Refusal(SYNTAX)
    return StatementShape(
        sid=_optional_string(node, "Sid"),
        effect=effect,
        action_element=action_element,
        actions=actions or (),
        resource_element=resource_element,
        resources=resources,
        principal_element=principal_element,
        principal=principal,
        dates=tuple(_dates(node)),
    )


def _dates(statement: Object) -> Iterator[str]:
    """Check the shape of the conditions; yield the values of date operators."""
    condition = statement.get("Condition")
    if condition is None:
        return
    for operator in _members(condition):
        try:
            name = parse_name(operator.key)
        except UnknownOperator:
            raise Refusal(SYNTAX) from None
        for key in _members(operator.value):
            items = key.value.items if isinstance(key.value, Array) else (key.value,)
            for item in items:
                if not isinstance(item, Scalar) or item.kind == "null":
                    raise Refusal(SYNTAX)
                if name.base.startswith("date"):
                    yield item.text


def _members(node: Node) -> Iterator[Member]:
    if not isinstance(node, Object):
        raise Refusal(SYNTAX)
    yield from node.members.values()


def _is_date(text: str) -> bool:
    if text.isascii() and text.isdigit() and len(text) != 4:
        return int(text[:20]) <= _LAST_SECOND
    if _SIGNED_YEAR.fullmatch(text):
        return len(text) < 12 and _FIRST_YEAR <= int(text) <= _LAST_YEAR
    return instant(text) is not None


def _optional_string(node: Object, name: str) -> str | None:
    value = node.get(name)
    if value is None:
        return None
    if not isinstance(value, Scalar) or value.kind != "string":
        raise Refusal(SYNTAX)
    return value.text


def _one_of(node: Object, positive: str, negative: str) -> str | None:
    present = [name for name in (positive, negative) if name in node.members]
    if len(present) > 1:
        raise Refusal(SYNTAX)
    return present[0] if present else None


def _list_of(node: Object, positive: str, negative: str) -> tuple[str, tuple[str, ...] | None]:
    name = _one_of(node, positive, negative)
    if name is None:
        return positive, None
    items = strings(node.members[name].value)
    if items is None:
        raise Refusal(SYNTAX)
    return name, tuple(item.text for item in items)

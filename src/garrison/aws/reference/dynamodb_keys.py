"""What DynamoDB's condition keys see in a call: the keys, the attributes and the selection it asks for.

Source: DynamoDB developer guide, "Using IAM policy conditions for fine-grained access control". Which attribute is the
partition key only the table knows. Where the parameters leave it open, `dynamodb:LeadingKeys` is `UNKNOWN_KEY`, which
equals no real key, so that the usual `ForAllValues` allow does not hold; whoever knows the table puts the values in its
place (`leading_keys` with the attribute's name).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from garrison.aws.reference.check import MARKER

Params = Mapping[str, Any]

UNKNOWN_KEY = MARKER + "dynamodb:leadingkeys}"

_TOKEN = re.compile(r"[#:]?[A-Za-z_][A-Za-z0-9_.\[\]-]*|[#:][A-Za-z0-9_]+|\S")
_WORDS = frozenset(("and", "or", "not", "between", "in", "set", "remove", "add", "delete"))
"""Reserved words of expressions, which no attribute is called there. A word before a parenthesis is a function."""

_EXPRESSIONS = (
    "ProjectionExpression",
    "FilterExpression",
    "ConditionExpression",
    "KeyConditionExpression",
    "UpdateExpression",
)
_NAMING = (
    "AttributesToGet",
    "PartiQLAttributes",
    "AttributeUpdates",
    "Expected",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
)
_EQUALITY = re.compile(r"(?<![<>])=")
_EQUALS = re.compile(r"\(?\s*(#?[A-Za-z_][A-Za-z0-9_.-]*|#[A-Za-z0-9_]+)\s*=\s*(:[A-Za-z0-9_]+)\s*\)?")


def leading_keys(params: Params, partition_key: str | None = None) -> tuple[str, ...] | None:
    """The partition key values a call names, `(UNKNOWN_KEY,)` if it cannot be told which they are.

    `partition_key` is the name of the table's (or index's) partition key attribute, where it is known. None for calls
    that name none (a scan).
    """
    found: list[str] = []
    for one in _keys(params):
        values = [one.get(partition_key)] if partition_key else list(one.values())
        value = _scalar(values[0]) if len(values) == 1 else None
        if value is None:
            return (UNKNOWN_KEY,)
        found.append(value)
    if found:
        return tuple(found)
    if "KeyConditionExpression" in params or "KeyConditions" in params:
        value = _queried(params, partition_key)
        return (UNKNOWN_KEY if value is None else value,)
    return None if "Statement" not in params else (UNKNOWN_KEY,)


def _keys(params: Params) -> Iterator[Mapping[str, Any]]:
    """Each item or key the parameters hold, of one call or one table of a batch."""
    for name in ("Key", "Item"):
        if isinstance(params.get(name), Mapping):
            yield params[name]
    yield from params.get("Keys") or ()
    for entry in params.get("Entries") or ():
        for name, inner in (("PutRequest", "Item"), ("DeleteRequest", "Key")):
            request = entry.get(name)
            if request:
                yield request.get(inner) or {}


def _queried(params: Params, partition_key: str | None) -> str | None:
    """The partition key value of a query."""
    equal: dict[str, Any] = {}
    for name, condition in (params.get("KeyConditions") or {}).items():
        values: list[Any] = condition.get("AttributeValueList") or []
        if condition.get("ComparisonOperator") == "EQ" and len(values) == 1:
            equal[name] = values[0]
    expression = str(params.get("KeyConditionExpression") or "")
    names: Params = params.get("ExpressionAttributeNames") or {}
    given: Params = params.get("ExpressionAttributeValues") or {}
    for part in re.split(r"\s+and\s+", expression, flags=re.IGNORECASE):
        found = _EQUALS.fullmatch(part.strip())
        if found:
            equal[str(names.get(found.group(1), found.group(1)))] = given.get(found.group(2))
    if expression and len(equal) != len(_EQUALITY.findall(expression)):
        return None  # an equality written in a way that is not understood may be the one of the partition key
    if partition_key:
        return _scalar(equal.get(partition_key))
    # A query must name one partition key with `=`: a single equality is it.
    return _scalar(next(iter(equal.values()))) if len(equal) == 1 else None


def _scalar(value: Any) -> str | None:
    """A key attribute's value (`{"S": "ana"}`) as text."""
    if isinstance(value, Mapping) and len(value) == 1:
        kind, inner = next(iter(value.items()))
        if kind in ("S", "N") and isinstance(inner, str) and MARKER not in inner:
            return inner
    return None


def attributes(params: Params) -> tuple[str, ...] | None:
    """The top-level attributes a call names, in its keys, items, lists of names and expressions."""
    found: list[str] = []
    for one in _keys(params):
        found += one
    for name in _NAMING:
        found += params.get(name) or ()
    names: Params = params.get("ExpressionAttributeNames") or {}
    for expression in _EXPRESSIONS:
        tokens = _TOKEN.findall(params.get(expression) or "")
        for token, after in zip(tokens, [*tokens[1:], ""], strict=False):
            bare = re.split(r"[.\[]", token, maxsplit=1)[0]
            if bare.startswith("#"):
                found.append(str(names.get(bare, bare)))
            elif (bare[:1].isalpha() or bare[:1] == "_") and bare.lower() not in _WORDS and after != "(":
                found.append(bare)
    return tuple(dict.fromkeys(found)) or None


def select(params: Params) -> str | None:
    """What a read returns: `Select`, or what it is when it is not given (API reference, Query and Scan).

    That reads of single items have it, too, by the same rule, is a guess: the authorization reference lists the key
    for them, and their API has no such parameter.
    """
    given = params.get("Select")
    if given:
        return str(given)
    if "PartiQLSelect" in params:
        return str(params["PartiQLSelect"])
    if params.get("ProjectionExpression") or params.get("AttributesToGet"):
        return "SPECIFIC_ATTRIBUTES"
    return "ALL_PROJECTED_ATTRIBUTES" if params.get("IndexName") else "ALL_ATTRIBUTES"

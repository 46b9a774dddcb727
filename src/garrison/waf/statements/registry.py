"""Statements by the name the API has for them: one file each, with `compile_statement`, `weigh` and `check`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from garrison.waf.context import Context
from garrison.waf.errors import EXACTLY_ONE, NOT_NESTABLE, invalid
from garrison.waf.statements.node import Node

Statement = Mapping[str, Any]

_FILES = {
    "AndStatement": "and_",
    "AsnMatchStatement": "asn_match",
    "ByteMatchStatement": "byte_match",
    "GeoMatchStatement": "geo_match",
    "IPSetReferenceStatement": "ip_set",
    "LabelMatchStatement": "label_match",
    "ManagedRuleGroupStatement": "managed_rule_group",
    "NotStatement": "not_",
    "OrStatement": "or_",
    "RateBasedStatement": "rate_based",
    "RegexMatchStatement": "regex_match",
    "RegexPatternSetReferenceStatement": "regex_set",
    "RuleGroupReferenceStatement": "rule_group_reference",
    "SizeConstraintStatement": "size_constraint",
    "SqliMatchStatement": "sqli_match",
    "XssMatchStatement": "xss_match",
    # Of managed rule groups; see garrison.waf.rule_group.
    "DetectorStatement": "detector",
    "RequestStatement": "request",
}

OF_GROUPS = frozenset({"ManagedRuleGroupStatement", "RuleGroupReferenceStatement"})
"""At the top of a web ACL's rule alone, with OverrideAction in place of Action."""
_TOP_LEVEL = OF_GROUPS | {"RateBasedStatement"}
_INTERNAL = frozenset({"DetectorStatement", "RequestStatement"})


def kind_of(statement: Statement) -> str:
    """Its name."""
    (name,) = statement
    return name


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"garrison.waf.statements.{_FILES[name]}")


def compile_statement(statement: Statement, context: Context) -> Node:
    """A statement as a function of the walk."""
    ((name, params),) = statement.items()
    node = _module(name).compile_statement(params, context)
    assert isinstance(node, Node)
    return node


def weigh(statement: Statement, context: Context) -> int:
    """WCU of a statement with everything in it. Source: developer guide, the WCU line of each statement."""
    ((name, params),) = statement.items()
    total: int = _module(name).weigh(params, context)
    return total


def check(statement: Statement) -> None:
    """What AWS demands of a statement at the top of a rule. Raises WAFInvalidParameterException."""
    names = [name for name, params in statement.items() if params is not None]
    if len(names) != 1 or names[0] not in _FILES or names[0] in _INTERNAL:
        raise invalid("STATEMENT", "Statement", EXACTLY_ONE)
    _module(names[0]).check(statement[names[0]])


def check_nested(statement: Statement) -> None:
    """The same of one within another."""
    for name in _TOP_LEVEL & statement.keys():
        raise invalid("STATEMENT", name, NOT_NESTABLE)
    check(statement)

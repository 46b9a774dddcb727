"""Web ACLs, rules and requests in few words."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from garrison.waf import CompiledWebAcl, Request, State, Verdict, compile_web_acl
from garrison.waf.context import resolve_nothing
from garrison.waf.rule_group import ManagedRuleGroup
from garrison.waf.validate import check_web_acl

ARN = "arn:aws:wafv2:us-east-1:123456789012:regional/{}/{}/11111111-2222-3333-4444-555555555555"
PREFIX = "awswaf:123456789012:webacl:shop:"
_numbers = itertools.count()

Document = dict[str, Any]


def transformations(*names: str) -> list[Document]:
    return [{"Priority": number, "Type": name} for number, name in enumerate(names or ("NONE",))]


def on(field: str | Document, *names: str, **more: Any) -> Document:
    """FieldToMatch and TextTransformations."""
    return {
        "FieldToMatch": {field: {}} if isinstance(field, str) else field,
        "TextTransformations": transformations(*names),
        **more,
    }


def byte(text: bytes, field: str | Document, position: str = "CONTAINS", *names: str) -> Document:
    return {"ByteMatchStatement": {"SearchString": text, "PositionalConstraint": position, **on(field, *names)}}


def regex(pattern: str, field: str | Document, *names: str) -> Document:
    return {"RegexMatchStatement": {"RegexString": pattern, **on(field, *names)}}


def size(comparison: str, number: int, field: str | Document, *names: str) -> Document:
    return {"SizeConstraintStatement": {"ComparisonOperator": comparison, "Size": number, **on(field, *names)}}


def label(key: str, scope: str = "LABEL") -> Document:
    return {"LabelMatchStatement": {"Scope": scope, "Key": key}}


def both(*statements: Document) -> Document:
    return {"AndStatement": {"Statements": list(statements)}}


def either(*statements: Document) -> Document:
    return {"OrStatement": {"Statements": list(statements)}}


def no(statement: Document) -> Document:
    return {"NotStatement": {"Statement": statement}}


EVERY = byte(b"/", "UriPath", "STARTS_WITH")
"""True of every request."""


def visible(metric: str) -> Document:
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": metric}


def rule(
    statement: Document, action: str | Document = "Block", name: str = "", labels: tuple[str, ...] = (), **more: Any
) -> Document:
    """A rule; priorities follow the order in which rules are made."""
    number = next(_numbers)
    name = name or f"rule-{number}"
    made: Document = {
        "Name": name,
        "Priority": number,
        "Statement": statement,
        "VisibilityConfig": visible(name),
        **more,
    }
    if statement.keys() & {"ManagedRuleGroupStatement", "RuleGroupReferenceStatement"}:
        made["OverrideAction"] = {action if action == "Count" else "None": {}}
    else:
        made["Action"] = {action: {}} if isinstance(action, str) else action
    if labels:
        made["RuleLabels"] = [{"Name": each} for each in labels]
    return made


def web_acl(*rules: Document, default: str = "Allow", **more: Any) -> Document:
    return {
        "Name": "shop",
        "Id": "11111111-2222-3333-4444-555555555555",
        "ARN": ARN.format("webacl", "shop"),
        "DefaultAction": {default: {}},
        "VisibilityConfig": visible("shop"),
        "Rules": list(rules),
        **more,
    }


def rule_group(*rules: Document, name: str = "mine", **more: Any) -> Document:
    return {"Name": name, "ARN": ARN.format("rulegroup", name), "Capacity": 100, "Rules": list(rules), **more}


def compiled(
    *rules: Document,
    references: Mapping[str, Document] | None = None,
    groups: tuple[ManagedRuleGroup, ...] = (),
    **more: Any,
) -> CompiledWebAcl:
    """A web ACL, validated and compiled. `references` by ARN."""
    document = web_acl(*rules, **more)
    check_web_acl(document)
    by_name = {(group.vendor, group.name): group for group in groups}
    return compile_web_acl(
        document,
        references.get if references else resolve_nothing,
        managed=lambda vendor, name: by_name.get((vendor, name)),
    )


def request(
    target: bytes = b"/", headers: Mapping[str, str] | list[tuple[str, str]] | None = None, **more: Any
) -> Request:
    pairs = list(headers.items()) if isinstance(headers, Mapping) else headers or []
    return Request(
        method=more.pop("method", "GET"),
        target=target,
        headers=tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs),
        **more,
    )


def matches(statement: Document, asked: Request, **more: Any) -> bool:
    """Whether a rule with this statement matches."""
    return verdict(asked, rule(statement), **more).action == "BLOCK"


def verdict(asked: Request, *rules: Document, state: State | None = None, now: float = 1000.0, **more: Any) -> Verdict:
    return compiled(*rules, **more).inspect(asked, state or State(), now)

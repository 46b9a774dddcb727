"""WCU, to the unit: what AWS's developer guide says of each statement."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.waf.capacity import capacity, web_acl_capacity
from garrison.waf.rule_group import ManagedRuleGroup
from tests.waf.documents import ARN, both, byte, either, label, no, on, regex, rule, size, transformations, web_acl

ALL: dict[str, Any] = {"MatchPattern": {"All": {}}, "MatchScope": "ALL"}
JSON = {"JsonBody": ALL}
GROUP = ARN.format("rulegroup", "mine")
SET = ARN.format("ipset", "some")


def sqli(level: str = "LOW", field: Any = "QueryString") -> dict[str, Any]:
    return {"SqliMatchStatement": {**on(field), "SensitivityLevel": level}}


def rate(**more: Any) -> dict[str, Any]:
    return {"RateBasedStatement": {"Limit": 100, "AggregateKeyType": "IP", **more}}


def forwarded(position: str) -> dict[str, Any]:
    config = {"HeaderName": "X-F", "FallbackBehavior": "MATCH", "Position": position}
    return {"IPSetReferenceStatement": {"ARN": SET, "IPSetForwardedIPConfig": config}}


PROBES = ManagedRuleGroup(
    name="Probes", vendor="Acme", capacity=700, label_namespace="awswaf:managed:acme:probes:", rules=()
)

CASES: list[tuple[dict[str, Any], int]] = [
    (byte(b"x", "UriPath", "EXACTLY"), 2),
    (byte(b"x", "UriPath", "STARTS_WITH"), 2),
    (byte(b"x", "UriPath", "ENDS_WITH"), 2),
    (byte(b"x", "UriPath", "CONTAINS"), 10),
    (byte(b"x", "UriPath", "CONTAINS_WORD"), 10),
    (byte(b"x", "UriPath", "CONTAINS", "LOWERCASE"), 20),
    (byte(b"x", "UriPath", "CONTAINS", "URL_DECODE", "LOWERCASE"), 30),
    (byte(b"x", "AllQueryArguments", "EXACTLY"), 12),
    (byte(b"x", JSON, "CONTAINS", "LOWERCASE"), 30),
    (regex("x", "UriPath"), 3),
    (regex("x", JSON), 6),
    ({"RegexPatternSetReferenceStatement": {"ARN": SET, **on("Body", "TRIM")}}, 35),
    (size("GT", 1, "Body"), 1),
    (size("GT", 1, JSON), 2),
    (sqli(), 20),
    (sqli("HIGH"), 30),
    (sqli("HIGH", JSON), 60),
    ({"XssMatchStatement": on("AllQueryArguments", "URL_DECODE")}, 60),
    ({"GeoMatchStatement": {"CountryCodes": ["US"]}}, 1),
    ({"AsnMatchStatement": {"AsnList": [1]}}, 1),
    ({"IPSetReferenceStatement": {"ARN": SET}}, 1),
    (forwarded("FIRST"), 1),
    (forwarded("ANY"), 5),
    (label("x"), 1),
    (both(byte(b"x", "UriPath", "EXACTLY"), label("x")), 3),
    (either(byte(b"x", "UriPath"), byte(b"y", "UriPath")), 20),
    (no(label("x")), 1),
    (rate(), 2),
    (rate(ScopeDownStatement=byte(b"x", "UriPath")), 12),
    (rate(AggregateKeyType="CUSTOM_KEYS", CustomKeys=[{"IP": {}}, {"HTTPMethod": {}}]), 62),
    ({"RuleGroupReferenceStatement": {"ARN": GROUP}}, 321),
    ({"ManagedRuleGroupStatement": {"VendorName": "Acme", "Name": "Probes"}}, 700),
    ({"ManagedRuleGroupStatement": {"VendorName": "Acme", "Name": "Probes", "ScopeDownStatement": label("x")}}, 701),
]


def weight(*rules: dict[str, Any]) -> int:
    return capacity(rules, {GROUP: {"Capacity": 321}}.get, lambda vendor, name: PROBES)


@pytest.mark.parametrize(("statement", "expected"), CASES)
def test_a_statement_weighs(statement: dict[str, Any], expected: int) -> None:
    assert weight(rule(statement)) == expected


def test_five_labels_are_a_unit_in_a_container() -> None:
    def labelled(count: int) -> dict[str, Any]:
        return rule(label("x"), "Count", labels=tuple(f"l{n}" for n in range(count)))

    assert weight(labelled(1)) == 2
    assert weight(labelled(5)) == 2
    assert weight(labelled(3), labelled(3)) == 4


def test_changes_before_the_query_is_split_weigh_as_others_do() -> None:
    statement = byte(b"x", "AllQueryArguments", "EXACTLY")
    statement["ByteMatchStatement"]["PreParseTextTransformations"] = transformations("URL_DECODE")
    assert weight(rule(statement)) == 22


def test_a_web_acl_weighs_what_its_rules_do() -> None:
    assert web_acl_capacity(web_acl(rule(label("x")), rule(label("y")))) == 2

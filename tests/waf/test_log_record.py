"""AWS WAF's log record, sampled requests, logging filters, and what data protection keeps out of them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from garrison.waf import Location, Request, Resource, State, log_record
from garrison.waf.log_record import matches_filter, samples
from garrison.waf.protection import protection_of, with_redacted
from garrison.waf.rule_group import Detector, Span
from tests.waf.documents import ARN, EVERY, byte, compiled, on, request, rule, rule_group

GROUP = ARN.format("rulegroup", "mine")

ASKED = Request(
    method="POST",
    target=b"/a%20b?user=ana&q=1#f",
    headers=((b"Host", b"shop.example"), (b"Authorization", b"secret"), (b"Cookie", b"sid=1; theme=dark")),
    body=b"hallo",
    body_length=12,
    body_truncated=True,
    source_ip="192.0.2.1",
    scheme="https",
    version="HTTP/2.0",
    ja3="j3",
    ja4="j4",
    request_id="r-1",
    received=1234.5678,
    resource=Resource(id="app/shop/1"),
)


def recorded(*rules: dict[str, Any], asked: Request = ASKED, **more: Any) -> dict[str, Any]:
    acl = compiled(*rules, **more)
    state = State(locate=lambda address: Location("DE"))
    record = log_record(acl, asked, acl.inspect(asked, state, 1000.0))
    json.dumps(record)
    return record


def test_the_record_of_a_block() -> None:
    record = recorded(rule(EVERY, name="all", labels=("seen",)))
    assert record == {
        "timestamp": 1234567,
        "formatVersion": 1,
        "webaclId": ARN.format("webacl", "shop"),
        "terminatingRuleId": "all",
        "terminatingRuleType": "REGULAR",
        "action": "BLOCK",
        "terminatingRuleMatchDetails": [],
        "httpSourceName": "ALB",
        "httpSourceId": "app/shop/1",
        "ruleGroupList": [],
        "rateBasedRuleList": [],
        "nonTerminatingMatchingRules": [],
        "requestHeadersInserted": None,
        "responseCodeSent": None,
        "httpRequest": {
            "clientIp": "192.0.2.1",
            "country": "DE",
            "headers": [
                {"name": "Host", "value": "shop.example"},
                {"name": "Authorization", "value": "secret"},
                {"name": "Cookie", "value": "sid=1; theme=dark"},
            ],
            "uri": "/a%20b",
            "args": "user=ana&q=1",
            "httpVersion": "HTTP/2.0",
            "httpMethod": "POST",
            "requestId": "r-1",
            "fragment": "f",
            "scheme": "https",
            "host": "shop.example",
        },
        "labels": [{"name": "awswaf:123456789012:webacl:shop:seen"}],
        "requestBodySize": 12,
        "requestBodySizeInspectedByWAF": 5,
        "ja3Fingerprint": "j3",
        "ja4Fingerprint": "j4",
    }


def test_what_was_larger_than_what_was_inspected_is_named_if_a_rule_looked_at_it() -> None:
    assert recorded(rule(byte(b"x", "Body")))["oversizeFields"] == ["REQUEST_BODY"]
    assert "oversizeFields" not in recorded(rule(byte(b"x", "UriPath")))


def test_a_custom_response_and_inserted_headers_are_told() -> None:
    custom = {"Block": {"CustomResponse": {"ResponseCode": 429}}}
    assert recorded(rule(EVERY, custom))["responseCodeSent"] == 429
    inserting = {"Allow": {"CustomRequestHandling": {"InsertHeaders": [{"Name": "a", "Value": "b"}]}}}
    assert recorded(rule(EVERY, inserting))["requestHeadersInserted"] == [{"name": "x-amzn-waf-a", "value": "b"}]


def test_rule_groups_tell_what_ended_them_what_counted_and_what_was_excluded() -> None:
    group = rule_group(
        rule(EVERY, "Count", "counts"),
        rule(EVERY, name="excluded"),
        rule(EVERY, name="overridden"),
        rule(EVERY, name="ends"),
    )
    statement = {
        "ARN": GROUP,
        "ExcludedRules": [{"Name": "excluded"}],
        "RuleActionOverrides": [{"Name": "overridden", "ActionToUse": {"Count": {}}}],
    }
    record = recorded(rule({"RuleGroupReferenceStatement": statement}, name="group"), references={GROUP: group})
    assert (record["terminatingRuleId"], record["terminatingRuleType"]) == ("group", "GROUP")
    assert record["ruleGroupList"] == [
        {
            "ruleGroupId": GROUP,
            "terminatingRule": {"ruleId": "ends", "action": "BLOCK", "ruleMatchDetails": []},
            "nonTerminatingMatchingRules": [
                {"ruleId": "counts", "action": "COUNT", "ruleMatchDetails": []},
                {"ruleId": "overridden", "action": "COUNT", "ruleMatchDetails": [], "overriddenAction": "BLOCK"},
            ],
            "excludedRules": [{"exclusionType": "EXCLUDED_AS_COUNT", "ruleId": "excluded"}],
            "customerConfig": None,
        }
    ]


def test_rates_and_tokens_are_told() -> None:
    acl, state = compiled(rule({"RateBasedStatement": {"Limit": 10, "AggregateKeyType": "IP"}}, name="flood")), State()
    for _ in range(11):
        verdict = acl.inspect(ASKED, state, 1000.0)
    (rate,) = log_record(acl, ASKED, verdict)["rateBasedRuleList"]
    assert (rate["rateBasedRuleName"], rate["limitKey"], rate["limitValue"]) == ("flood", "IP", "192.0.2.1")
    record = recorded(rule(EVERY, "Captcha"))
    assert record["captchaResponse"] == {"responseCode": 405, "failureReason": "TOKEN_MISSING"}
    assert record["responseCodeSent"] == 405


SECRET = Detector("s", lambda data: Span(0, len(data)), condition_type="SQL_INJECTION")


def protected(
    monkeypatch: pytest.MonkeyPatch, kind: str, *keys: str, action: str = "SUBSTITUTION", **more: Any
) -> dict[str, Any]:
    """The record of an injection in the argument `user`, with something protected."""
    from garrison.waf.statements import sqli_match

    monkeypatch.setattr(sqli_match, "_detector", lambda sensitivity: SECRET)
    field: dict[str, Any] = {"FieldType": kind, **({"FieldKeys": list(keys)} if keys else {})}
    config = {"DataProtections": [{"Field": field, "Action": action, **more}]}
    injection = {"SqliMatchStatement": on({"SingleQueryArgument": {"Name": "user"}})}
    return recorded(rule(injection), DataProtectionConfig=config)


def matched(record: dict[str, Any]) -> list[str]:
    data: list[str] = record["terminatingRuleMatchDetails"][0]["matchedData"]
    return data


def test_what_is_protected_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    record = protected(monkeypatch, "SINGLE_HEADER", "AUTHORIZATION")
    assert record["httpRequest"]["headers"][1]["value"] == "REDACTED"
    record = protected(monkeypatch, "SINGLE_COOKIE", "sid")
    assert record["httpRequest"]["headers"][2]["value"] == "sid=REDACTED; theme=dark"
    record = protected(monkeypatch, "SINGLE_QUERY_ARGUMENT", "User")
    assert record["httpRequest"]["args"] == "user=REDACTED&q=1"
    assert matched(record) == ["REDACTED"]
    record = protected(monkeypatch, "QUERY_STRING", action="HASH")
    assert record["httpRequest"]["args"] == hashlib.sha256(b"user=ana&q=1").hexdigest()
    assert matched(record) == [hashlib.sha256(b"ana").hexdigest()]
    record = protected(monkeypatch, "SINGLE_QUERY_ARGUMENT", "user", ExcludeRuleMatchDetails=True)
    assert record["httpRequest"]["args"] == "user=REDACTED&q=1"
    assert matched(record) == ["ana"]
    assert matched(protected(monkeypatch, "BODY")) == ["ana"]


def test_one_log_can_have_redacted_fields_of_its_own() -> None:
    acl = compiled(rule(EVERY))
    redacted = with_redacted(
        protection_of(acl.document),
        [{"UriPath": {}}, {"Method": {}}, {"QueryString": {}}, {"SingleHeader": {"Name": "host"}}],
    )
    record = log_record(acl, ASKED, acl.inspect(ASKED, State(), 1.0), redacted)["httpRequest"]
    assert (record["uri"], record["httpMethod"], record["args"]) == ("REDACTED",) * 3
    assert record["headers"][0]["value"] == "REDACTED"


def test_samples_under_the_metric_of_each_rule() -> None:
    group = rule_group(rule(EVERY, "Count", "inside"))
    acl = compiled(
        rule({"RuleGroupReferenceStatement": {"ARN": GROUP}}, name="group"),
        rule(EVERY, "Count", "counts"),
        rule(EVERY, name="ends"),
        references={GROUP: group},
    )
    found = samples(acl, ASKED, acl.inspect(ASKED, State(), 1.0))
    assert [(metric, sample["Action"]) for metric, sample in found] == [
        ("group", "COUNT"),
        ("counts", "COUNT"),
        ("ends", "BLOCK"),
    ]
    assert found[0][1]["RuleNameWithinRuleGroup"] == f"{GROUP}#inside"
    assert found[2][1]["Request"]["URI"] == "/a%20b?user=ana&q=1"
    silent = compiled(rule(EVERY, VisibilityConfig={"SampledRequestsEnabled": False, "MetricName": "m"}))
    assert samples(silent, ASKED, silent.inspect(ASKED, State(), 1.0)) == []


def condition(**of: Any) -> dict[str, Any]:
    return of


@pytest.mark.parametrize(
    ("conditions", "requirement", "kept"),
    [
        ([{"ActionCondition": {"Action": "BLOCK"}}], "MEETS_ANY", True),
        ([{"ActionCondition": {"Action": "ALLOW"}}], "MEETS_ANY", False),
        ([{"ActionCondition": {"Action": "COUNT"}}], "MEETS_ANY", True),
        ([{"LabelNameCondition": {"LabelName": "awswaf:123456789012:webacl:shop:seen"}}], "MEETS_ANY", True),
        ([{"ActionCondition": {"Action": "BLOCK"}}, {"ActionCondition": {"Action": "CAPTCHA"}}], "MEETS_ALL", False),
        ([{"ActionCondition": {"Action": "BLOCK"}}, {"ActionCondition": {"Action": "COUNT"}}], "MEETS_ALL", True),
        ([{"ActionCondition": {"Action": "EXCLUDED_AS_COUNT"}}], "MEETS_ANY", False),
    ],
)
def test_logging_filters(conditions: list[dict[str, Any]], requirement: str, kept: bool) -> None:
    record = recorded(rule(EVERY, "Count", labels=("seen",)), rule(EVERY))
    one = {"Behavior": "KEEP", "Requirement": requirement, "Conditions": conditions}
    assert matches_filter(record, {"Filters": [one], "DefaultBehavior": "DROP"}) is kept
    assert matches_filter(record, None)


def test_the_time_of_the_inspection_stands_in_for_a_missing_one() -> None:
    assert recorded(rule(EVERY), asked=request())["timestamp"] == 1_000_000

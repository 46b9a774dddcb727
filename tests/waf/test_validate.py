"""What AWS WAF does not take, in its words."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.aws.errors import AwsError
from garrison.waf.errors import BAD_REFERENCE, EXACTLY_ONE, TOO_LITTLE
from garrison.waf.validate import (
    check_ip_set,
    check_label,
    check_references,
    check_regex_pattern_set,
    check_rule_group,
    check_web_acl,
    references,
)
from tests.waf.documents import ARN, EVERY, both, byte, label, no, on, rule, rule_group, size, transformations, web_acl

MANAGED = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}}
RATE = {"RateBasedStatement": {"Limit": 100, "AggregateKeyType": "IP"}}


def refused(*rules: dict[str, Any], **more: Any) -> tuple[str, str, str]:
    """(Field, Parameter, Reason) of what is said."""
    with pytest.raises(AwsError) as caught:
        check_web_acl(web_acl(*rules, **more))
    error = caught.value
    if error.code == "WAFInvalidParameterException":
        fields = error.fields
        expected = f"Error reason: {fields['Reason']}, field: {fields['Field']}, parameter: {fields['Parameter']}"
        assert error.message == expected
        return fields["Field"], fields["Parameter"], fields["Reason"]
    return error.code, "", error.message


def test_recorded_answers() -> None:
    one = {"AndStatement": {"Statements": [label("x")]}}
    assert refused(rule(one)) == ("AND_STATEMENT", "AndStatement", TOO_LITTLE)
    neither = rule(EVERY)
    del neither["Action"]
    assert refused(neither) == ("RULE", "Rule", EXACTLY_ONE)
    assert refused({**rule(EVERY), "OverrideAction": {"None": {}}}) == ("RULE", "Rule", EXACTLY_ONE)
    acting = rule(MANAGED)
    acting["Action"] = {"Block": {}}
    del acting["OverrideAction"]
    assert refused(acting) == ("RULE", "Statement", BAD_REFERENCE)
    assert refused(rule({**label("x"), **EVERY})) == ("STATEMENT", "Statement", EXACTLY_ONE)


def custom(code: int = 403, **more: Any) -> dict[str, Any]:
    return {"Block": {"CustomResponse": {"ResponseCode": code, **more}}}


def inserting(*names: str) -> dict[str, Any]:
    return {"Count": {"CustomRequestHandling": {"InsertHeaders": [{"Name": n, "Value": "v"} for n in names]}}}


def rate(**more: Any) -> dict[str, Any]:
    return {"RateBasedStatement": {"Limit": 100, "AggregateKeyType": "IP", **more}}


def pre(field: str) -> dict[str, Any]:
    statement = byte(b"x", field)
    statement["ByteMatchStatement"]["PreParseTextTransformations"] = transformations("URL_DECODE")
    return statement


def twice(statement: dict[str, Any]) -> dict[str, Any]:
    next(iter(statement.values()))["TextTransformations"] = transformations("TRIM") * 2
    return statement


HEADERS = {"MatchPattern": {"All": {}}, "MatchScope": "ALL"}
FORWARDED = {"HeaderName": "X-F", "FallbackBehavior": "MATCH"}

REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("STATEMENT", rule({})),
    ("STATEMENT", rule({"NoSuchStatement": {}})),
    ("STATEMENT", rule({"DetectorStatement": {}})),
    ("STATEMENT", rule(no(RATE))),
    ("STATEMENT", rule(both(MANAGED, EVERY))),
    ("STATEMENT", rule(rate(ScopeDownStatement=RATE))),
    ("OR_STATEMENT", rule({"OrStatement": {"Statements": [EVERY]}})),
    ("FIELD_TO_MATCH", rule(byte(b"x", {"UriPath": {}, "Method": {}}))),
    ("FIELD_TO_MATCH", rule(byte(b"x", {}))),
    ("FIELD_TO_MATCH", rule(byte(b"x", "BodyValues"))),
    ("OVERSIZE_HANDLING", rule(byte(b"x", {"Headers": HEADERS}))),
    ("OVERSIZE_HANDLING", rule(byte(b"x", {"HeaderOrder": {}}))),
    (
        "HEADER_MATCH_PATTERN",
        rule(byte(b"x", {"Headers": {**HEADERS, "MatchPattern": {}, "OversizeHandling": "MATCH"}})),
    ),
    ("JSON_MATCH_PATTERN", rule(byte(b"x", {"JsonBody": {**HEADERS, "MatchPattern": {}}}))),
    ("TEXT_TRANSFORMATION", rule(twice(byte(b"x", "UriPath")))),
    ("TEXT_TRANSFORMATION", rule(byte(b"x", "UriPath", "EXACTLY", *["TRIM"] * 11))),
    ("PRE_PARSE_TEXT_TRANSFORMATION", rule(pre("QueryString"))),
    ("BYTE_MATCH_STATEMENT", rule(byte(b"x" * 201, "UriPath"))),
    ("BYTE_MATCH_STATEMENT", rule(byte(b"", "UriPath"))),
    ("BYTE_MATCH_STATEMENT", rule(byte(b"two words", "UriPath", "CONTAINS_WORD"))),
    ("BYTE_MATCH_STATEMENT", rule(byte(b"x", {"JA3Fingerprint": {"FallbackBehavior": "MATCH"}}))),
    ("STATEMENT", rule({"RegexMatchStatement": {"RegexString": "(?=x)", **on("UriPath")}})),
    ("LABEL_MATCH_STATEMENT", rule(label("x:", "LABEL"))),
    ("LABEL_MATCH_STATEMENT", rule(label("x", "NAMESPACE"))),
    ("GEO_MATCH_STATEMENT", rule({"GeoMatchStatement": {"CountryCodes": ["US"] * 51}})),
    ("RATE_BASED_STATEMENT", rule(rate(EvaluationWindowSec=90))),
    ("SCOPE_DOWN", rule(rate(AggregateKeyType="CONSTANT"))),
    ("FORWARDED_IP_CONFIG", rule(rate(AggregateKeyType="FORWARDED_IP"))),
    ("CUSTOM_KEYS", rule(rate(AggregateKeyType="CUSTOM_KEYS"))),
    ("CUSTOM_KEYS", rule(rate(CustomKeys=[{"HTTPMethod": {}}]))),
    ("CUSTOM_KEYS", rule(rate(AggregateKeyType="CUSTOM_KEYS", CustomKeys=[{"IP": {}}]))),
    ("CUSTOM_KEYS", rule(rate(AggregateKeyType="CUSTOM_KEYS", CustomKeys=[{"IP": {}, "HTTPMethod": {}}]))),
    ("CUSTOM_KEYS", rule(rate(AggregateKeyType="CUSTOM_KEYS", CustomKeys=[{"HTTPMethod": {}}] * 6))),
    ("FORWARDED_IP_CONFIG", rule(rate(AggregateKeyType="CUSTOM_KEYS", CustomKeys=[{"ForwardedIP": {}}, {"IP": {}}]))),
    ("RULE_ACTION", rule(EVERY, {"Block": {}, "Count": {}})),
    ("RULE_ACTION", rule(EVERY, {})),
    ("CUSTOM_RESPONSE", rule(EVERY, custom(418))),
    ("CUSTOM_RESPONSE_BODY", rule(EVERY, custom(CustomResponseBodyKey="none"))),
    ("HEADER_NAME", rule(EVERY, custom(ResponseHeaders=[{"Name": "Content-Type", "Value": "x"}]))),
    ("HEADER_NAME", rule(EVERY, inserting("a", "A"))),
    ("WAFLimitsExceededException", rule(EVERY, inserting(*(f"h{n}" for n in range(11))))),
    ("WAFFeatureNotIncludedInPricingPlanException", rule(EVERY, {"Monetize": {"PriceMultiplier": "2"}})),
    ("RULE", rule(EVERY, labels=("awswaf:x",))),
    ("RULE", rule(EVERY, labels=("a:b:c:d:e:f:g",))),
    ("RULE", rule(EVERY, labels=("a" * 129,))),
    ("RULE", rule(EVERY, labels=("a::b",))),
    ("CHALLENGE_CONFIG", rule(EVERY, ChallengeConfig={"ImmunityTimeProperty": {"ImmunityTime": 299}})),
    ("CHALLENGE_CONFIG", rule(EVERY, CaptchaConfig={"ImmunityTimeProperty": {"ImmunityTime": 59}})),
]


@pytest.mark.parametrize(("field", "given"), REFUSED)
def test_a_rule_is_refused(field: str, given: dict[str, Any]) -> None:
    assert refused(given)[0] == field


def test_rules_are_told_apart() -> None:
    assert refused(rule(EVERY, Priority=1), rule(EVERY, Priority=1))[:2] == ("RULE", "Priority")
    assert refused(rule(EVERY, name="a"), {**rule(EVERY), "Name": "a"})[:2] == ("RULE", "Name")
    same = rule(EVERY)["VisibilityConfig"]
    assert refused(rule(EVERY, VisibilityConfig=same), rule(EVERY, VisibilityConfig=same))[0] == "METRIC_NAME"


def test_limits_of_a_web_acl() -> None:
    check_web_acl(web_acl(*(rule(RATE) for _ in range(10))))
    assert refused(*(rule(RATE) for _ in range(11)))[0] == "WAFLimitsExceededException"
    with pytest.raises(AwsError, match="at most 4"):
        check_rule_group(rule_group(*(rule(RATE) for _ in range(5))))
    assert refused(TokenDomains=[f"d{n}.example" for n in range(11)])[0] == "WAFLimitsExceededException"
    bodies = {f"b{n}": {"ContentType": "TEXT_PLAIN", "Content": "x" * 10_000} for n in range(6)}
    assert refused(CustomResponseBodies=bodies)[0] == "WAFLimitsExceededException"
    many = [rule(EVERY, inserting(*(f"h{n}" for n in range(10)))) for _ in range(11)]
    assert refused(*many)[0] == "WAFLimitsExceededException"


@pytest.mark.parametrize("domain", ["com", "co.uk", "gov.au", "", ".example.com"])
def test_token_domains_are_nobody_elses(domain: str) -> None:
    assert refused(TokenDomains=[domain])[0] == "TOKEN_DOMAIN"


def test_other_settings_of_a_web_acl() -> None:
    assert refused(DefaultAction={})[0] == "DEFAULT_ACTION"
    assert refused(DefaultAction={"Count": {}})[0] == "DEFAULT_ACTION"

    def protecting(**field: Any) -> dict[str, Any]:
        return {"DataProtections": [{"Field": field, "Action": "HASH"}]}

    for field in ({"FieldType": "BODY", "FieldKeys": ["x"]}, {"FieldType": "SINGLE_HEADER"}):
        assert refused(DataProtectionConfig=protecting(**field))[0] == "DATA_PROTECTION_CONFIG"


def test_groups_have_no_groups() -> None:
    with pytest.raises(AwsError, match="RULE"):
        check_rule_group(rule_group(rule(MANAGED)))


@pytest.mark.parametrize(
    ("version", "address"),
    [
        ("IPV4", "0.0.0.0/0"),
        ("IPV4", "2001:db8::/32"),
        ("IPV6", "192.0.2.0/24"),
        ("IPV4", "192.0.2.1"),
        ("IPV4", "x/8"),
        ("IPV6", "::/0"),
    ],
)
def test_addresses_of_a_set(version: str, address: str) -> None:
    check_ip_set("IPV4", ["192.0.2.0/24", "10.0.0.0/1", "198.51.100.7/32"])
    check_ip_set("IPV6", ["2001:db8::/32", "::1/128"])
    with pytest.raises(AwsError, match="IP_ADDRESS"):
        check_ip_set(version, [address])


def test_patterns_of_a_set() -> None:
    check_regex_pattern_set([{"RegexString": "^a"}] * 10)
    with pytest.raises(AwsError, match="REGEX_PATTERN_SET"):
        check_regex_pattern_set([{"RegexString": "(a)\\1"}])
    with pytest.raises(AwsError, match="at most 10"):
        check_regex_pattern_set([{"RegexString": "a"}] * 11)


def test_labels() -> None:
    check_label("ns1:ns2:name")
    for name in ("managed:x", "x:webacl", "a:"):
        with pytest.raises(AwsError):
            check_label(name)


def test_references_have_to_be_there() -> None:
    arn, patterns, mine = (ARN.format(kind, "x") for kind in ("ipset", "regexpatternset", "rulegroup"))
    known = {arn: {"Addresses": []}, patterns: {}, mine: rule_group(rule(EVERY, name="r"))}
    address = {"IPSetReferenceStatement": {"ARN": arn}}
    pattern = {"RegexPatternSetReferenceStatement": {"ARN": patterns, **on("Body")}}
    group = {"RuleGroupReferenceStatement": {"ARN": mine, "ExcludedRules": [{"Name": "r"}]}}
    rules = [rule(rate(ScopeDownStatement=no(both(address, pattern)))), rule(group)]
    check_references(rules, known.get)
    assert sorted(references(rules)) == sorted([arn, patterns, mine])
    for field, statement in (
        ("IP_SET_REFERENCE_STATEMENT", {"IPSetReferenceStatement": {"ARN": patterns}}),
        (
            "REGEX_PATTERN_REFERENCE_STATEMENT",
            {"RegexPatternSetReferenceStatement": {"ARN": patterns + "9", **on("Body")}},
        ),
        ("RULE_GROUP_REFERENCE_STATEMENT", {"RuleGroupReferenceStatement": {"ARN": arn}}),
        ("EXCLUDED_RULE", {"RuleGroupReferenceStatement": {"ARN": mine, "ExcludedRules": [{"Name": "other"}]}}),
        ("MANAGED_RULE_SET_STATEMENT", {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "NoSuchGroup"}}),
    ):
        with pytest.raises(AwsError, match=field):
            check_references([rule(statement)], known.get)


def test_what_is_fine_is_let_pass() -> None:
    bodies = {"b": {"ContentType": "TEXT_PLAIN", "Content": "x"}}
    check_web_acl(
        web_acl(
            rule(
                size("GT", 1, {"Headers": {**HEADERS, "OversizeHandling": "MATCH"}}),
                custom(429, CustomResponseBodyKey="b"),
            ),
            rule(pre("AllQueryArguments"), "Captcha", labels=("a:b",)),
            rule(rate(AggregateKeyType="FORWARDED_IP", ForwardedIPConfig=FORWARDED)),
            rule(MANAGED, "Count"),
            CustomResponseBodies=bodies,
            TokenDomains=["example.com"],
        )
    )

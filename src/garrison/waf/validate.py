"""What AWS WAF demands of web ACLs, rule groups and sets beyond the API's model.

Everything raises AwsError: WAFInvalidParameterException with Field, Parameter and Reason, or
WAFLimitsExceededException. Quotas are those of the developer guide, "AWS WAF quotas".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from garrison.waf.context import FindManaged, Resolve, find_managed
from garrison.waf.errors import (
    BAD_FORMAT,
    BAD_REFERENCE,
    DUPLICATE,
    EXACTLY_ONE,
    TOO_LITTLE,
    TOO_MANY,
    invalid,
    limits_exceeded,
    no_payments,
)
from garrison.waf.groups import rules_of
from garrison.waf.statements import registry
from garrison.waf.statements.regex_match import check_pattern
from garrison.waf.statements.registry import OF_GROUPS

Params = Mapping[str, Any]

STATUS_CODES = frozenset(
    {200, 201, 202, 204, 206}
    | {300, 301, 302, 303, 304, 307, 308}
    | {400, 401, 403, 404, 405, 408, 409, 411, 412, 413, 414, 415, 416, 421, 429}
    | {500, 501, 502, 503, 504, 505}
)
"""Source: developer guide, "Supported status codes for custom responses"."""

MOST_RATE_RULES = {"web ACL": 10, "rule group": 4}
MOST_ADDRESSES = 10_000
MOST_PATTERNS = 10
MOST_BODIES = 50
MOST_BODY_BYTES = 50 * 1024
MOST_HEADERS_OF_AN_ACTION = 10
MOST_INSERTED_HEADERS = 100
MOST_TOKEN_DOMAINS = 10
MOST_LABEL_PARTS = 6
"""Five namespaces and the name."""
LONGEST_LABEL_PART = 128
RESERVED_LABEL_PARTS = frozenset({"awswaf", "aws", "waf", "rulegroup", "webacl", "regexpatternset", "ipset", "managed"})
MOST_WCU = 5000
CHALLENGE_IMMUNITY = (300, 259_200)
CAPTCHA_IMMUNITY = (60, 259_200)
_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gov", "net", "org"})


def check_web_acl(document: Params) -> None:
    """A web ACL's own settings and its rules; not what they refer to (`check_references`)."""
    default = _members(document.get("DefaultAction") or {})
    if len(default) != 1 or default[0] not in ("Allow", "Block"):
        raise invalid("DEFAULT_ACTION", "DefaultAction", EXACTLY_ONE)
    bodies = document.get("CustomResponseBodies") or {}
    _check_bodies(bodies)
    _check_action(document["DefaultAction"], bodies, "DEFAULT_ACTION")
    rules = document.get("Rules") or ()
    check_rules(rules, "web ACL", bodies)
    _check_immunity(document)
    check_token_domains(document.get("TokenDomains") or ())
    _check_data_protection(document.get("DataProtectionConfig") or {})
    inserted = sum(1 for action in _actions(document) for _ in _inserted(action))
    if inserted > MOST_INSERTED_HEADERS:
        raise limits_exceeded("A web ACL inserts at most 100 custom request headers.", "CUSTOM_REQUEST_HANDLING")


def check_rule_group(document: Params) -> None:
    """A rule group's rules; not what they refer to."""
    bodies = document.get("CustomResponseBodies") or {}
    _check_bodies(bodies)
    check_rules(document.get("Rules") or (), "rule group", bodies)


def check_rules(rules: Sequence[Params], container: str, bodies: Params) -> None:
    """Rules of a `web ACL` or a `rule group`, each by itself and all together."""
    _unique([rule["Priority"] for rule in rules], "RULE", "Priority")
    _unique([rule["Name"] for rule in rules], "RULE", "Name")
    _unique([(rule.get("VisibilityConfig") or {}).get("MetricName") for rule in rules], "METRIC_NAME", "MetricName")
    for rule in rules:
        check_rule(rule, container, bodies)
    rated = sum("RateBasedStatement" in rule["Statement"] for rule in rules)
    if rated > MOST_RATE_RULES[container]:
        raise limits_exceeded(
            f"A {container} has at most {MOST_RATE_RULES[container]} rate-based rules.", "RATE_BASED_STATEMENT"
        )


def check_rule(rule: Params, container: str, bodies: Params) -> None:
    """One rule: exactly one of Action and OverrideAction, as its statement takes it."""
    action, override = rule.get("Action"), rule.get("OverrideAction")
    if (action is None) == (override is None):
        raise invalid("RULE", "Rule", EXACTLY_ONE)
    registry.check(rule["Statement"])
    kind = registry.kind_of({k: v for k, v in rule["Statement"].items() if v is not None})
    if kind in OF_GROUPS:
        if action is not None or container != "web ACL":
            raise invalid("RULE", "Statement", BAD_REFERENCE)
        if len(_members(override or {})) != 1:
            raise invalid("OVERRIDE_ACTION", "OverrideAction", EXACTLY_ONE)
        for each in rule["Statement"][kind].get("RuleActionOverrides") or ():
            _check_action(each["ActionToUse"], bodies, "RULE_ACTION")
        _unique([each["Name"] for each in rule["Statement"][kind].get("RuleActionOverrides") or ()], "RULE", "Name")
    elif action is None:
        raise invalid("RULE", "Rule", EXACTLY_ONE)
    else:
        _check_action(action, bodies, "RULE_ACTION")
    for label in rule.get("RuleLabels") or ():
        check_label(label["Name"])
    _check_immunity(rule)


def check_label(name: str) -> None:
    """A label a rule adds: of its own container, and not of anybody else's names."""
    parts = name.split(":")
    if len(parts) > MOST_LABEL_PARTS or any(not 0 < len(part) <= LONGEST_LABEL_PART for part in parts):
        raise invalid("RULE", name, BAD_FORMAT)
    if RESERVED_LABEL_PARTS & set(parts):
        raise invalid("RULE", name, BAD_FORMAT)


def check_ip_set(version: str, addresses: Sequence[str]) -> None:
    """Networks of one version, none of them everything."""
    if len(addresses) > MOST_ADDRESSES:
        raise limits_exceeded("An IP set has at most 10,000 addresses.", "IP_ADDRESS")
    for text in addresses:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise invalid("IP_ADDRESS", text, BAD_FORMAT) from None
        if (
            not text.partition("/")[2].isdigit()
            or network.prefixlen == 0
            or network.version != (4 if version == "IPV4" else 6)
        ):
            raise invalid("IP_ADDRESS", text, BAD_FORMAT)


def check_regex_pattern_set(patterns: Sequence[Params]) -> None:
    """Patterns of AWS WAF's dialect, at most ten."""
    if len(patterns) > MOST_PATTERNS:
        raise limits_exceeded("A regex pattern set has at most 10 patterns.", "REGEX_PATTERN_SET")
    for pattern in patterns:
        check_pattern(pattern.get("RegexString") or "", "REGEX_PATTERN_SET")


def check_references(rules: Sequence[Params], resolve: Resolve, managed: FindManaged = find_managed) -> None:
    """That everything rules refer to is there, in the versions and with the rules they name."""
    for kind, params in statements_of(rules):
        if kind == "ManagedRuleGroupStatement":
            group = managed(params["VendorName"], params["Name"])
            if group is None:
                raise invalid("MANAGED_RULE_SET_STATEMENT", params["Name"], BAD_REFERENCE)
            # A name no rule of a managed group has is let pass. Source: API reference, RuleActionOverride.
            rules_of(group, params.get("Version"), params.get("ManagedRuleGroupConfigs") or ())
        elif kind == "RuleGroupReferenceStatement":
            document = _there(resolve, params["ARN"], "rulegroup", "RULE_GROUP_REFERENCE_STATEMENT")
            names = {rule["Name"] for rule in document.get("Rules") or ()}
            for each in (*(params.get("RuleActionOverrides") or ()), *(params.get("ExcludedRules") or ())):
                if each["Name"] not in names:
                    raise invalid("EXCLUDED_RULE", each["Name"], BAD_REFERENCE)
        elif kind == "IPSetReferenceStatement":
            _there(resolve, params["ARN"], "ipset", "IP_SET_REFERENCE_STATEMENT")
        elif kind == "RegexPatternSetReferenceStatement":
            _there(resolve, params["ARN"], "regexpatternset", "REGEX_PATTERN_REFERENCE_STATEMENT")


def references(rules: Sequence[Params]) -> list[str]:
    """ARNs rules refer to."""
    return [params["ARN"] for _, params in statements_of(rules) if isinstance(params.get("ARN"), str)]


def statements_of(rules: Sequence[Params]) -> Iterator[tuple[str, Params]]:
    """(name, parameters) of every statement in rules, nested ones too."""
    pending = [rule["Statement"] for rule in rules]
    while pending:
        for kind, params in pending.pop().items():
            if params is None:
                continue
            yield kind, params
            pending += params.get("Statements") or ()
            pending += [params[key] for key in ("Statement", "ScopeDownStatement") if params.get(key)]


def _there(resolve: Resolve, arn: str, kind: str, field: str) -> Params:
    document = resolve(arn) if f"/{kind}/" in arn else None
    if document is None:
        raise invalid(field, arn, BAD_REFERENCE)
    return document


def _members(union: Params) -> list[str]:
    return [name for name, value in union.items() if value is not None]


def _unique(values: Sequence[Any], field: str, parameter: str) -> None:
    given = [value for value in values if value is not None]
    if len(set(given)) != len(given):
        raise invalid(field, parameter, DUPLICATE)


def _actions(document: Params) -> Iterator[Params]:
    yield document["DefaultAction"]
    for rule in document.get("Rules") or ():
        if rule.get("Action"):
            yield rule["Action"]


def _inserted(action: Params) -> Sequence[Params]:
    for params in action.values():
        headers: Sequence[Params] = ((params or {}).get("CustomRequestHandling") or {}).get("InsertHeaders") or ()
        return headers
    return ()


def _check_action(action: Params, bodies: Params, field: str) -> None:
    names = _members(action)
    if len(names) != 1:
        raise invalid(field, "Action", EXACTLY_ONE)
    if names[0] == "Monetize":
        raise no_payments()
    inserted = _inserted({names[0]: action[names[0]]})
    if len(inserted) > MOST_HEADERS_OF_AN_ACTION:
        raise limits_exceeded("An action inserts at most 10 headers.", "CUSTOM_REQUEST_HANDLING")
    _unique([header["Name"].lower() for header in inserted], "HEADER_NAME", "InsertHeaders")
    custom = (action[names[0]] or {}).get("CustomResponse")
    if not custom:
        return
    if custom["ResponseCode"] not in STATUS_CODES:
        raise invalid("CUSTOM_RESPONSE", str(custom["ResponseCode"]), BAD_FORMAT)
    key = custom.get("CustomResponseBodyKey")
    if key and key not in bodies:
        raise invalid("CUSTOM_RESPONSE_BODY", key, BAD_REFERENCE)
    headers = custom.get("ResponseHeaders") or ()
    if len(headers) > MOST_HEADERS_OF_AN_ACTION:
        raise limits_exceeded("A custom response has at most 10 headers.", "CUSTOM_RESPONSE")
    for header in headers:
        # The body's own ContentType says it. Not verified on an account.
        if header["Name"].lower() in ("content-type", "content-length", "transfer-encoding", "connection"):
            raise invalid("HEADER_NAME", header["Name"], BAD_FORMAT)
    _unique([header["Name"].lower() for header in headers], "HEADER_NAME", "ResponseHeaders")


def _check_bodies(bodies: Params) -> None:
    if len(bodies) > MOST_BODIES:
        raise limits_exceeded("At most 50 custom response bodies.", "CUSTOM_RESPONSE_BODY")
    if sum(len(body["Content"].encode()) for body in bodies.values()) > MOST_BODY_BYTES:
        raise limits_exceeded("Custom response bodies have at most 50 KB together.", "CUSTOM_RESPONSE_BODY")


def _check_immunity(holder: Params) -> None:
    for key, (least, most) in (("CaptchaConfig", CAPTCHA_IMMUNITY), ("ChallengeConfig", CHALLENGE_IMMUNITY)):
        time = ((holder.get(key) or {}).get("ImmunityTimeProperty") or {}).get("ImmunityTime")
        if time is not None and not least <= time <= most:
            raise invalid("CHALLENGE_CONFIG", str(time), TOO_LITTLE if time < least else TOO_MANY)


def check_token_domains(domains: Sequence[str]) -> None:
    """No public suffix: of those whoever has a name below one is meant, the common forms are known here."""
    if len(domains) > MOST_TOKEN_DOMAINS:
        raise limits_exceeded("A web ACL has at most 10 token domains.", "TOKEN_DOMAIN")
    for domain in domains:
        labels = domain.lower().split(".")
        suffix = len(labels) == 2 and labels[0] in _SECOND_LEVEL and len(labels[1]) == 2
        if len(labels) < 2 or not all(labels) or suffix or "/" in domain:
            raise invalid("TOKEN_DOMAIN", domain, BAD_FORMAT)


def _check_data_protection(config: Params) -> None:
    for protection in config.get("DataProtections") or ():
        field = protection["Field"]
        whole = field["FieldType"] in ("QUERY_STRING", "BODY")
        if whole == bool(field.get("FieldKeys")):
            raise invalid("DATA_PROTECTION_CONFIG", field["FieldType"], BAD_FORMAT)

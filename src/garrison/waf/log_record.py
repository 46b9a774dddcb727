"""AWS WAF's log record and the sampled request of a verdict.

Source: developer guide, "Log fields for protection pack (web ACL) traffic", and API reference, SampledHTTPRequest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from garrison.waf.parts import split_target
from garrison.waf.protection import Protection, protection_of
from garrison.waf.request import Request
from garrison.waf.verdict import GroupResult, LogRecord, MatchDetail, RuleMatch, TokenResponse, Verdict

if TYPE_CHECKING:
    from garrison.waf.web_acl import CompiledWebAcl

MOST_LABELS = 100
SOURCES = {
    "APPLICATION_LOAD_BALANCER": "ALB",
    "API_GATEWAY": "APIGW",
    "APPSYNC": "APPSYNC",
    "CLOUDFRONT": "CF",
    "COGNITO_USER_POOL": "COGNITOIDP",
    "APP_RUNNER_SERVICE": "APPRUNNER",
    "VERIFIED_ACCESS_INSTANCE": "VERIFIED_ACCESS",
}
"""httpSourceName by kind of resource."""


def log_record(
    acl: CompiledWebAcl, request: Request, verdict: Verdict, protection: Protection | None = None
) -> LogRecord:
    """The record; JSON-able. `protection`: another than the web ACL's own, for a destination with RedactedFields."""
    hidden = protection if protection is not None else protection_of(acl.document)
    path, query, fragment = split_target(request.target)
    record: LogRecord = {
        "timestamp": int((request.received or verdict.at) * 1000),
        "formatVersion": 1,
        "webaclId": acl.arn,
        "terminatingRuleId": verdict.rule,
        "terminatingRuleType": verdict.rule_type,
        "action": verdict.action,
        "terminatingRuleMatchDetails": [_detail(detail, hidden) for detail in verdict.details],
        "httpSourceName": SOURCES.get(request.resource.kind, "-"),
        "httpSourceId": request.resource.id,
        "ruleGroupList": [_group(group, hidden) for group in verdict.groups],
        "rateBasedRuleList": [
            {
                "rateBasedRuleId": rate.id,
                "rateBasedRuleName": rate.name,
                "limitKey": rate.limit_key,
                "maxRateAllowed": rate.max_rate,
                "evaluationWindowSec": str(rate.window),
                "limitValue": rate.limit_value,
                **(
                    {"customValues": [{"key": k, "name": n, "value": v} for k, n, v in rate.custom_values]}
                    if rate.custom_values
                    else {}
                ),
            }
            for rate in map(hidden.rate, verdict.rates)
        ],
        "nonTerminatingMatchingRules": [_match(match, hidden) for match in verdict.matched],
        "requestHeadersInserted": [{"name": n, "value": v} for n, v in verdict.insert_headers] or None,
        "responseCodeSent": verdict.response.status if _custom(verdict) and verdict.response else None,
        "httpRequest": {
            "clientIp": request.source_ip,
            "country": verdict.country or "-",
            "headers": [
                {"name": name, "value": hidden.header(name, value)}
                for name, value in ((n.decode("latin-1"), v.decode("utf-8", "replace")) for n, v in request.headers)
            ],
            "uri": _shown(hidden.path, path.decode("utf-8", "replace")),
            "args": hidden.query_string((query or b"").decode("utf-8", "replace")),
            "httpVersion": request.version,
            "httpMethod": _shown(hidden.method, request.method),
            "requestId": request.request_id,
            "fragment": (fragment or b"").decode("utf-8", "replace"),
            "scheme": request.scheme,
            "host": (request.header(b"host") or b"").decode("latin-1"),
        },
        "requestBodySize": request.body_length if request.body_length is not None else len(request.body),
        "requestBodySizeInspectedByWAF": verdict.body_inspected,
    }
    if verdict.labels:
        record["labels"] = [{"name": label} for label in verdict.labels[:MOST_LABELS]]
    if verdict.captcha is not None:
        record["captchaResponse"] = _token(verdict.captcha)
    if verdict.challenge is not None:
        record["challengeResponse"] = _token(verdict.challenge)
    if verdict.oversize:
        record["oversizeFields"] = list(verdict.oversize)
    if request.ja3:
        record["ja3Fingerprint"] = request.ja3
    if request.ja4:
        record["ja4Fingerprint"] = request.ja4
    if verdict.client_asn is not None:
        record["clientAsn"] = verdict.client_asn
    if verdict.forwarded_asn is not None:
        record["forwardedAsn"] = verdict.forwarded_asn
    return record


def sampled_request(
    acl: CompiledWebAcl, request: Request, verdict: Verdict, match: RuleMatch | None = None, group: str = ""
) -> dict[str, Any]:
    """A SampledHTTPRequest but for its Weight: of the verdict, or of a rule that matched on the way to it.

    `group`: the id of the group the rule is in. Timestamp is seconds since the epoch.
    """
    hidden = protection_of(acl.document)
    path, query, _ = split_target(request.target)
    uri = path.decode("utf-8", "replace")
    if query is not None:
        uri += "?" + hidden.query_string(query.decode("utf-8", "replace"))
    sample: dict[str, Any] = {
        "Request": {
            "ClientIP": request.source_ip,
            "Country": verdict.country or "-",
            "URI": uri,
            "Method": request.method,
            "HTTPVersion": request.version,
            "Headers": [
                {"Name": n.decode("latin-1"), "Value": hidden.header(n.decode("latin-1"), v.decode("utf-8", "replace"))}
                for n, v in request.headers
            ],
        },
        "Timestamp": request.received or verdict.at,
        "Action": match.action if match else verdict.action,
        "Labels": [{"Name": label} for label in verdict.labels],
    }
    if group and match:
        sample["RuleNameWithinRuleGroup"] = f"{group}#{match.rule}"
    if match and match.overridden_action:
        sample["OverriddenAction"] = match.overridden_action
    if verdict.insert_headers:
        sample["RequestHeadersInserted"] = [{"Name": n, "Value": v} for n, v in verdict.insert_headers]
    if _custom(verdict) and verdict.response and (match is None or match.action == verdict.action):
        sample["ResponseCodeSent"] = verdict.response.status
    for key, outcome in (
        ("CaptchaResponse", match.captcha if match else verdict.captcha),
        ("ChallengeResponse", match.challenge if match else verdict.challenge),
    ):
        if outcome is not None:
            sample[key] = {name[0].upper() + name[1:]: value for name, value in _token(outcome).items()}
    return sample


def samples(acl: CompiledWebAcl, request: Request, verdict: Verdict) -> list[tuple[str, dict[str, Any]]]:
    """(metric name, sampled request) for every rule of the verdict whose requests are sampled.

    Rules that matched without ending the evaluation are sampled too, those inside a group under the group's own metric.
    """
    found = []
    metrics = {rule.name: (rule.metric, rule.sampled) for rule in acl.group_rules()}
    for group in verdict.groups:
        metric, wanted = metrics[group.rule]
        inside = [*group.matched, *([group.terminating] if group.terminating else [])]
        if wanted:
            found += [(metric, sampled_request(acl, request, verdict, match, group.id)) for match in inside]
    found += [
        (match.metric, sampled_request(acl, request, verdict, match))
        for match in verdict.matched
        if match.sampled and match.metric not in {metric for metric, _ in found}
    ]
    if verdict.sampled and verdict.rule_type in ("REGULAR", "RATE_BASED"):
        found.append((verdict.metric, sampled_request(acl, request, verdict)))
    return found


def _custom(verdict: Verdict) -> bool:
    """Whether the client got something else than the plain refusal."""
    from garrison.waf.actions import FORBIDDEN

    return verdict.response is not None and verdict.response is not FORBIDDEN


def _shown(hide: Any, value: str) -> str:
    return hide(value) if hide is not None else value


def _detail(detail: MatchDetail, hidden: Protection) -> dict[str, Any]:
    detail = hidden.detail(detail)
    shown: dict[str, Any] = {"conditionType": detail.condition_type}
    if detail.sensitivity:
        shown["sensitivityLevel"] = detail.sensitivity
    shown["location"] = detail.location
    shown["matchedData"] = list(detail.matched_data)
    if detail.matched_field:
        shown["matchedFieldName"] = detail.matched_field
    return shown


def _match(match: RuleMatch, hidden: Protection) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ruleId": match.rule,
        "action": match.action,
        "ruleMatchDetails": [_detail(detail, hidden) for detail in match.details],
    }
    if match.overridden_action:
        shown["overriddenAction"] = match.overridden_action
    if match.captcha is not None:
        shown["captchaResponse"] = _token(match.captcha)
    if match.challenge is not None:
        shown["challengeResponse"] = _token(match.challenge)
    return shown


def _group(group: GroupResult, hidden: Protection) -> dict[str, Any]:
    excluded = [m for m in group.matched if m.excluded]
    terminating = None
    if group.terminating is not None:
        terminating = _match(group.terminating, hidden)
    return {
        "ruleGroupId": group.id,
        "terminatingRule": terminating,
        "nonTerminatingMatchingRules": [_match(m, hidden) for m in group.matched if not m.excluded],
        "excludedRules": [{"exclusionType": "EXCLUDED_AS_COUNT", "ruleId": m.rule} for m in excluded] or None,
        "customerConfig": None,
    }


def _token(outcome: TokenResponse) -> dict[str, Any]:
    shown: dict[str, Any] = {"responseCode": outcome.response_code}
    if outcome.solve_timestamp:
        shown["solveTimestamp"] = outcome.solve_timestamp
    if outcome.failure_reason:
        shown["failureReason"] = outcome.failure_reason
    return shown


def matches_filter(record: Mapping[str, Any], logging_filter: Mapping[str, Any] | None) -> bool:
    """Whether a LoggingFilter keeps a record. Source: API reference, LoggingFilter."""
    if not logging_filter:
        return True
    for each in logging_filter.get("Filters") or ():
        holds = [_condition(record, condition) for condition in each["Conditions"]]
        if all(holds) if each["Requirement"] == "MEETS_ALL" else any(holds):
            return bool(each["Behavior"] == "KEEP")
    return bool(logging_filter["DefaultBehavior"] == "KEEP")


def _condition(record: Mapping[str, Any], condition: Mapping[str, Any]) -> bool:
    if "LabelNameCondition" in condition:
        name = condition["LabelNameCondition"]["LabelName"]
        return any(label["name"] == name for label in record.get("labels") or ())
    action = condition["ActionCondition"]["Action"]
    groups = record["ruleGroupList"]
    if action == "EXCLUDED_AS_COUNT":
        return any(group["excludedRules"] for group in groups)
    inside = [match for group in groups for match in group["nonTerminatingMatchingRules"]]
    return record["action"] == action or any(
        match["action"] == action for match in (*record["nonTerminatingMatchingRules"], *inside)
    )

"""What the engine answers: everything the door needs to act and the log needs to tell."""

from __future__ import annotations

from typing import Any

import msgspec

Headers = tuple[tuple[str, str], ...]


class Response(msgspec.Struct, frozen=True):
    """What to send to the client instead of passing the request on."""

    status: int
    headers: Headers = ()
    """Content-Type included; Content-Length and Connection are the server's business."""
    body: bytes = b""


class MatchDetail(msgspec.Struct, frozen=True):
    """Where a SQL injection or cross-site scripting statement matched: the log's `ruleMatchDetails`."""

    condition_type: str
    """`SQL_INJECTION`, `XSS`."""
    location: str
    """`HEADER`, `ALL_QUERY_ARGS`, `BODY`, `URI`, `QUERY_STRING`, `COOKIE`, `UNKNOWN` (JSON body), ..."""
    matched_data: tuple[str, ...] = ()
    matched_field: str = ""
    """Name of the header, cookie or query argument."""
    sensitivity: str = ""


class TokenResponse(msgspec.Struct, frozen=True):
    """The log's `captchaResponse` or `challengeResponse`."""

    response_code: int = 0
    """405 or 202 when the client was sent away to solve; 0 when its token was good."""
    solve_timestamp: int = 0
    """Seconds since the epoch."""
    failure_reason: str = ""
    """`TOKEN_MISSING`, `TOKEN_EXPIRED`, `TOKEN_INVALID`, `TOKEN_DOMAIN_MISMATCH`; empty when it was good."""


class RuleMatch(msgspec.Struct, frozen=True):
    """A rule that matched, in the web ACL or in a group."""

    rule: str
    action: str
    """`ALLOW`, `BLOCK`, `COUNT`, `CAPTCHA`, `CHALLENGE`."""
    metric: str = ""
    """Its own MetricName, for metrics and samples."""
    sampled: bool = False
    """Its SampledRequestsEnabled."""
    overridden_action: str = ""
    """What the rule itself would have done, where a RuleActionOverride chose otherwise."""
    excluded: bool = False
    """Counted because of the older ExcludedRules: the log's `excludedRules` tells it."""
    details: tuple[MatchDetail, ...] = ()
    captcha: TokenResponse | None = None
    challenge: TokenResponse | None = None
    labels: tuple[str, ...] = ()
    """Those this rule added, fully qualified."""


class GroupResult(msgspec.Struct, frozen=True):
    """One rule group of the web ACL that was evaluated: the log's `ruleGroupList` entry."""

    id: str
    """`AWS#AWSManagedRulesCommonRuleSet`, with `#Version_1.0` if pinned; a group's ARN otherwise."""
    rule: str
    """The web ACL rule that refers to it."""
    terminating: RuleMatch | None = None
    matched: tuple[RuleMatch, ...] = ()
    """Not terminating, in order, excluded rules too."""


class RateResult(msgspec.Struct, frozen=True):
    """A rate-based rule whose limit the request's key is beyond: the log's `rateBasedRuleList` entry."""

    id: str
    name: str
    limit_key: str
    """`IP`, `FORWARDED_IP`, `CONSTANT`, `CUSTOMKEYS`."""
    limit_value: str
    max_rate: int
    window: int
    """Seconds."""
    custom_values: tuple[tuple[str, str, str], ...] = ()
    """(key, name, value): (`HEADER`, `x-tenant`, `blue`)."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of inspecting one request."""

    action: str
    """`ALLOW`, `BLOCK`, `CAPTCHA` or `CHALLENGE`. Anything but `ALLOW` comes with a `response`."""
    rule: str
    """Terminating rule of the web ACL; `Default_Action` if none was."""
    rule_type: str = "REGULAR"
    """`REGULAR`, `RATE_BASED`, `GROUP`, `MANAGED_RULE_GROUP`."""
    metric: str = "Default_Action"
    sampled: bool = True
    """SampledRequestsEnabled of the terminating rule, or of the web ACL for its default action."""
    response: Response | None = None
    insert_headers: Headers = ()
    """To add to the request before it is passed on, names with their `x-amzn-waf-` prefix."""
    details: tuple[MatchDetail, ...] = ()
    """Of the terminating rule of the web ACL itself; a group's are in `groups`."""
    groups: tuple[GroupResult, ...] = ()
    rates: tuple[RateResult, ...] = ()
    matched: tuple[RuleMatch, ...] = ()
    """Rules of the web ACL that matched without ending its evaluation."""
    labels: tuple[str, ...] = ()
    """All of them, in the order they were added."""
    captcha: TokenResponse | None = None
    challenge: TokenResponse | None = None
    token: str = "unchecked"  # noqa: S105 - a state, not a secret
    """`absent`, `accepted`, or `rejected:` with `not_solved`, `expired`, `domain_mismatch`, `invalid`; `unchecked` if
    nothing in the web ACL asked for it."""
    oversize: tuple[str, ...] = ()
    """`REQUEST_BODY`, `REQUEST_JSON_BODY`, `REQUEST_HEADERS`, `REQUEST_COOKIES`: of the fields some rule inspected."""
    body_inspected: int = 0
    """Bytes of the body within the inspection limit."""
    client_asn: int | None = None
    """Only where an ASN statement asked."""
    forwarded_asn: int | None = None
    country: str = ""
    """Of the source address; empty: unknown."""
    at: float = 0.0
    """Seconds since the epoch: when it was inspected."""

    @property
    def blocked(self) -> bool:
        """Whether the request must not be passed on."""
        return self.response is not None

    @property
    def decided_by(self) -> RuleMatch | None:
        """The rule inside a group that ended the evaluation, where it was one."""
        for group in self.groups:
            if group.rule == self.rule:
                return group.terminating
        return None


LogRecord = dict[str, Any]
"""AWS WAF's log record: JSON-able, `log_record.log_record` makes it."""

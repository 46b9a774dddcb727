"""AWSManagedRulesAntiDDoSRuleSet: requests of an attack that goes on, by how suspicious they are.

Source of names, labels and defaults: AWS WAF developer guide, "Distributed Denial of Service (DDoS) prevention rule
group", and the API reference of its configuration. What makes a request suspicious is `garrison.shield.suspicion`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from garrison.waf.errors import invalid
from garrison.waf.rule_group import Inspection, ManagedRule, ManagedRuleGroup, Statement, Version

_NAME = "AWSManagedRulesAntiDDoSRuleSet"
_NAMESPACE = "awswaf:managed:aws:anti-ddos:"
_LEVELS = {"LOW": ("high",), "MEDIUM": ("high", "medium"), "HIGH": ("high", "medium", "low")}
"""What a sensitivity acts on."""
_FIELD = "MANAGED_RULE_GROUP_CONFIG"
_MOST_EXEMPT = 5
_MISSING = "You must provide a configuration for this managed rule group."
_EXEMPT = "Between 1 and 5 regular expressions of exempt URIs are required."


def _events(inspection: Inspection) -> Sequence[str] | None:
    """The labels of a request while there is an attack."""
    suspicion = inspection.suspicion
    if suspicion is None:
        return None
    if suspicion == "none":
        return ("event-detected",)
    return ("event-detected", "ddos-request", f"{suspicion}-suspicion-ddos-request")


def _always(inspection: Inspection) -> Sequence[str] | None:
    return ()


def _label(name: str) -> Statement:
    return {"LabelMatchStatement": {"Scope": "LABEL", "Key": _NAMESPACE + name}}


def _suspicious(sensitivity: str) -> Statement:
    statements = [_label(f"{level}-suspicion-ddos-request") for level in _LEVELS[sensitivity]]
    return statements[0] if len(statements) == 1 else {"OrStatement": {"Statements": statements}}


def _both(*statements: Statement) -> Statement:
    return {"AndStatement": {"Statements": list(statements)}}


def _matches(pattern: str) -> Statement:
    return {
        "RegexMatchStatement": {
            "FieldToMatch": {"UriPath": {}},
            "RegexString": pattern,
            "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
        }
    }


def _rules(exempt: Sequence[str], *, challenge: bool, to_challenge: str, to_block: str) -> tuple[ManagedRule, ...]:
    unless = [_matches(pattern) for pattern in exempt]
    anything: Statement = {"RequestStatement": {"Find": _always}}
    inner = unless[0] if len(unless) == 1 else {"OrStatement": {"Statements": unless}}
    challengeable: Statement = {"NotStatement": {"Statement": inner}} if unless else anything
    return (
        ManagedRule(name="Events", statement={"RequestStatement": {"Find": _events}}, action="Count", listed=False),
        ManagedRule(
            name="Challengeable",
            statement=challengeable,
            action="Count",
            labels=("challengeable-request",),
            listed=False,
            runs=challenge,
        ),
        ManagedRule(
            name="ChallengeAllDuringEvent",
            statement=_both(_label("event-detected"), _label("challengeable-request")),
            action="Challenge",
            runs=challenge,
        ),
        ManagedRule(
            name="ChallengeDDoSRequests",
            statement=_both(_suspicious(to_challenge), _label("challengeable-request")),
            action="Challenge",
            runs=challenge,
        ),
        ManagedRule(name="DDoSRequests", statement=_suspicious(to_block)),
    )


def _configure(configs: Sequence[Mapping[str, Any]]) -> tuple[ManagedRule, ...]:
    config = next((one[_NAME] for one in configs if _NAME in one), None)
    if config is None:
        raise invalid(_FIELD, _NAME, _MISSING)
    action = config["ClientSideActionConfig"]["Challenge"]
    exempt = [one.get("RegexString", "") for one in action.get("ExemptUriRegularExpressions") or ()]
    challenge = action["UsageOfAction"] == "ENABLED"
    if challenge and not 1 <= len(exempt) <= _MOST_EXEMPT:
        raise invalid(_FIELD, "ExemptUriRegularExpressions", _EXEMPT)
    return _rules(
        exempt if challenge else (),
        challenge=challenge,
        to_challenge=action.get("Sensitivity", "HIGH"),
        to_block=config.get("SensitivityToBlock", "LOW"),
    )


GROUP = ManagedRuleGroup(
    name=_NAME,
    capacity=50,
    label_namespace=_NAMESPACE,
    description=(
        "Provides protection against DDoS attacks targeting the application layer, such as request floods: labels and "
        "handles the requests that take part in one."
    ),
    versions=(Version("Version_1.0"),),
    rules=_rules((), challenge=True, to_challenge="HIGH", to_block="LOW"),
    available_labels=(
        "event-detected",
        "ddos-request",
        "high-suspicion-ddos-request",
        "medium-suspicion-ddos-request",
        "low-suspicion-ddos-request",
        "challengeable-request",
    ),
    configure=_configure,
)

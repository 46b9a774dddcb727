"""AWSManagedRulesCommonRuleSet: what every application wants refused.

Source of names, labels and limits: AWS WAF developer guide, "Baseline rule groups". What the rules look for is our own.
"""

from __future__ import annotations

from typing import Any

from garrison.waf.detectors import (
    extensions,
    line_injection,
    metadata,
    remote_files,
    templates,
    traversal,
    user_agents,
    xss,
)
from garrison.waf.detectors.views import as_sent
from garrison.waf.managed.declare import rule
from garrison.waf.rule_group import ManagedRule, ManagedRuleGroup, Statement, Version

_USER_AGENT = {"SingleHeader": {"Name": "user-agent"}}
_PLAIN = ({"Priority": 0, "Type": "NONE"},)


def _size(name: str, label: str, field: dict[str, Any], limit: int) -> ManagedRule:
    return ManagedRule(
        name=name,
        labels=(label,),
        statement={
            "SizeConstraintStatement": {
                "FieldToMatch": field,
                "ComparisonOperator": "GT",
                "Size": limit,
                "TextTransformations": _PLAIN,
            }
        },
    )


_NO_USER_AGENT: Statement = {
    "NotStatement": {
        "Statement": {
            "SizeConstraintStatement": {
                "FieldToMatch": _USER_AGENT,
                "ComparisonOperator": "GT",
                "Size": 0,
                "TextTransformations": _PLAIN,
            }
        }
    }
}

_SCRIPTING = (xss.DETECTOR, templates.DETECTOR, line_injection.DETECTOR)

GROUP = ManagedRuleGroup(
    name="AWSManagedRulesCommonRuleSet",
    capacity=700,
    label_namespace="awswaf:managed:aws:core-rule-set:",
    description=(
        "Contains rules that are generally applicable to web applications. This provides protection against "
        "exploitation of a wide range of vulnerabilities, including those described in OWASP publications."
    ),
    versions=(Version("Version_1.18"), Version("Version_1.19")),
    rules=(
        ManagedRule(name="NoUserAgent_HEADER", labels=("NoUserAgent_Header",), statement=_NO_USER_AGENT),
        ManagedRule(
            name="UserAgent_BadBots_HEADER",
            labels=("BadBots_Header",),
            statement={
                "DetectorStatement": {"Detector": user_agents.DETECTOR, "FieldToMatch": _USER_AGENT, "Views": as_sent}
            },
        ),
        _size("SizeRestrictions_QUERYSTRING", "SizeRestrictions_QueryString", {"QueryString": {}}, 2048),
        _size(
            "SizeRestrictions_Cookie_HEADER",
            "SizeRestrictions_Cookie_Header",
            {"SingleHeader": {"Name": "cookie"}},
            10240,
        ),
        _size("SizeRestrictions_BODY", "SizeRestrictions_Body", {"Body": {"OversizeHandling": "MATCH"}}, 8192),
        _size("SizeRestrictions_URIPATH", "SizeRestrictions_URIPath", {"UriPath": {}}, 1024),
        rule("EC2MetaDataSSRF_BODY", metadata.DETECTOR),
        rule("EC2MetaDataSSRF_COOKIE", metadata.DETECTOR),
        rule("EC2MetaDataSSRF_URIPATH", metadata.DETECTOR),
        rule("EC2MetaDataSSRF_QUERYARGUMENTS", metadata.DETECTOR),
        rule("GenericLFI_QUERYARGUMENTS", traversal.DETECTOR),
        rule("GenericLFI_URIPATH", traversal.DETECTOR),
        rule("GenericLFI_BODY", traversal.DETECTOR),
        rule("RestrictedExtensions_URIPATH", extensions.DETECTOR),
        rule("RestrictedExtensions_QUERYARGUMENTS", extensions.DETECTOR),
        rule("GenericRFI_QUERYARGUMENTS", remote_files.DETECTOR),
        rule("GenericRFI_BODY", remote_files.DETECTOR),
        rule("GenericRFI_URIPATH", remote_files.DETECTOR),
        rule("CrossSiteScripting_COOKIE", *_SCRIPTING),
        rule("CrossSiteScripting_QUERYARGUMENTS", *_SCRIPTING),
        rule("CrossSiteScripting_BODY", *_SCRIPTING),
        rule("CrossSiteScripting_URIPATH", *_SCRIPTING, line_injection.IN_PATH),
    ),
)

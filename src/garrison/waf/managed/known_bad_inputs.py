"""AWSManagedRulesKnownBadInputsRuleSet: requests that are invalid, or known to exploit or look for something.

Source of names and labels: AWS WAF developer guide, "Baseline rule groups". `ReactJSRCE_BODY` is in AWS's list since
December 2025; what it looks for here follows the public description of CVE-2025-55182.
"""

from __future__ import annotations

from garrison.waf.detectors import java, paths, react
from garrison.waf.detectors.views import as_sent
from garrison.waf.managed.declare import rule
from garrison.waf.rule_group import ManagedRule, ManagedRuleGroup, Version

GROUP = ManagedRuleGroup(
    name="AWSManagedRulesKnownBadInputsRuleSet",
    capacity=200,
    label_namespace="awswaf:managed:aws:known-bad-inputs:",
    description=(
        "Contains rules that allow you to block request patterns that are known to be invalid and are associated with "
        "exploitation or discovery of vulnerabilities. This can help reduce the risk of a malicious actor discovering "
        "a vulnerable application."
    ),
    versions=(Version("Version_1.22", frozenset({"ReactJSRCE_BODY"})), Version("Version_1.24")),
    rules=(
        rule("JavaDeserializationRCE_HEADER", java.DETECTOR),
        rule("JavaDeserializationRCE_BODY", java.DETECTOR),
        rule("JavaDeserializationRCE_URIPATH", java.DETECTOR),
        rule("JavaDeserializationRCE_QUERYSTRING", java.DETECTOR),
        ManagedRule(
            name="Host_localhost_HEADER",
            labels=("Host_Localhost_Header",),
            statement={
                "DetectorStatement": {
                    "Detector": paths.LOCAL_HOST,
                    "FieldToMatch": {"SingleHeader": {"Name": "host"}},
                    "Views": as_sent,
                }
            },
        ),
        ManagedRule(
            name="PROPFIND_METHOD",
            labels=("Propfind_Method",),
            statement={
                "ByteMatchStatement": {
                    "FieldToMatch": {"Method": {}},
                    "SearchString": b"PROPFIND",
                    "PositionalConstraint": "EXACTLY",
                    "TextTransformations": ({"Priority": 0, "Type": "NONE"},),
                }
            },
        ),
        rule("ExploitablePaths_URIPATH", paths.EXPLOITABLE),
        rule("Log4JRCE_HEADER", java.JNDI),
        rule("Log4JRCE_QUERYSTRING", java.JNDI),
        rule("Log4JRCE_BODY", java.JNDI),
        rule("Log4JRCE_URIPATH", java.JNDI),
        rule("ReactJSRCE_BODY", react.DETECTOR),
    ),
)

"""AWSManagedRulesPHPRuleSet: code and objects for PHP.

Source of names and labels: AWS WAF developer guide, "Use-case specific rule groups".
"""

from __future__ import annotations

from garrison.waf.detectors import php
from garrison.waf.managed.declare import rule
from garrison.waf.rule_group import ManagedRuleGroup, Version

_CODE = (php.DETECTOR, php.CALL)

GROUP = ManagedRuleGroup(
    name="AWSManagedRulesPHPRuleSet",
    capacity=100,
    label_namespace="awswaf:managed:aws:php-app:",
    description=(
        "Contains rules that block request patterns associated with exploiting vulnerabilities specific to the use of "
        "the PHP, including injection of unsafe PHP functions. This can help prevent exploits that allow an attacker "
        "to remotely execute code or commands."
    ),
    versions=(Version("Version_2.0"), Version("Version_2.1")),
    rules=(
        rule("PHPHighRiskMethodsVariables_HEADER", *_CODE, php.UPLOAD),
        rule("PHPHighRiskMethodsVariables_QUERYSTRING", *_CODE),
        rule("PHPHighRiskMethodsVariables_BODY", *_CODE, php.UPLOAD),
    ),
)

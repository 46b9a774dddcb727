"""AWSManagedRulesWordPressRuleSet: commands and files of WordPress and its plug-ins that were exploited.

Source of names and labels: AWS WAF developer guide, "Use-case specific rule groups".
"""

from __future__ import annotations

from garrison.waf.detectors import paths
from garrison.waf.detectors.views import readings
from garrison.waf.managed.declare import rule
from garrison.waf.rule_group import ManagedRule, ManagedRuleGroup, Version

GROUP = ManagedRuleGroup(
    name="AWSManagedRulesWordPressRuleSet",
    capacity=100,
    label_namespace="awswaf:managed:aws:wordpress-app:",
    description=(
        "The WordPress Applications group contains rules that block request patterns associated with the exploitation "
        "of vulnerabilities specific to WordPress sites."
    ),
    versions=(Version("Version_1.2"), Version("Version_1.3")),
    rules=(
        ManagedRule(
            name="WordPressExploitableCommands_QUERYSTRING",
            labels=("WordPressExploitableCommands_QUERYSTRING",),
            statement={
                "DetectorStatement": {
                    "Detector": paths.WORDPRESS_COMMANDS,
                    "FieldToMatch": {"QueryString": {}},
                    "Views": readings,
                }
            },
        ),
        rule(
            "WordPressExploitablePaths_URIPATH",
            paths.WORDPRESS_PATHS,
            label="WordPressExploitablePaths_URIPATH",
        ),
    ),
)

"""AWSManagedRulesAdminProtectionRuleSet: pages of administration that should not be on the internet.

Source of names and labels: AWS WAF developer guide, "Baseline rule groups".
"""

from __future__ import annotations

from garrison.waf.detectors import paths
from garrison.waf.managed.declare import rule
from garrison.waf.rule_group import ManagedRuleGroup, Version

GROUP = ManagedRuleGroup(
    name="AWSManagedRulesAdminProtectionRuleSet",
    capacity=100,
    label_namespace="awswaf:managed:aws:admin-protection:",
    description=(
        "Contains rules that allow you to block external access to exposed admin pages. This may be useful if you are "
        "running third-party software or would like to reduce the risk of a malicious actor gaining administrative "
        "access to your application."
    ),
    versions=(Version("Version_1.0"), Version("Version_1.1")),
    rules=(rule("AdminProtection_URIPATH", paths.ADMINISTRATION),),
)

"""AWSManagedRulesLinuxRuleSet: files of a Linux system that a request names.

Source of names and labels: AWS WAF developer guide, "Use-case specific rule groups".
"""

from __future__ import annotations

from garrison.waf.detectors import local_files, traversal
from garrison.waf.managed.declare import rule
from garrison.waf.rule_group import ManagedRuleGroup, Version

GROUP = ManagedRuleGroup(
    name="AWSManagedRulesLinuxRuleSet",
    capacity=200,
    label_namespace="awswaf:managed:aws:linux-os:",
    description=(
        "Contains rules that block request patterns associated with exploitation of vulnerabilities specific to Linux, "
        "including LFI attacks. This can help prevent attacks that expose file contents or execute code for which the "
        "attacker should not have had access."
    ),
    versions=(Version("Version_2.5"), Version("Version_2.6")),
    rules=(
        rule("LFI_URIPATH", local_files.DETECTOR),
        rule("LFI_QUERYSTRING", local_files.DETECTOR),
        rule("LFI_HEADER", local_files.DETECTOR, traversal.DETECTOR),
    ),
)

"""AWSManagedRulesAmazonIpReputationList: addresses that are known for attacks.

Amazon's own intelligence is not published. The addresses here are the operator's lists `ip-reputation`,
`reconnaissance` and `ddos-sources`; without them the rules match nothing. Source of names, labels and actions: AWS WAF
developer guide, "IP reputation rule groups".
"""

from __future__ import annotations

from garrison.waf.managed.declare import listed_addresses
from garrison.waf.rule_group import ManagedRule, ManagedRuleGroup

GROUP = ManagedRuleGroup(
    name="AWSManagedRulesAmazonIpReputationList",
    capacity=25,
    label_namespace="awswaf:managed:aws:amazon-ip-list:",
    description=(
        "This group contains rules that are based on Amazon threat intelligence. This is useful if you would like to "
        "block sources associated with bots or other threats."
    ),
    rules=(
        ManagedRule(
            name="AWSManagedIPReputationList",
            labels=("AWSManagedIPReputationList",),
            statement=listed_addresses("ip-reputation"),
        ),
        ManagedRule(
            name="AWSManagedReconnaissanceList",
            labels=("AWSManagedReconnaissanceList",),
            statement=listed_addresses("reconnaissance"),
        ),
        ManagedRule(
            name="AWSManagedIPDDoSList",
            labels=("AWSManagedIPDDoSList",),
            statement=listed_addresses("ddos-sources"),
            action="Count",
        ),
    ),
)

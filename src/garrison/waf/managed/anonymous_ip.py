"""AWSManagedRulesAnonymousIpList: addresses of services that hide who a client is, and of hosting providers.

The addresses are the operator's lists `anonymous` (proxies, VPN exits, Tor nodes) and `hosting-providers`; without them
the rules match nothing. Source of names and labels: AWS WAF developer guide, "IP reputation rule groups".
"""

from __future__ import annotations

from garrison.waf.managed.declare import listed_addresses
from garrison.waf.rule_group import ManagedRule, ManagedRuleGroup

GROUP = ManagedRuleGroup(
    name="AWSManagedRulesAnonymousIpList",
    capacity=50,
    label_namespace="awswaf:managed:aws:anonymous-ip-list:",
    description=(
        "This group contains rules that allow you to block requests from services that allow obfuscation of viewer "
        "identity. This can include request originating from VPN, proxies, Tor nodes, and hosting providers. This is "
        "useful if you want to filter out viewers that may be trying to hide their identity from your application."
    ),
    rules=(
        ManagedRule(name="AnonymousIPList", labels=("AnonymousIPList",), statement=listed_addresses("anonymous")),
        ManagedRule(
            name="HostingProviderIPList",
            labels=("HostingProviderIPList",),
            statement=listed_addresses("hosting-providers"),
        ),
    ),
)

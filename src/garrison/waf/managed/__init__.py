"""Managed rule groups by vendor and name. Each is imported when it is first asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from garrison.waf.rule_group import ManagedRuleGroup

_MODULES = {
    "AWSManagedRulesCommonRuleSet": "common",
    "AWSManagedRulesAdminProtectionRuleSet": "admin_protection",
    "AWSManagedRulesKnownBadInputsRuleSet": "known_bad_inputs",
    "AWSManagedRulesSQLiRuleSet": "sql",
    "AWSManagedRulesLinuxRuleSet": "linux",
    "AWSManagedRulesUnixRuleSet": "posix",
    "AWSManagedRulesWindowsRuleSet": "windows",
    "AWSManagedRulesPHPRuleSet": "php",
    "AWSManagedRulesWordPressRuleSet": "wordpress",
    "AWSManagedRulesAmazonIpReputationList": "ip_reputation",
    "AWSManagedRulesAnonymousIpList": "anonymous_ip",
    "AWSManagedRulesBotControlRuleSet": "bot_control",
    "AWSManagedRulesATPRuleSet": "account_takeover",
    "AWSManagedRulesACFPRuleSet": "account_creation",
    "AWSManagedRulesAntiDDoSRuleSet": "anti_ddos",
}

NAMES = tuple(("AWS", name) for name in _MODULES)
"""(vendor, name) of every group, in the order of ListAvailableManagedRuleGroups."""


@cache
def find(vendor: str, name: str) -> ManagedRuleGroup | None:
    """The managed rule group of that name."""
    if vendor != "AWS" or name not in _MODULES:
        return None
    group: ManagedRuleGroup = import_module(f"garrison.waf.managed.{_MODULES[name]}").GROUP
    return group

"""What the vendors of managed rule groups offer: names, versions, rules, labels, capacity.

Source: WAF API reference, DescribeManagedRuleGroup and ListAvailableManagedRuleGroups; developer guide, "AWS Managed
Rules rule groups list".
"""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.wafv2.paging import page
from garrison.services.wafv2.scope import scope_of
from garrison.store import Reader
from garrison.waf import managed
from garrison.waf.errors import nonexistent
from garrison.waf.rule_group import ManagedRuleGroup

_UPDATED = 1_785_542_400.0
"""When the versions that ship with this release were made: 2026-08-01."""


_ADVANCED = frozenset(
    {
        "AWSManagedRulesACFPRuleSet",
        "AWSManagedRulesATPRuleSet",
        "AWSManagedRulesAntiDDoSRuleSet",
        "AWSManagedRulesBotControlRuleSet",
    }
)
"""Those that cost extra: `IsAdvancedManagedRuleSet`."""


def _groups() -> list[ManagedRuleGroup]:
    found = [managed.find(vendor, name) for vendor, name in managed.NAMES]
    return [group for group in found if group is not None]


def _named(call: Call) -> ManagedRuleGroup:
    found = managed.find(call.params["VendorName"], call.params["Name"])
    if found is None:
        raise nonexistent()
    return found


@operation("wafv2", "ListAvailableManagedRuleGroups", access="read")
def list_available_managed_rule_groups(call: Call, reader: Reader) -> dict[str, Any]:
    scope_of(call)
    shown, rest = page(call, _groups(), key=lambda group: f"{group.vendor}#{group.name}")
    return {
        "ManagedRuleGroups": [
            {
                "VendorName": group.vendor,
                "Name": group.name,
                "VersioningSupported": bool(group.versions),
                "Description": group.description,
            }
            for group in shown
        ],
        **rest,
    }


@operation("wafv2", "ListAvailableManagedRuleGroupVersions", access="read")
def list_available_managed_rule_group_versions(call: Call, reader: Reader) -> dict[str, Any]:
    scope_of(call)
    group = _named(call)
    newest_first = list(enumerate(reversed(group.versions)))
    shown, rest = page(call, newest_first, key=lambda entry: f"{entry[0]:04d}")
    default = {"CurrentDefaultVersion": group.versions[-1].name} if group.versions else {}
    return {
        "Versions": [{"Name": version.name, "LastUpdateTimestamp": _UPDATED} for _, version in shown],
        **default,
        **rest,
    }


@operation("wafv2", "DescribeManagedRuleGroup", access="read")
def describe_managed_rule_group(call: Call, reader: Reader) -> dict[str, Any]:
    scope_of(call)
    group = _named(call)
    wanted = call.params.get("VersionName")
    version = next((one for one in group.versions if one.name == wanted), None)
    if wanted is not None and version is None:
        raise nonexistent()
    if version is None and group.versions:
        version = group.versions[-1]
    rules = [rule for rule in group.rules if rule.listed and (version is None or rule.name not in version.without)]
    labels = dict.fromkeys(group.label_namespace + label for rule in group.rules for label in rule.labels)
    labels |= dict.fromkeys(group.label_namespace + label for label in group.available_labels)
    named = {} if version is None else {"VersionName": version.name}
    return {
        **named,
        "Capacity": group.capacity,
        "Rules": [{"Name": rule.name, "Action": {rule.action: {}}} for rule in rules],
        "LabelNamespace": group.label_namespace,
        "AvailableLabels": [{"Name": name} for name in labels],
        "ConsumedLabels": [{"Name": name} for name in group.consumed_labels],
    }


def _product(group: ManagedRuleGroup) -> dict[str, Any]:
    return {
        "VendorName": group.vendor,
        "ManagedRuleSetName": group.name,
        "ProductTitle": group.name,
        "ProductDescription": group.description,
        "IsVersioningSupported": bool(group.versions),
        "IsAdvancedManagedRuleSet": group.name in _ADVANCED,
    }


@operation("wafv2", "DescribeAllManagedProducts", access="read")
def describe_all_managed_products(call: Call, reader: Reader) -> dict[str, Any]:
    scope_of(call)
    return {"ManagedProducts": [_product(group) for group in _groups()]}


@operation("wafv2", "DescribeManagedProductsByVendor", access="read")
def describe_managed_products_by_vendor(call: Call, reader: Reader) -> dict[str, Any]:
    scope_of(call)
    found = [group for group in _groups() if group.vendor == call.params["VendorName"]]
    return {"ManagedProducts": [_product(group) for group in found]}

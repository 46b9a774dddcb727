"""Web ACL capacity units: what rules weigh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from garrison.waf.context import Context, FindManaged, Resolve, find_managed, resolve_nothing
from garrison.waf.plan import Plan
from garrison.waf.statements import registry
from garrison.waf.web_acl import all_rules

MOST = 5000
"""WCU of a web ACL or a rule group. Source: developer guide, "Web ACL capacity units"."""
LABELS_PER_UNIT = 5
"""Source: developer guide: "1 WCU for every 5 labels defined"."""


def capacity(
    rules: Sequence[Mapping[str, Any]], resolve: Resolve = resolve_nothing, managed: FindManaged = find_managed
) -> int:
    """WCU of rules, as CheckCapacity and the Capacity of a web ACL have it. Raises AwsError for dead references.

    AWS says that it may charge less where rules share a transformation, and not how: this is the plain sum.
    """
    context = weighing(resolve, managed)
    labels = sum(len(rule.get("RuleLabels") or ()) for rule in rules)
    return sum(registry.weigh(rule["Statement"], context) for rule in rules) + -(-labels // LABELS_PER_UNIT)


def web_acl_capacity(
    document: Mapping[str, Any], resolve: Resolve = resolve_nothing, managed: FindManaged = find_managed
) -> int:
    """WCU of a whole web ACL, Firewall Manager's groups included."""
    return capacity(all_rules(document), resolve, managed)


def weighing(resolve: Resolve, managed: FindManaged) -> Context:
    """A context in which nothing but references matters."""
    return Context(plan=Plan(), resolve=resolve, managed=managed, label_prefix="", memo={})

"""Rule groups, compiled for one reference to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from garrison.waf.actions import Action, compile_action
from garrison.waf.context import Context
from garrison.waf.errors import BAD_REFERENCE, invalid
from garrison.waf.rule_group import ManagedRule, ManagedRuleGroup
from garrison.waf.rules import Ending, Interstitial, Rule, RuleList
from garrison.waf.statements import registry
from garrison.waf.statements.node import Node
from garrison.waf.verdict import GroupResult, RuleMatch
from garrison.waf.walk import Walk

Params = Mapping[str, Any]


class GroupRule:
    """A web ACL's rule that refers to a group."""

    __slots__ = ("counted", "id", "kind", "metric", "name", "rules", "sampled", "scope")

    def __init__(
        self,
        *,
        name: str,
        kind: str,
        id: str,
        rules: RuleList,
        scope: Node | None,
        counted: bool,
        metric: str,
        sampled: bool,
    ) -> None:
        self.name = name
        self.kind = kind
        self.id = id
        self.rules = rules
        self.scope = scope
        self.counted = counted
        """OverrideAction Count: whatever ends the group's evaluation, only counts. It ends it all the same."""
        self.metric = metric
        self.sampled = sampled

    def apply(
        self,
        walk: Walk,
        matched: list[RuleMatch],
        groups: list[GroupResult],
        inserted: dict[str, tuple[str, str]],
    ) -> Ending | None:
        """Go through the group's rules, if the request is within its scope."""
        if self.scope is not None:
            if self.scope.forwarded and not self.scope.forwarded <= walk.parts.headers.keys():
                return None
            for effect in self.scope.effects:
                effect(walk)
            holds = self.scope.test(walk)
            walk.settle()
            if not holds:
                return None
        inner: list[RuleMatch] = []
        ending = self.rules.run(walk, inner, inserted)
        groups.append(GroupResult(self.id, self.name, ending.match if ending else None, tuple(inner)))
        if ending is None or not self.counted:
            return ending
        matched.append(RuleMatch(self.name, "COUNT", self.metric, self.sampled))
        return None


class Overrides:
    """What a reference says of a group's rules."""

    def __init__(self, params: Params, bodies: Mapping[str, Any]) -> None:
        self.actions: dict[str, Action] = {
            override["Name"]: compile_action(override["ActionToUse"], bodies)
            for override in params.get("RuleActionOverrides") or ()
        }
        self.excluded = frozenset(rule["Name"] for rule in params.get("ExcludedRules") or ())

    def of(self, name: str, action: Action) -> tuple[Action, str, bool]:
        """(what to do, what the rule itself would have done, whether it is excluded) for a rule."""
        if (override := self.actions.get(name)) is not None:
            return override, action.name, False
        if name in self.excluded:
            return Action("COUNT"), action.name, True
        return action, "", False


def immunity(holder: Params | None, key: str, otherwise: int) -> int:
    """Seconds of a CaptchaConfig or ChallengeConfig."""
    config = (holder or {}).get(key) or {}
    seconds: int = (config.get("ImmunityTimeProperty") or {}).get("ImmunityTime") or otherwise
    return seconds


def compile_rule(
    rule: Params, context: Context, overrides: Overrides | None, immunities: tuple[int, int], interstitial: Interstitial
) -> Rule:
    """A rule with Action. `immunities` are the web ACL's for CAPTCHA and challenge."""
    statement = rule["Statement"]
    context = msgspec.structs.replace(context, instance=f"{context.instance}/{rule['Name']}")
    action, overridden, excluded = compile_action(rule["Action"], context.bodies), "", False
    if overrides is not None:
        action, overridden, excluded = overrides.of(rule["Name"], action)
    visibility = rule.get("VisibilityConfig") or {}
    return Rule(
        name=rule["Name"],
        node=registry.compile_statement(statement, context),
        action=action,
        labels=tuple(context.label_prefix + label["Name"] for label in rule.get("RuleLabels") or ()),
        metric=visibility.get("MetricName") or rule["Name"],
        sampled=visibility.get("SampledRequestsEnabled", True),
        kind="RATE_BASED" if "RateBasedStatement" in statement else "REGULAR",
        captcha_immunity=immunity(rule, "CaptchaConfig", immunities[0]),
        challenge_immunity=immunity(rule, "ChallengeConfig", immunities[1]),
        interstitial=interstitial,
        overridden=overridden,
        excluded=excluded,
    )


def in_order(rules: Sequence[Params]) -> list[Params]:
    """By Priority."""
    return sorted(rules, key=lambda rule: rule["Priority"])


def compile_group_rule(
    rule: Params, context: Context, immunities: tuple[int, int], interstitial: Interstitial
) -> GroupRule:
    """A web ACL's rule that refers to a rule group, managed or its owner's."""
    ((kind, params),) = rule["Statement"].items()
    scope = params.get("ScopeDownStatement")
    node = registry.compile_statement(scope, context) if scope else None
    visibility = rule.get("VisibilityConfig") or {}
    instance = f"{context.instance}/{rule['Name']}"
    if kind == "ManagedRuleGroupStatement":
        id_, rules = _managed(params, msgspec.structs.replace(context, instance=instance), immunities, interstitial)
    else:
        id_ = params["ARN"]
        document = context.referenced(id_, "RULE_GROUP_REFERENCE_STATEMENT")
        bodies = document.get("CustomResponseBodies") or {}
        inner = msgspec.structs.replace(
            context, instance=instance, bodies=bodies, label_prefix=label_prefix(document, "rulegroup")
        )
        overrides = Overrides(params, context.bodies)
        rules = [
            compile_rule(each, inner, overrides, immunities, interstitial)
            for each in in_order(document.get("Rules") or ())
        ]
    return GroupRule(
        name=rule["Name"],
        kind="MANAGED_RULE_GROUP" if kind == "ManagedRuleGroupStatement" else "GROUP",
        id=id_,
        rules=RuleList(rules),
        scope=node,
        counted="Count" in (rule.get("OverrideAction") or {}),
        metric=visibility.get("MetricName") or rule["Name"],
        sampled=visibility.get("SampledRequestsEnabled", True),
    )


def label_prefix(document: Params, kind: str) -> str:
    """`awswaf:<account>:<kind>:<name>:` of a web ACL or rule group."""
    if document.get("LabelNamespace"):
        namespace: str = document["LabelNamespace"]
        return namespace
    account = (document.get("ARN") or "").split(":")[4:5] or [""]
    return f"awswaf:{account[0]}:{kind}:{document.get('Name', '')}:"


def _managed(
    params: Params, context: Context, immunities: tuple[int, int], interstitial: Interstitial
) -> tuple[str, list[Rule]]:
    vendor, name = params["VendorName"], params["Name"]
    group = context.managed(vendor, name)
    if group is None:
        raise invalid("MANAGED_RULE_SET_STATEMENT", name, BAD_REFERENCE)
    version = params.get("Version")
    inner = msgspec.structs.replace(context, label_prefix=group.label_namespace, bodies={})
    overrides = Overrides(params, context.bodies)
    id_ = f"{vendor}#{name}" + (f"#{version}" if version else "")
    return id_, [
        _managed_rule(rule, inner, overrides, immunities, interstitial)
        for rule in rules_of(group, version, params.get("ManagedRuleGroupConfigs") or ())
        if rule.runs
    ]


def rules_of(group: ManagedRuleGroup, version: str | None, configs: Sequence[Params]) -> tuple[ManagedRule, ...]:
    """The rules of one version of a managed group as configured. Raises WAFInvalidParameterException."""
    rules = group.configure(configs) if group.configure is not None else group.rules
    if not group.versions:
        if version:
            raise invalid("MANAGED_RULE_SET_STATEMENT", version, BAD_REFERENCE)
        return rules
    name = version or group.versions[-1].name
    known = next((v for v in group.versions if v.name == name), None)
    if known is None:
        raise invalid("MANAGED_RULE_SET_STATEMENT", name, BAD_REFERENCE)
    return tuple(rule for rule in rules if rule.name not in known.without)


def _managed_rule(
    rule: ManagedRule, context: Context, overrides: Overrides, immunities: tuple[int, int], interstitial: Interstitial
) -> Rule:
    context = msgspec.structs.replace(context, instance=f"{context.instance}/{rule.name}")
    action, overridden, excluded = Action(rule.action.upper()), "", False
    if rule.action == "Block":
        action = compile_action({"Block": {}}, {})
    if rule.listed:
        action, overridden, excluded = overrides.of(rule.name, action)
    return Rule(
        name=rule.name,
        node=registry.compile_statement(rule.statement, context),
        action=action,
        labels=tuple(context.label_prefix + label for label in rule.labels),
        metric=rule.name,
        sampled=True,
        captcha_immunity=immunities[0],
        challenge_immunity=immunities[1],
        interstitial=interstitial,
        overridden=overridden,
        excluded=excluded,
        listed=rule.listed,
    )

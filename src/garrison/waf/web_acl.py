"""A web ACL, compiled: what inspects requests."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from garrison.waf.actions import Action, compile_action
from garrison.waf.context import Context, FindManaged, Resolve, find_managed, resolve_nothing
from garrison.waf.errors import BAD_FORMAT, invalid
from garrison.waf.groups import GroupRule, compile_group_rule, compile_rule, immunity, in_order, label_prefix
from garrison.waf.plan import Plan
from garrison.waf.request import Request
from garrison.waf.rules import Ending, Rule, RuleList
from garrison.waf.scan import Blobs
from garrison.waf.state import State
from garrison.waf.statements.registry import OF_GROUPS
from garrison.waf.verdict import GroupResult, Response, RuleMatch, Verdict
from garrison.waf.walk import TokenSettings, Walk

BODY_LIMIT = 16384
"""Bytes inspected of a body, where nothing else is configured. Source: developer guide, body inspection size limits."""
FIXED_BODY_LIMITS = {"APPLICATION_LOAD_BALANCER": 8192, "APPSYNC": 8192}

GROUP_KINDS = OF_GROUPS


class CompiledWebAcl:
    """Immutable; inspects any number of requests at once. `compile_web_acl` makes one."""

    def __init__(
        self,
        document: Mapping[str, Any],
        plan: Plan,
        steps: Sequence[RuleList | GroupRule],
        default: Action,
        tokens: TokenSettings,
    ) -> None:
        self.document = document
        """As it was given."""
        self.arn: str = document.get("ARN") or ""
        self.name: str = document.get("Name") or ""
        self.plan = plan
        self.tokens = tokens
        self._steps = tuple(steps)
        self._default = default
        visibility = document.get("VisibilityConfig") or {}
        self._sampled: bool = visibility.get("SampledRequestsEnabled", True)
        self._limits = {
            kind: int(config["DefaultSizeInspectionLimit"].removeprefix("KB_")) * 1024
            for kind, config in ((document.get("AssociationConfig") or {}).get("RequestBody") or {}).items()
        }

    @property
    def needs_header_order(self) -> bool:
        """Whether a rule looks at the order of headers."""
        return any(field.field.location == "HEADER_ORDER" for field in self.plan.fields)

    @property
    def inspects_body(self) -> bool:
        """Whether a rule looks into bodies."""
        return any(field.field.oversize in ("REQUEST_BODY", "REQUEST_JSON_BODY") for field in self.plan.fields)

    @property
    def scan_bytes(self) -> int:
        """Size of the scan databases."""
        return sum(scanner.size for scanner in (self.plan.loose, self.plan.anchored) if scanner)

    def body_limit(self, kind: str) -> int:
        """How many bytes of a body are inspected for a kind of resource."""
        return FIXED_BODY_LIMITS.get(kind) or self._limits.get(kind, BODY_LIMIT)

    def in_order(self) -> list[Rule | GroupRule]:
        """The web ACL's rules in order of evaluation."""
        rules: list[Rule | GroupRule] = []
        for step in self._steps:
            rules += [step] if isinstance(step, GroupRule) else step.rules
        return rules

    def own_rules(self) -> list[Rule]:
        """The rules that refer to no group, in order."""
        return [rule for rule in self.in_order() if isinstance(rule, Rule)]

    def group_rules(self) -> list[GroupRule]:
        """The rules that refer to groups, in order."""
        return [step for step in self._steps if isinstance(step, GroupRule)]

    def walk(self, request: Request, state: State, now: float) -> Walk:
        """A request at the start of its way."""
        return Walk(self.plan, request, self.body_limit(request.resource.kind), state, now, self.tokens)

    def inspect(self, request: Request, state: State, now: float | None = None) -> Verdict:
        """Decide one request. `now`: seconds since the epoch. Never raises for what a client sends."""
        return self.decide(self.walk(request, state, time.time() if now is None else now))

    def decide(self, walk: Walk) -> Verdict:
        """The verdict at the end of a walk."""
        matched: list[RuleMatch] = []
        groups: list[GroupResult] = []
        inserted: dict[str, tuple[str, str]] = {}
        ending: Ending | None = None
        rule_type = "REGULAR"
        rule = ""
        for step in self._steps:
            if isinstance(step, GroupRule):
                ending = step.apply(walk, matched, groups, inserted)
                if ending is not None:
                    rule, rule_type, metric, sampled = step.name, step.kind, step.metric, step.sampled
                    break
            else:
                ending = step.run(walk, matched, inserted)
                if ending is not None:
                    rule, metric, sampled = ending.match.rule, ending.match.metric, ending.match.sampled
                    if any(rate.name == rule for rate in walk.rates):
                        rule_type = "RATE_BASED"
                    break
        else:
            metric, sampled = "Default_Action", self._sampled
        if ending is None:
            action, response = self._default.name, self._default.response
            if action == "ALLOW":
                for header in self._default.headers:
                    inserted[header[0].lower()] = header
        else:
            action, response = ending.match.action, ending.respond()
        own = ending.match if ending is not None and not rule_type.endswith("GROUP") else None
        end = ending.match if ending is not None else None
        return Verdict(
            action=action,
            rule=rule or "Default_Action",
            rule_type=rule_type,
            metric=metric,
            sampled=sampled,
            response=response,
            insert_headers=tuple(inserted.values()) if response is None else (),
            details=own.details if own else (),
            groups=tuple(groups),
            rates=tuple(walk.rates),
            matched=tuple(matched),
            labels=tuple(walk.labels),
            captcha=end.captcha if end else None,
            challenge=end.challenge if end else None,
            token=walk.token_state() if walk.token_was_read else "unchecked",
            oversize=walk.oversize(),
            body_inspected=len(walk.parts.body),
            client_asn=walk.client_asn,
            forwarded_asn=walk.forwarded_asn,
            country=walk.location().country,
            at=walk.now,
        )


def compile_web_acl(
    document: Mapping[str, Any],
    resolve: Resolve = resolve_nothing,
    *,
    managed: FindManaged = find_managed,
    blobs: Blobs | None = None,
) -> CompiledWebAcl:
    """Compile a web ACL, which should have been validated (`garrison.waf.validate`).

    Raises AwsError (WAFInvalidParameterException) for references to nothing and patterns that do not compile, and
    `MissingExtra` where it has patterns and hyperscan is not installed. It takes milliseconds to seconds.
    """
    plan = Plan()
    immunities = (immunity(document, "CaptchaConfig", 300), immunity(document, "ChallengeConfig", 300))
    tokens = TokenSettings(tuple(d.lower() for d in document.get("TokenDomains") or ()), immunities[1], immunities[0])
    bodies = document.get("CustomResponseBodies") or {}
    context = Context(
        plan=plan,
        resolve=resolve,
        managed=managed,
        label_prefix=label_prefix(document, "webacl"),
        instance=document.get("ARN") or document.get("Name") or "",
        bodies=bodies,
        memo={},
    )
    steps: list[RuleList | GroupRule] = []
    stretch: list[Rule] = []
    for rule in all_rules(document):
        if GROUP_KINDS & rule["Statement"].keys():
            if stretch:
                steps.append(RuleList(stretch))
                stretch = []
            steps.append(compile_group_rule(rule, context, immunities, interstitial))
        else:
            stretch.append(compile_rule(rule, context, None, immunities, interstitial))
    if stretch:
        steps.append(RuleList(stretch))
    try:
        plan.finish(blobs)
    except ValueError as e:
        raise invalid("STATEMENT", str(e), BAD_FORMAT) from e
    return CompiledWebAcl(document, plan, steps, compile_action(document["DefaultAction"], bodies), tokens)


def all_rules(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A web ACL's rules in order of evaluation: Firewall Manager's first groups, its own, Firewall Manager's last."""

    def of_manager(key: str) -> list[Mapping[str, Any]]:
        return [
            {**group, "Statement": group["FirewallManagerStatement"]} for group in in_order(document.get(key) or ())
        ]

    return [
        *of_manager("PreProcessFirewallManagerRuleGroups"),
        *in_order(document.get("Rules") or ()),
        *of_manager("PostProcessFirewallManagerRuleGroups"),
    ]


def interstitial(walk: Walk, action: str) -> Response:
    """The page that a client has to solve."""
    from garrison.waf.challenge.page import page

    return page(walk, action)

"""What a stack of policies says about one action: only the statements that cover it, ready to be tested.

A statement that covers the action becomes a rule: its test of resource and context, whom it names, and the decision it
makes when it is the one to decide. Made once per stack and action, so that a decision looks at nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from garrison.policy.grant import Grant
from garrison.policy.principal import Principal
from garrison.policy.request import AttachedPolicy, Decision, PolicyType, Request, Stack
from garrison.policy.resource import anything
from garrison.policy.statement import Statement
from garrison.policy.variables import Match

Names = Callable[[Principal], Grant]
Rule = tuple[Match, Names | None, Decision]
"""(test of resource and context, whom the statement names or None for everyone, what it decides)"""

SILENT_ENDPOINT = Decision(False, "DENY_IMPLICIT_VPCE")
SILENT_RESOURCE = Decision(False, "DENY_IMPLICIT_RESOURCE")
SILENT_TRUST = Decision(False, "DENY_IMPLICIT_TRUST")

_PERMITTED = Decision(True, "ALLOW_IDENTITY")
"""Stands in for the decision of a layer that only limits: it is never given as an answer."""


class Rules:
    """A stack's rules for one action, layer by layer."""

    __slots__ = ("boundary", "denies", "gates", "identity", "required", "resource", "session", "silent_resource")

    def __init__(self, stack: Stack, action: str) -> None:
        self.denies: list[Rule] = _denies(stack, action)
        """Every explicit deny, in the order in which they are reported when several hold."""
        self.gates: list[tuple[Sequence[Rule], Decision]] = _gates(stack, action)
        """Levels of service control policies and the endpoint policy: each must allow, or its denial is the answer."""
        self.resource: list[Rule] = []
        if stack.resource is not None:
            self.resource = _deciding(stack.resource, action, "ALLOW_RESOURCE_DIRECT")
        for grant in stack.grants:
            self.resource += _deciding(grant, action, "ALLOW_GRANT")
        self.identity: list[Rule] = []
        for policy in stack.identity:
            self.identity += _deciding(policy, action, "ALLOW_IDENTITY")
        self.boundary = None if stack.boundary is None else _limiting((stack.boundary,), action)
        self.session = None if stack.session is None else _limiting(stack.session, action)
        self.required = stack.resource_required
        self.silent_resource = SILENT_TRUST if _is_trust(stack) else SILENT_RESOURCE

    def grant(self, request: Request) -> tuple[Grant, Decision | None]:
        """The most direct grant of the resource's policy to the caller, and the statement's decision."""
        best, by = Grant.NONE, None
        for covers, names, decision in self.resource:
            level = Grant.DIRECT if names is None else names(request.principal)
            if level > best and covers(request.resource, request.context):
                best, by = level, decision
        return best, by


def first(rules: Sequence[Rule], request: Request) -> Decision | None:
    """The decision of the first rule that holds."""
    principal, resource, context = request.principal, request.resource, request.context
    for covers, names, decision in rules:
        if covers(resource, context) and (names is None or names(principal)):
            return decision
    return None


def _denies(stack: Stack, action: str) -> list[Rule]:
    rules: list[Rule] = []
    for code, levels in (("DENY_EXPLICIT_RCP", stack.rcps), ("DENY_EXPLICIT_SCP", stack.scps)):
        for level, policies in enumerate(levels or ()):
            for policy in policies:
                if denies := policy.document.about(action).denies:
                    rules += [_rule(policy, statement, code, level) for statement in denies]
    # "If a principal has a permissions boundary, NotPrincipal with Deny always denies it, whatever it lists."
    # (IAM user guide, "AWS JSON policy elements: NotPrincipal")
    bounded = stack.boundary is not None
    of_resource = "DENY_EXPLICIT_TRUST" if _is_trust(stack) else "DENY_EXPLICIT_RESOURCE"
    for code, attached in (
        ("DENY_EXPLICIT_VPCE", (stack.endpoint,)),
        (of_resource, (stack.resource,)),
        ("DENY_EXPLICIT_IDENTITY", stack.identity),
        ("DENY_EXPLICIT_BOUNDARY", (stack.boundary,)),
        ("DENY_EXPLICIT_SESSION", stack.session or ()),
    ):
        for one in attached:
            if one is not None and (denies := one.document.about(action).denies):
                rules += [_rule(one, statement, code, bounded=bounded) for statement in denies]
    return rules


def _gates(stack: Stack, action: str) -> list[tuple[Sequence[Rule], Decision]]:
    gates: list[tuple[Sequence[Rule], Decision]] = []
    for level, policies in enumerate(stack.scps or ()):
        rules = _limiting(policies, action)
        if not any(covers is anything for covers, _, _ in rules):  # A level that always allows need not be asked.
            gates.append((rules, Decision(False, "DENY_IMPLICIT_SCP", level=level)))
    if stack.endpoint is not None:
        gates.append((_limiting((stack.endpoint,), action), SILENT_ENDPOINT))
    return gates


def _deciding(policy: AttachedPolicy, action: str, code: str) -> list[Rule]:
    """The allowing statements of a policy whose word may be the answer."""
    return [_rule(policy, statement, code) for statement in policy.document.about(action).allows]


def _limiting(policies: Iterable[AttachedPolicy], action: str) -> list[Rule]:
    """The allowing statements of policies that only limit what others allow."""
    return [
        (statement.covers, _names(statement, bounded=False), _PERMITTED)
        for policy in policies
        for statement in policy.document.about(action).allows
    ]


def _rule(
    policy: AttachedPolicy, statement: Statement, code: str, level: int | None = None, *, bounded: bool = False
) -> Rule:
    decision = Decision(statement.allow, code, policy, statement.index, level)
    return statement.covers, _names(statement, bounded=bounded), decision


def _names(statement: Statement, *, bounded: bool) -> Names | None:
    who = statement.principals
    if who is None or (bounded if who.negated else who.everyone):
        return None
    return who.grant


def _is_trust(stack: Stack) -> bool:
    return stack.resource is not None and stack.resource.type is PolicyType.TRUST

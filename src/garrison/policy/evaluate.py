"""The decision.

Source: IAM user guide, "Policy evaluation logic". In this order, stopping at the first answer:

1. An explicit deny in any policy that speaks about the request ends it: resource control policies, service control
   policies, VPC endpoint policy, resource policy, identity policies, permissions boundary, session policies.
2. Every level of service control policies must allow, from the organization's root down to the account.
3. The VPC endpoint policy, if the request came through one, must allow.
4. Within one account, a resource policy that names the caller itself allows; one that names the caller's role (or the
   user behind a federated user) allows what boundary and session policies also allow.
5. Otherwise an identity policy, the boundary and the session policies must all allow; across accounts, and where the
   resource demands it (role trust, KMS keys), the resource policy must too.

Root users need no identity policy in their own account. Services and anonymous callers have none: the resource policy
decides. Nothing here builds an explanation; that is `garrison.policy.explain`.

    plan = Plan(stack)          # once per principal, until its policies change
    decision = plan.evaluate(request)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from garrison.policy.grant import Grant
from garrison.policy.principal import (
    Anonymous,
    AssumedRoot,
    Federated,
    FederatedUser,
    Principal,
    RoleSession,
    Root,
    Service,
    User,
)
from garrison.policy.request import AttachedPolicy, Decision, PolicyType, Request, Stack
from garrison.policy.resource import anything
from garrison.policy.statement import Statement
from garrison.policy.variables import Match

Names = Callable[[Principal], Grant]
Rule = tuple[Match, Names | None, Decision]
"""A statement that covers the action: its test of resource and context, whom it names, and what it decides."""

_REMEMBERED_ACTIONS = 1024

SILENT_IDENTITY = Decision(False, "DENY_IMPLICIT_IDENTITY")
SILENT_BOUNDARY = Decision(False, "DENY_IMPLICIT_BOUNDARY")
SILENT_SESSION = Decision(False, "DENY_IMPLICIT_SESSION")
SILENT_ENDPOINT = Decision(False, "DENY_IMPLICIT_VPCE")
SILENT_RESOURCE = Decision(False, "DENY_IMPLICIT_RESOURCE")
SILENT_TRUST = Decision(False, "DENY_IMPLICIT_TRUST")


def evaluate(request: Request, stack: Stack) -> Decision:
    """Decide one request. Whoever decides often keeps the `Plan` of a stack instead."""
    return Plan(stack).evaluate(request)


class Plan:
    """A stack, compiled per action as actions come up. It never grows stale: a changed stack is another stack."""

    __slots__ = ("_rules", "stack")

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._rules: dict[str, Rules] = {}

    def evaluate(self, request: Request) -> Decision:
        """Decide one request against the plan's stack."""
        rules = self._rules.get(request.action) or self._compile(request.action)
        principal, resource, context = request.principal, request.resource, request.context
        for covers, names, denial in rules.denies:
            if covers(resource, context) and (names is None or names(principal)):
                return denial
        for allows, denial in rules.gates:
            if _first(allows, request) is None:
                return denial
        return _JUDGES[type(principal)](rules, request)

    def _compile(self, action: str) -> Rules:
        if len(self._rules) >= _REMEMBERED_ACTIONS:
            self._rules.clear()
        rules = self._rules[action] = Rules(self.stack, action)
        return rules


class Rules:
    """What a stack says about one action."""

    __slots__ = ("boundary", "denies", "gates", "identity", "required", "resource", "session", "silent_resource")

    def __init__(self, stack: Stack, action: str) -> None:
        trust = stack.resource is not None and stack.resource.type is PolicyType.TRUST
        self.denies = tuple(_denies(stack, action))
        self.gates = tuple(_gates(stack, action))
        self.resource = () if stack.resource is None else _allows((stack.resource,), action)
        self.identity = _allows(stack.identity, action)
        self.boundary = None if stack.boundary is None else _allows((stack.boundary,), action)
        self.session = None if stack.session is None else _allows(stack.session, action)
        self.required = stack.resource_required
        self.silent_resource = SILENT_TRUST if trust else SILENT_RESOURCE

    def grant(self, request: Request) -> tuple[Grant, Decision | None]:
        """The most direct grant of the resource's policy to the caller, and the decision it would make."""
        best, by = Grant.NONE, None
        for covers, names, decision in self.resource:
            level = names(request.principal) if names is not None else Grant.DIRECT
            if level > best and covers(request.resource, request.context):
                best, by = level, decision
        return best, by


def _denies(stack: Stack, action: str) -> Iterator[Rule]:
    """Every explicit deny, in the order in which they are reported when several hold."""
    for layer, policies in (("RCP", stack.rcps), ("SCP", stack.scps)):
        for level, attached in enumerate(policies or ()):
            for policy in attached:
                yield from _rules(policy, action, f"DENY_EXPLICIT_{layer}", level=level, allow=False)
    # "If a principal has a permissions boundary, NotPrincipal with Deny always denies it, whatever it lists."
    # (IAM user guide, "AWS JSON policy elements: NotPrincipal")
    bounded = stack.boundary is not None
    for layer, policy in _unlevelled(stack):
        yield from _rules(policy, action, f"DENY_EXPLICIT_{layer}", allow=False, bounded=bounded)


def _unlevelled(stack: Stack) -> Iterator[tuple[str, AttachedPolicy]]:
    if stack.endpoint is not None:
        yield "VPCE", stack.endpoint
    if stack.resource is not None:
        yield "TRUST" if stack.resource.type is PolicyType.TRUST else "RESOURCE", stack.resource
    for policy in stack.identity:
        yield "IDENTITY", policy
    if stack.boundary is not None:
        yield "BOUNDARY", stack.boundary
    for policy in stack.session or ():
        yield "SESSION", policy


def _gates(stack: Stack, action: str) -> Iterator[tuple[Sequence[Rule], Decision]]:
    """Each level that must allow, with the denial if it does not. Levels that always allow are left out."""
    for level, policies in enumerate(stack.scps or ()):
        allows = _allows(policies, action)
        if not any(covers is anything for covers, _, _ in allows):
            yield allows, Decision(False, "DENY_IMPLICIT_SCP", level=level)
    if stack.endpoint is not None:
        yield _allows((stack.endpoint,), action), SILENT_ENDPOINT


def _allows(policies: Iterable[AttachedPolicy], action: str) -> tuple[Rule, ...]:
    return tuple(rule for policy in policies for rule in _rules(policy, action, "ALLOW_IDENTITY", allow=True))


def _rules(
    policy: AttachedPolicy, action: str, code: str, *, allow: bool, level: int | None = None, bounded: bool = False
) -> Iterator[Rule]:
    for statement in policy.document.about(action):
        if statement.allow is allow:
            names = _names(statement, bounded=bounded)
            yield statement.covers, names, Decision(allow, code, policy, statement.index, level)


def _names(statement: Statement, *, bounded: bool) -> Names | None:
    """Whom a statement names; None if that is everyone the policy can speak about."""
    who = statement.principals
    if who is None or (who.everyone and not who.negated) or (who.negated and bounded):
        return None
    return who.grant


def _first(rules: Sequence[Rule], request: Request) -> Decision | None:
    """The decision of the first rule that holds."""
    principal, resource, context = request.principal, request.resource, request.context
    for covers, names, decision in rules:
        if covers(resource, context) and (names is None or names(principal)):
            return decision
    return None


def _within_account(request: Request) -> bool:
    return request.resource_account is None or request.resource_account == request.principal.account


def _iam_principal(rules: Rules, request: Request) -> Decision:
    """A user, a role session, or a federated user."""
    grant, granted = rules.grant(request) if rules.resource else (Grant.NONE, None)
    if rules.required and granted is None:
        return rules.silent_resource
    if granted is not None and _within_account(request):
        if grant is Grant.DIRECT:
            return _because(granted, "ALLOW_RESOURCE_DIRECT")
        if grant is Grant.ENTITY:
            return _limit(rules, request) or _because(granted, "ALLOW_RESOURCE_ENTITY")
    allowed = _first(rules.identity, request)
    if allowed is None and not _issued_by_root(request.principal):
        return SILENT_IDENTITY
    if (limit := _limit(rules, request)) is not None:
        return limit
    if granted is None and not _within_account(request):
        return rules.silent_resource
    return allowed or Decision(True, "ALLOW_IDENTITY")


def _limit(rules: Rules, request: Request) -> Decision | None:
    """The denial of a boundary or session policy that does not allow the request."""
    if rules.boundary is not None and _first(rules.boundary, request) is None:
        return SILENT_BOUNDARY
    if rules.session is not None:
        return None if _first(rules.session, request) is not None else SILENT_SESSION
    # GetFederationToken without a policy gives a session only what resource policies give it.
    return SILENT_SESSION if type(request.principal) is FederatedUser else None


def _issued_by_root(principal: Principal) -> bool:
    """Whether the identity side of a federated user is a root user, who needs no policy."""
    return isinstance(principal, FederatedUser) and principal.issuer_arn.endswith(":root")


def _root(rules: Rules, request: Request) -> Decision:
    """A root user: everything in its own account, unless the resource's policy must say so."""
    granted = rules.grant(request)[1]
    if granted is None:
        free = _within_account(request) and not rules.required
        return Decision(True, "ALLOW_ROOT") if free else rules.silent_resource
    return _because(granted, "ALLOW_RESOURCE_DIRECT" if _within_account(request) else "ALLOW_ROOT")


def _assumed_root(rules: Rules, request: Request) -> Decision:
    """A root session of sts:AssumeRoot: what a root user may do, as far as its task policy goes."""
    decision = _root(rules, request)
    if decision.allowed and (rules.session is None or _first(rules.session, request) is None):
        return SILENT_SESSION
    return decision


def _by_resource_alone(code: str) -> Callable[[Rules, Request], Decision]:
    def judge(rules: Rules, request: Request) -> Decision:
        granted = rules.grant(request)[1]
        return rules.silent_resource if granted is None else _because(granted, code)

    return judge


def _because(granted: Decision, code: str) -> Decision:
    return Decision(True, code, granted.policy, granted.statement)


_JUDGES: dict[type, Callable[[Rules, Request], Decision]] = {
    User: _iam_principal,
    RoleSession: _iam_principal,
    FederatedUser: _iam_principal,
    Root: _root,
    AssumedRoot: _assumed_root,
    Service: _by_resource_alone("ALLOW_SERVICE"),
    Anonymous: _by_resource_alone("ALLOW_ANONYMOUS"),
    Federated: _by_resource_alone("ALLOW_RESOURCE_DIRECT"),
}

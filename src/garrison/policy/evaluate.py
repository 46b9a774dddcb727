"""The decision.

Source: IAM user guide, "Policy evaluation logic". In this order, stopping at the first answer:

1. An explicit deny in any policy that speaks about the request ends it: resource control policies, service control
   policies, VPC endpoint policy, resource policy, identity policies, permissions boundary, session policies.
2. Every level of service control policies must allow, from the organization's root down to the account.
3. The VPC endpoint policy, if the request came through one, must allow.
4. Within one account, a resource policy that names the caller itself allows; one that names the caller's role (or the
   user behind a federated user) allows what boundary and session policies also allow. Grants on a resource speak as
   allowing statements of its policy do.
5. Otherwise an identity policy, the boundary and the session policies must all allow; across accounts, and where the
   resource demands it (role trust, KMS keys), the resource policy must too.

Root users need no identity policy in their own account. Services and anonymous callers have none: the resource policy
decides. Nothing here builds an explanation; that is `garrison.policy.explain`.

    plan = Plan(stack)          # once per principal, until its policies change
    decision = plan.evaluate(request)
"""

from __future__ import annotations

from collections.abc import Callable

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
from garrison.policy.request import Decision, Request, Stack
from garrison.policy.rules import Rules, first

_REMEMBERED_ACTIONS = 1024

SILENT_IDENTITY = Decision(False, "DENY_IMPLICIT_IDENTITY")
SILENT_BOUNDARY = Decision(False, "DENY_IMPLICIT_BOUNDARY")
SILENT_SESSION = Decision(False, "DENY_IMPLICIT_SESSION")


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
        if (denial := first(rules.denies, request)) is not None:
            return denial
        for allows, silence in rules.gates:
            if first(allows, request) is None:
                return silence
        return _JUDGES[type(request.principal)](rules, request)

    def _compile(self, action: str) -> Rules:
        if len(self._rules) >= _REMEMBERED_ACTIONS:
            self._rules.clear()
        rules = self._rules[action] = Rules(self.stack, action)
        return rules


def _within_account(request: Request) -> bool:
    return request.resource_account is None or request.resource_account == request.principal.account


def _iam_principal(rules: Rules, request: Request) -> Decision:
    """A user, a role session, or a federated user."""
    grant, granted = rules.grant(request)
    if rules.required and granted is None:
        return rules.silent_resource
    if granted is not None and _within_account(request):
        if grant is Grant.DIRECT:
            return granted
        if grant is Grant.ENTITY:
            return _limit(rules, request) or _because(granted, "ALLOW_RESOURCE_ENTITY")
    allowed = first(rules.identity, request)
    if allowed is None and not _issued_by_root(request.principal):
        return SILENT_IDENTITY
    if (limit := _limit(rules, request)) is not None:
        return limit
    if granted is None and not _within_account(request):
        return rules.silent_resource
    if granted is not None and granted.code == "ALLOW_GRANT":
        return granted
    return allowed or Decision(True, "ALLOW_IDENTITY")


def _limit(rules: Rules, request: Request) -> Decision | None:
    """The denial of a boundary or session policy that does not allow the request."""
    if rules.boundary is not None and first(rules.boundary, request) is None:
        return SILENT_BOUNDARY
    if rules.session is not None:
        return None if first(rules.session, request) is not None else SILENT_SESSION
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
    if decision.allowed and (rules.session is None or first(rules.session, request) is None):
        return SILENT_SESSION
    return decision


def _by_resource_alone(code: str) -> Callable[[Rules, Request], Decision]:
    def judge(rules: Rules, request: Request) -> Decision:
        granted = rules.grant(request)[1]
        return rules.silent_resource if granted is None else _because(granted, code)

    return judge


def _because(granted: Decision, code: str) -> Decision:
    if granted.code == "ALLOW_GRANT":
        return granted
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

"""Why: every layer, policy, statement and condition of a decision, with what was wanted and what was there.

`explain` looks at everything, also at what the decision never got to, so that "what else would deny this?" has an
answer. It is made of the same compiled tests as the decision. Plain data: `msgspec.json.encode` gives its JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from garrison.policy.evaluate import evaluate
from garrison.policy.glob import matches
from garrison.policy.grant import Grant, entry_grant
from garrison.policy.principal import AssumedRoot, FederatedUser, Principal, RoleSession, Root, User
from garrison.policy.request import AttachedPolicy, Context, PolicyType, Request, Stack
from garrison.policy.resource import compile_resource
from garrison.policy.rules import Rules
from garrison.policy.statement import Condition, Statement
from garrison.policy.variables import Variable, template, value_of

_CODES = {
    PolicyType.RESOURCE: "RESOURCE",
    PolicyType.TRUST: "TRUST",
    PolicyType.GRANT: "GRANT",
    PolicyType.IDENTITY: "IDENTITY",
    PolicyType.BOUNDARY: "BOUNDARY",
    PolicyType.SESSION: "SESSION",
}


class ElementTrace(msgspec.Struct, frozen=True):
    """`Action`, `NotAction`, `Resource`, `NotResource`, `Principal` or `NotPrincipal` of one statement."""

    element: str
    matched: bool
    """Whether the element lets the statement apply (for a `Not...` element: whether nothing in it fits)."""
    values: tuple[str, ...]
    """As written."""
    fitting: tuple[str, ...]
    """Those of them that fit the request."""
    line: int


class ConditionTrace(msgspec.Struct, frozen=True):
    """One operator and key."""

    operator: str
    key: str
    matched: bool
    wanted: tuple[str, ...]
    """As written, variables and all."""
    resolved: tuple[str, ...]
    """The same with variables replaced; a value with an unresolvable variable is left as written."""
    actual: tuple[str, ...] | None
    """What the request carried; None: the key was absent."""
    line: int


class StatementTrace(msgspec.Struct, frozen=True):
    """One statement. It applies if all of its elements and conditions matched."""

    index: int
    sid: str | None
    effect: str
    applies: bool
    line: int
    end_line: int
    elements: tuple[ElementTrace, ...]
    conditions: tuple[ConditionTrace, ...]
    grant: str | None = None
    """For resource policies: how directly an applying statement names the caller (`account`, `entity`, `direct`)."""


class PolicyTrace(msgspec.Struct, frozen=True):
    """One policy. `verdict` is `denies`, `allows` or `silent`."""

    name: str
    arn: str | None
    attached_to: str | None
    verdict: str
    statements: tuple[StatementTrace, ...]


class LayerTrace(msgspec.Struct, frozen=True):
    """One layer, or one level of service or resource control policies."""

    type: PolicyType
    level: int | None
    """Counted from the organization root; None for layers without levels."""
    verdict: str
    """`denies`, `allows` or `silent`."""
    code: str | None
    """The reason code this layer gives, or would have given, for a denial; None if it does not deny."""
    policies: tuple[PolicyTrace, ...]


class Deciding(msgspec.Struct, frozen=True):
    """The statement that decided."""

    policy: str
    arn: str | None
    type: PolicyType
    statement: int
    sid: str | None
    line: int
    end_line: int


class Explanation(msgspec.Struct, frozen=True):
    """The whole tree of one decision."""

    allowed: bool
    code: str
    principal: Principal
    action: str
    resource: str
    resource_account: str | None
    context: dict[str, str | tuple[str, ...]]
    layers: tuple[LayerTrace, ...]
    decided_by: Deciding | None = None
    """None when the absence of a statement decided, or the root user's own right."""
    level: int | None = None
    also: tuple[str, ...] = ()
    """For a denial: codes of the other layers that deny as well, in order."""


def explain(request: Request, stack: Stack) -> Explanation:
    """Decide and tell everything that bears on it. Many times slower than `evaluate`; never on the way of a call."""
    decision = evaluate(request, stack)
    layers = tuple(_layers(request, stack))
    deciding = None
    if decision.policy is not None and decision.statement is not None:
        statement = decision.policy.document.statements[decision.statement]
        deciding = Deciding(
            decision.policy.name,
            decision.policy.arn,
            decision.policy.type,
            statement.index,
            statement.sid,
            statement.span.line,
            statement.span.end_line,
        )
    denying = () if decision.allowed else tuple(layer.code for layer in layers if layer.code is not None)
    return Explanation(
        allowed=decision.allowed,
        code=decision.code,
        principal=request.principal,
        action=request.action,
        resource=request.resource,
        resource_account=request.resource_account,
        context=dict(request.context),
        layers=layers,
        decided_by=deciding,
        level=decision.level,
        also=tuple(code for code in dict.fromkeys(denying) if code != decision.code),
    )


def _layers(request: Request, stack: Stack) -> Iterator[LayerTrace]:
    bounded = stack.boundary is not None
    needed = _needed(request, stack)
    for level, policies in enumerate(stack.rcps or ()):
        # RCPFullAWSAccess is attached everywhere and cannot be detached: a resource control policy only ever denies.
        yield _layer(request, PolicyType.RCP, "RCP", policies, level=level, needed=False)
    for level, policies in enumerate(stack.scps or ()):
        yield _layer(request, PolicyType.SCP, "SCP", policies, level=level)
    if stack.endpoint is not None:
        yield _layer(request, PolicyType.VPCE, "VPCE", [stack.endpoint], bounded=bounded)
    of_resource = PolicyType.RESOURCE if stack.resource is None else stack.resource.type
    for type_, policies in (
        (of_resource, [] if stack.resource is None else [stack.resource]),
        (PolicyType.GRANT, stack.grants),
        (PolicyType.IDENTITY, stack.identity),
        (PolicyType.BOUNDARY, [] if stack.boundary is None else [stack.boundary]),
        (PolicyType.SESSION, stack.session or ()),
    ):
        code = _CODES[type_]
        if policies or code in needed:
            yield _layer(request, type_, code, policies, bounded=bounded, needed=code in needed)


def _needed(request: Request, stack: Stack) -> set[str]:
    """The layers below the organization's that must allow this request: `evaluate`'s rules 4 and 5, as a set."""
    principal = request.principal
    resource = "RESOURCE" if stack.resource is None else _CODES[stack.resource.type]
    within = request.resource_account is None or request.resource_account == principal.account
    resource_side = {resource} if stack.resource_required or not within else set()
    match principal:
        case Root():
            return resource_side
        case AssumedRoot():
            return resource_side | {"SESSION"}
        case User() | RoleSession() | FederatedUser():
            pass
        case _:
            return {resource}
    own_side = set() if stack.boundary is None else {"BOUNDARY"}
    if stack.session is not None or isinstance(principal, FederatedUser):
        own_side.add("SESSION")
    grant = Rules(stack, request.action).grant(request)[0]
    if within and grant is Grant.DIRECT:
        return set()
    if within and grant is Grant.ENTITY:
        return own_side
    if not (isinstance(principal, FederatedUser) and principal.issuer_arn.endswith(":root")):
        own_side.add("IDENTITY")
    return own_side | resource_side


def _layer(
    request: Request,
    type_: PolicyType,
    code: str,
    policies: Sequence[AttachedPolicy],
    *,
    level: int | None = None,
    bounded: bool = False,
    needed: bool = True,
) -> LayerTrace:
    traces = tuple(_policy(request, policy, bounded=bounded) for policy in policies)
    verdict = _verdict(trace.verdict for trace in traces)
    reason = None
    if verdict == "denies":
        reason = f"DENY_EXPLICIT_{code}"
    elif verdict == "silent" and needed:
        reason = f"DENY_IMPLICIT_{code}"
    return LayerTrace(type_, level, verdict, reason, traces)


def _policy(request: Request, policy: AttachedPolicy, *, bounded: bool) -> PolicyTrace:
    variables = policy.document.variables
    traces = tuple(
        _statement(request, statement, bounded=bounded, variables=variables) for statement in policy.document.statements
    )
    verdict = _verdict("denies" if trace.effect == "Deny" else "allows" for trace in traces if trace.applies)
    return PolicyTrace(policy.name, policy.arn, policy.attached_to, verdict, traces)


def _verdict(voices: Iterable[str]) -> str:
    heard = set(voices)
    return "denies" if "denies" in heard else "allows" if "allows" in heard else "silent"


def _statement(request: Request, statement: Statement, *, bounded: bool, variables: bool) -> StatementTrace:
    elements = tuple(_elements(request, statement, bounded=bounded, variables=variables))
    conditions = tuple(_condition(condition, request.context, variables) for condition in statement.conditions)
    applies = all(element.matched for element in elements) and all(test.matched for test in conditions)
    grant = None
    if applies and statement.allow and statement.principals is not None:
        grant = statement.principals.grant(request.principal).name.lower()
    return StatementTrace(
        index=statement.index,
        sid=statement.sid,
        effect="Allow" if statement.allow else "Deny",
        applies=applies,
        line=statement.span.line,
        end_line=statement.span.end_line,
        elements=elements,
        conditions=conditions,
        grant=grant,
    )


def _elements(request: Request, statement: Statement, *, bounded: bool, variables: bool) -> Iterator[ElementTrace]:
    action = request.action.lower()
    for element, values in statement.values.items():
        if element.endswith("Action"):
            matched = statement.action(action)
            fitting = [value for value in values if matches(value.lower(), action)]
        elif element.endswith("Resource"):
            matched = statement.resource(request.resource, request.context)
            fitting = [
                value
                for value in values
                if compile_resource(value, variables=variables)(request.resource, request.context)
            ]
        else:
            who = statement.principals
            assert who is not None
            always = bounded and who.negated and not statement.allow
            matched = always or who.grant(request.principal) is not Grant.NONE
            fitting = [value for value in values if entry_grant(value, request.principal) is not Grant.NONE]
        yield ElementTrace(element, matched, values, tuple(fitting), statement.elements[element].line)


def _condition(condition: Condition, context: Context, variables: bool) -> ConditionTrace:
    actual = context.get(condition.key.lower())
    return ConditionTrace(
        operator=condition.operator,
        key=condition.key,
        matched=condition.test(context),
        wanted=condition.values,
        resolved=tuple(_resolved(value, context, variables) for value in condition.values),
        actual=(actual,) if isinstance(actual, str) else actual,
        line=condition.span.line,
    )


def _resolved(value: str, context: Context, variables: bool) -> str:
    parts: list[str] = []
    for part in template(value, variables=variables, wildcards=False):
        text = value_of(part, context) if isinstance(part, Variable) else str(part)
        if text is None:
            return value
        parts.append(text)
    return "".join(parts)

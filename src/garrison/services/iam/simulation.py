"""The simulator's decision: what the policy engine says of a stack made up for the occasion, told the way AWS tells it.

The same engine as enforcement decides. What is added here is what the simulator's answer names: the statements that
matched and where they stand, the keys nobody supplied, and what each kind of policy had to say.
Source: IAM API reference, EvaluationResult and ResourceSpecificResult; positions and the names of policies and their
types from answers of AWS found in public.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from garrison.aws.arn import Arn
from garrison.aws.reference import data
from garrison.policy.document import Document
from garrison.policy.evaluate import Plan
from garrison.policy.glob import matches
from garrison.policy.grant import Grant
from garrison.policy.lint.overlap import could_fit
from garrison.policy.principal import Principal
from garrison.policy.reader import Span
from garrison.policy.request import AttachedPolicy, Context, PolicyType, Request, Stack
from garrison.policy.statement import Statement
from garrison.services.iam.context_keys import condition_keys, distinct, resource_variables, variables

SOURCE_TYPES = {
    PolicyType.IDENTITY: "IAM Policy",
    PolicyType.RESOURCE: "Resource Policy",
    PolicyType.BOUNDARY: "Permissions Boundary Policy",
}
"""What stands in `SourcePolicyType`, and for cross-account simulations in `EvalDecisionDetails`. On the wire it is not
what the model's enumeration lists. `Resource Policy` follows the pattern of the others; it is a guess."""

_SEVERITY = ("allowed", "implicitDeny", "explicitDeny")


class Simulation(msgspec.Struct, frozen=True, eq=False):
    """One simulation, but for action and resource."""

    principal: Principal
    stack: Stack
    context: Context
    owner: str | None = None
    """Account of resources whose ARN does not say; None: the principal's own."""
    foreign: bool = True
    """Whether an ARN's own account counts. Without a caller there is no account for it to differ from."""
    in_organization: bool = False


class Result(msgspec.Struct, frozen=True, eq=False):
    """The decision on one resource."""

    decision: str
    statements: tuple[tuple[AttachedPolicy, Statement], ...]
    missing: tuple[str, ...]
    by_type: dict[str, str]
    """Decision of each kind of policy alone; empty within one account."""
    by_organization: bool
    by_boundary: bool | None


def simulate(one: Simulation, plan: Plan, action: str, resource: str) -> Result:
    """Decide one action on one resource."""
    stack = plan.stack
    request = Request(one.principal, action, resource, _account(one, action, resource), one.context)
    decision = plan.evaluate(request)
    verdict = "allowed" if decision.allowed else "explicitDeny" if "EXPLICIT" in decision.code else "implicitDeny"
    policies = [*stack.identity]
    policies += [policy for policy in (stack.resource, stack.boundary) if policy is not None]
    by_organization = not decision.code.endswith("_SCP")
    found: list[tuple[AttachedPolicy, Statement]] = []
    if verdict != "implicitDeny" and by_organization:
        for policy in policies:
            limits = policy.type is PolicyType.BOUNDARY
            found += [
                (policy, s) for s in applying(policy, request, allow=decision.allowed) if not (limits and s.allow)
            ]
    crosses = request.resource_account not in (None, one.principal.account)
    by_type: dict[str, str] = {}
    if crosses and by_organization:
        by_type[SOURCE_TYPES[PolicyType.IDENTITY]] = alone(stack.identity, request)
        by_type[SOURCE_TYPES[PolicyType.RESOURCE]] = alone(_some(stack.resource), request)
        if stack.boundary is not None:
            by_type[SOURCE_TYPES[PolicyType.BOUNDARY]] = alone(_some(stack.boundary), request)
    return Result(
        decision=verdict,
        statements=tuple(found),
        missing=tuple(distinct(_missing(policies, request))),
        by_type=by_type,
        by_organization=by_organization,
        by_boundary=None if stack.boundary is None else alone(_some(stack.boundary), request) == "allowed",
    )


def evaluation(one: Simulation, action: str, resources: Sequence[str]) -> dict[str, Any]:
    """One `EvaluationResult`: the action on all resources together, and on each."""
    plan = Plan(_stack_for(one.stack, action))
    results = [(resource, simulate(one, plan, action, resource)) for resource in resources]
    everything = list(resources) == ["*"]
    worst = max((result.decision for _, result in results), key=_SEVERITY.index)
    deciding = [result for _, result in results if result.decision == worst]
    answer: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": "*" if everything else template_of(action, resources[0]),
        "EvalDecision": worst,
        "MatchedStatements": _shown(pair for result in deciding for pair in result.statements),
        "MissingContextValues": distinct(key for _, result in results for key in result.missing),
    }
    if one.in_organization:
        answer["OrganizationsDecisionDetail"] = {
            "AllowedByOrganizations": all(result.by_organization for _, result in results)
        }
    if results[0][1].by_boundary is not None:
        allowed = all(result.by_boundary for _, result in results)
        answer["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    if not everything:
        if all(result.by_organization for _, result in results):
            answer["EvalDecisionDetails"] = _most_restrictive(result.by_type for _, result in results)
        answer["ResourceSpecificResults"] = [_specific(resource, result) for resource, result in results]
    return answer


def template_of(action: str, resource: str) -> str:
    """The ARN template of the kind of resource an action was simulated on, or `*`."""
    prefix, _, name = action.lower().partition(":")
    known = data.service(prefix)
    declared = None if known is None else known.actions.get(name)
    if known is None or declared is None:
        return "*"
    templates = [
        known.resource_types[use.name.lower()].arn
        for use in declared.resource_types
        if use.name.lower() in known.resource_types
    ]
    fitting = [template for template in templates if could_fit(resource, template)]
    return (fitting or templates or ["*"])[0]


def applying(policy: AttachedPolicy, request: Request, *, allow: bool) -> Iterator[Statement]:
    """The statements of a policy that allow (or deny) the request."""
    about = policy.document.about(request.action)
    for statement in about.allows if allow else about.denies:
        who = statement.principals
        if statement.covers(request.resource, request.context) and (
            who is None or who.grant(request.principal) is not Grant.NONE
        ):
            yield statement


def alone(policies: Iterable[AttachedPolicy], request: Request) -> str:
    """What some policies would decide if there were no others."""
    policies = tuple(policies)
    for allow, verdict in ((False, "explicitDeny"), (True, "allowed")):
        if any(True for policy in policies for _ in applying(policy, request, allow=allow)):
            return verdict
    return "implicitDeny"


def _some(policy: AttachedPolicy | None) -> tuple[AttachedPolicy, ...]:
    return () if policy is None else (policy,)


def _stack_for(stack: Stack, action: str) -> Stack:
    if _assumes(action):
        return msgspec.structs.replace(stack, resource=None, resource_required=False)
    return stack


def _assumes(action: str) -> bool:
    """Trust policies are taken and not looked at: the simulator decides these by the caller's own policies alone.

    Source: issue 10314 of the AWS CLI, recorded answers.
    """
    return action.lower().startswith("sts:assume")


def _account(one: Simulation, action: str, resource: str) -> str | None:
    if _assumes(action):
        return None
    if not one.foreign or resource == "*":
        return one.owner
    arn = Arn.parse(resource)
    return (arn.account if arn is not None and arn.account not in ("", "aws") else None) or one.owner


def _missing(policies: Iterable[AttachedPolicy], request: Request) -> Iterator[str]:
    """Keys that statements about this action and resource ask for, and nobody supplied."""
    context = request.context
    for policy in policies:
        with_variables = policy.document.variables
        about = policy.document.about(request.action)
        for statement in sorted((*about.denies, *about.allows), key=lambda one: one.index):
            if not statement.conditions and not with_variables:
                continue
            if not _may_cover(policy.document, statement, request):
                continue
            wanted = list(condition_keys(statement, with_variables=with_variables, required=True))
            if with_variables:
                wanted = [*resource_variables(statement, required=True), *wanted]
            for key in wanted:
                if key.lower() not in context:
                    yield key


def _may_cover(document: Document, statement: Statement, request: Request) -> bool:
    """Whether the statement covers the resource, or would if the variables it names were known."""
    if statement.resource(request.resource, request.context):
        return True
    values = statement.values.get("Resource", ())
    if not document.variables:
        return False
    return any(
        any(key.lower() not in request.context for key in variables([value]))
        and matches(_starred(value), request.resource)
        for value in values
    )


def _starred(value: str) -> str:
    """A resource pattern with every variable taken for any text."""
    out, rest = "", value
    while (start := rest.find("${")) >= 0 and (end := rest.find("}", start)) >= 0:
        out, rest = out + rest[:start] + "*", rest[end + 1 :]
    return out + rest


def _most_restrictive(each: Iterable[dict[str, str]]) -> dict[str, str]:
    worst: dict[str, str] = {}
    for by_type in each:
        for kind, verdict in by_type.items():
            worst[kind] = max(worst.get(kind, "allowed"), verdict, key=_SEVERITY.index)
    return worst


def _specific(resource: str, result: Result) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "EvalResourceName": resource,
        "EvalResourceDecision": result.decision,
        "MatchedStatements": _shown(result.statements),
        "MissingContextValues": list(result.missing),
    }
    if result.by_type:
        answer["EvalDecisionDetails"] = result.by_type
    if result.by_boundary is not None:
        answer["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": result.by_boundary}
    return answer


def _shown(found: Iterable[tuple[AttachedPolicy, Statement]]) -> list[dict[str, Any]]:
    answer: dict[tuple[str, str, int], dict[str, Any]] = {}
    for policy, statement in found:
        key = (policy.name, policy.attached_to or "", statement.index)
        if key not in answer:
            answer[key] = {
                "SourcePolicyId": policy.name,
                "SourcePolicyType": SOURCE_TYPES[policy.type],
                **_position(policy.document.text, statement.span),
            }
    return list(answer.values())


@lru_cache(maxsize=1024)
def _position(text: str, span: Span) -> dict[str, Any]:
    """From behind the `[` or `,` before the statement to behind its `}`, as AWS counts it."""
    lines = text.split("\n")
    line, column = span.line - 1, span.column - 1
    while line >= 0:
        before = lines[line][:column].rstrip()
        if before:
            column = len(before)
            break
        line -= 1
        column = len(lines[line])
    return {
        "StartPosition": {"Line": line + 1, "Column": column + 1},
        "EndPosition": {"Line": span.end_line, "Column": span.end_column + 1},
    }

"""May this call go on? Everything it means must be allowed, and the first denial is the one reported.

The steps: the principal behind the credentials still exists; this kind of credentials may make this call; the service
reference says which checks the call means (unknown: refused); for each check the resource's facts, the principal's plan
and the context make one question to the policy engine.
"""

from __future__ import annotations

from collections.abc import Sequence

from garrison.access import organization
from garrison.access.asked import Asked
from garrison.access.call import Call
from garrison.access.context import of_request, of_resource
from garrison.access.limits import barred, invalid_token, unauthorized
from garrison.access.organization import Membership
from garrison.access.plan import IAM_EPOCH, Plan, plan
from garrison.access.resources import Facts, facts
from garrison.access.sessions import with_inherited
from garrison.aws.errors import AwsError
from garrison.aws.reference import MARKER, Check, Malformed, Unmapped, resolve
from garrison.aws.reference.data import rcp_services
from garrison.policy.denial import denial_message
from garrison.policy.evaluate import Plan as EnginePlan
from garrison.policy.principal import Anonymous, Federated, RoleSession
from garrison.policy.request import Context, Decision, Request
from garrison.store import Reader

_NO_AUTHORIZATION = Decision(allowed=True, code="ALLOW_NO_AUTHZ")
_CREDENTIAL_TYPE = Decision(allowed=False, code="DENY_CREDENTIAL_TYPE")
_UNMAPPED = Decision(allowed=False, code="DENY_UNMAPPED")
_NO_TRUST = Decision(allowed=False, code="DENY_IMPLICIT_TRUST")
_FOREIGN_ROLE = Decision(allowed=False, code="DENY_FOREIGN_ROLE")


BAD_ARN = {
    "sts": ("ValidationError", "{} is invalid"),
    "iam": ("InvalidInput", "ARN {} is not valid."),
    "kms": ("InvalidArnException", "Invalid arn {}"),
}
"""What a service answers to a parameter that is no ARN it can act on, whoever asks. Texts known from practice."""


def authorize(call: Call, reader: Reader) -> None:
    """Decide the call. Returns if it may go on; raises `AwsError` if not.

    Sets `call.decision`, `call.context`, `call.checks` and `call.epochs`. In permissive mode a denial is recorded in
    `call.let_through` (and the decision) instead of being raised; credentials of nobody are refused even then.
    """
    caller = call.caller
    call.checks = []
    call.let_through = None
    mine = plan(call.runtime, reader, caller)
    call.epochs = mine.rests_on
    call.context = context = of_request(call, mine.context)
    if not mine.exists:
        raise invalid_token()
    bar = barred(call)
    if bar is not None:
        _deny(call, _CREDENTIAL_TYPE, bar)
        return
    try:
        checks: Sequence[Check] = resolved(call) if call.means is None else call.means
    except Unmapped as e:
        _refuse_bad_arn(call, e)
        _deny(call, _UNMAPPED, unauthorized(call, f"{call.service}:{call.operation}"))
        return
    if call.service == "sts":
        checks = with_inherited(call, checks)
    if not checks:
        # Who needs no permission still has to be somebody.
        if isinstance(caller.principal, Anonymous):
            _deny(call, _UNMAPPED, unauthorized(call, f"{call.service}:{call.operation}"))
        else:
            call.decision = _NO_AUTHORIZATION
        return
    for check in checks:
        found = facts(reader, call, check)
        if found.refusal is not None:
            raise found.refusal
        _rest_on(call, reader, found)
        question, engine = ask(call, reader, mine, check, found, context)
        decision = judge(question, engine, check, found)
        if not decision.allowed and (given := granted(mine, engine, found, decision, question)) is not None:
            decision = judge(question, given, check, found)
        call.decision = decision
        call.checks.append(_asked(question, decision, check, found, context))
        if not decision.allowed:
            _deny(call, decision, found.denied or _denial(call, reader, mine, decision, question))
            return


def resolved(call: Call) -> list[Check]:
    """What must be allowed for a call to go on. Raises `Unmapped`."""
    return resolve(
        call.service,
        call.operation,
        call.params,
        account=call.account,
        region=call.region,
        partition=call.partition,
    )


def _refuse_bad_arn(call: Call, unmapped: Unmapped) -> None:
    value = unmapped.value if isinstance(unmapped, Malformed) else call.params.get("RoleArn", "arn:")
    if call.service in BAD_ARN and (isinstance(unmapped, Malformed) or not value.startswith("arn:")):
        code, text = BAD_ARN[call.service]
        raise AwsError(code, text.format(value), status=400) from None


def ask(
    call: Call, reader: Reader, mine: Plan, check: Check, found: Facts, context: Context
) -> tuple[Request, EnginePlan]:
    """The question one check puts to the policy engine, and the engine's plan of every policy that speaks about it."""
    member = None if found.account is None else organization.membership(call.runtime, reader, found.account)
    question = Request(
        principal=call.caller.principal,
        action=check.action,
        resource=found.arn,
        # A side check is a matter of the caller's account alone; `judge` sees to whose the resource is.
        resource_account=call.caller.account if check.side else found.account,
        context={**context, **of_resource(found, member), **check.context, **found.settled},
    )
    if check.side:
        return question, mine.own
    return question, mine.towards(found, rcps_for(question, member, found))


def judge(question: Request, engine: EnginePlan, check: Check, found: Facts) -> Decision:
    """The engine's decision, and the two rules that are not about policies the engine was shown."""
    if MARKER in found.arn:
        return _UNMAPPED
    decision = engine.evaluate(question)
    if check.side:
        # "Cross-account pass role is not allowed": a role passes only to services of its own account.
        if decision.allowed and found.account is not None and found.account != question.principal.account:
            return _FOREIGN_ROLE
    elif (
        found.policy is None
        and not found.trusts_account
        and check.action.startswith("sts:")
        and not decision.code.startswith("DENY_EXPLICIT")
    ):
        # A role that is not there trusts nobody, and must look like one that is there and does not trust the caller.
        return _NO_TRUST
    return decision


def granted(mine: Plan, engine: EnginePlan, found: Facts, decision: Decision, question: Request) -> EnginePlan | None:
    """The plan with the grants that speak for the caller, to ask again where nothing else allowed; None without any."""
    if found.grants is None or not decision.code.startswith("DENY_IMPLICIT"):
        return None
    grants = found.grants(question)
    return mine.with_grants(engine, grants) if grants else None


def rcps_for(question: Request, member: Membership | None, found: Facts | None = None) -> organization.Levels | None:
    """The resource control policies that limit a request to a resource of that member account.

    Source: Organizations user guide, "Resource control policies": the services they reach, and what they never limit.
    """
    if member is None or member.rcps is None or member.management:
        return None
    if found is not None and found.beyond_rcps:
        return None
    if question.action.partition(":")[0] not in rcp_services() or question.action == "kms:RetireGrant":
        return None
    principal = question.principal
    if isinstance(principal, RoleSession) and principal.service_linked:
        return None
    return member.rcps


def _rest_on(call: Call, reader: Reader, found: Facts) -> None:
    """A decision about another account's resource rests on that account's policies too."""
    account = found.account
    if account is None or account == "aws":
        return
    for domain in (IAM_EPOCH,) if found.epoch is None else (IAM_EPOCH, found.epoch):
        if not any(d == domain and a == account for d, a, _ in call.epochs):
            call.epochs = (*call.epochs, (domain, account, reader.epoch(domain, account)))


def still_stands(call: Call, reader: Reader) -> bool:
    """Whether nothing the decision rests on has changed: asked by a write inside its transaction."""
    return all(reader.epoch(domain, account) == n for domain, account, n in call.epochs)


def _denial(call: Call, reader: Reader, mine: Plan, decision: Decision, question: Request) -> AwsError:
    if decision is _FOREIGN_ROLE:
        return AwsError("AccessDenied", "Cross-account pass role is not allowed.", status=403)
    if decision is _UNMAPPED:
        return unauthorized(call, question.action)
    if isinstance(question.principal, Federated):
        # All that AWS tells somebody who has no credentials yet.
        return AwsError("AccessDenied", f"Not authorized to perform {question.action}", status=403)
    sentence = denial_message(
        decision,
        call.caller.principal.arn,
        question.action,
        question.resource,
        _same_side(call, reader, mine, question),
    )
    return AwsError("AccessDenied", sentence, status=403)


def _same_side(call: Call, reader: Reader, mine: Plan, question: Request) -> bool:
    """Whether caller and resource share an account or an organization, so that the reason may be told."""
    owner = question.resource_account
    if owner is None or owner == question.principal.account:
        return True
    theirs = organization.membership(call.runtime, reader, owner)
    return mine.member is not None and theirs is not None and mine.member.id == theirs.id


def _deny(call: Call, decision: Decision, error: AwsError) -> None:
    call.decision = decision
    if not call.runtime.permissive:
        raise error
    call.let_through = error


def _asked(question: Request, decision: Decision, check: Check, found: Facts, context: Context) -> Asked:
    policy = decision.policy
    kept = found.policy if found.elsewhere and (not decision.allowed or policy is found.policy) else None
    return Asked(
        resource_policy=None if kept is None else kept.document.text,
        action=question.action,
        resource=question.resource,
        resource_account=question.resource_account,
        allowed=decision.allowed,
        code=decision.code,
        side=check.side,
        context={k: v for k, v in question.context.items() if context.get(k) is not v},
        policy=None if policy is None else policy.name,
        policy_arn=None if policy is None else policy.arn,
        statement=decision.statement,
        level=decision.level,
    )

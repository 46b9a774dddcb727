"""What would be decided: the same gathering and the same engine as enforcement, for a call nobody made.

The principal is named by ARN: a user, a role (as any session of it), a role's session, or an account's root user.
"""

from __future__ import annotations

from collections.abc import Mapping

from garrison.access import organization
from garrison.access.authorize import granted, rcps_for
from garrison.access.call import Call, HttpRequest
from garrison.access.caller import Caller
from garrison.access.context import of_request, of_resource
from garrison.access.plan import gather
from garrison.access.principals import principals
from garrison.access.resources import facts
from garrison.access.runtime import Runtime
from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError
from garrison.aws.reference import Check
from garrison.policy.explain import Explanation, explain
from garrison.policy.principal import Principal, Root
from garrison.policy.request import ContextValue, Request
from garrison.store import Reader


def principal_of(reader: Reader, text: str) -> Principal:
    """The principal an ARN names. Raises `AwsError` (`NoSuchEntity`, `InvalidInput`)."""
    arn = Arn.parse(text)
    if arn is None or arn.service not in ("iam", "sts") or not arn.account:
        raise AwsError("InvalidInput", f"{text} is not the ARN of a user, role, role session or root user.", status=400)
    if arn.service == "iam" and arn.resource == "root":
        return Root(arn.account, arn.partition)
    found = principals().find(reader, text)
    if found is None:
        raise AwsError("NoSuchEntity", f"There is no {text}.", status=404)
    return found


def simulate(
    runtime: Runtime,
    reader: Reader,
    principal: Principal,
    action: str,
    resource: str,
    context: Mapping[str, ContextValue],
    *,
    region: str | None = None,
) -> Explanation:
    """Decide (and explain) `action` on `resource` for `principal`; `context` wins over what Garrison would supply."""
    call = Call(
        service=action.partition(":")[0],
        operation=action.partition(":")[2],
        params={},
        caller=Caller(principal),
        account=principal.account or runtime.first_account,
        region=region or runtime.region,
        partition=runtime.partition,
        request=HttpRequest("POST", "/", "", (), b"", "127.0.0.1", secure=True),
        request_id="",
        now=runtime.clock.now(),
        runtime=runtime,
    )
    return decide(reader, call, action, resource, context)


def decide(reader: Reader, call: Call, action: str, resource: str, context: Mapping[str, ContextValue]) -> Explanation:
    """Decide (and explain) what the caller of a call might do beside it, with the credentials it was made with."""
    mine = gather(call.runtime, reader, call.caller)
    found = facts(reader, call, Check(action, resource))
    member = None if found.account is None else organization.membership(call.runtime, reader, found.account)
    supplied = {**of_request(call, mine.context), **of_resource(found, member)}
    question = Request(
        principal=call.caller.principal,
        action=action,
        resource=found.arn,
        resource_account=found.account,
        context={**supplied, **{k.lower(): v for k, v in context.items()}},
    )
    engine = mine.towards(found, rcps_for(question, member, found))
    given = granted(mine, engine, found, engine.evaluate(question), question)
    return explain(question, (given or engine).stack)

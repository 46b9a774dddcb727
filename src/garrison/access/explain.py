"""Why a recorded call was decided as it was: the whole tree, against the policies as they are now.

The question is the recorded one (caller, action, resource, context); the policies are today's. `moved` says whether
anything that decides has changed since, and `still` whether the answer has.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from garrison.access import organization
from garrison.access.asked import Asked
from garrison.access.authorize import granted, rcps_for
from garrison.access.call import Call, HttpRequest
from garrison.access.limits import barred
from garrison.access.plan import Plan, gather
from garrison.access.recorded import Recorded
from garrison.access.resources import facts
from garrison.access.runtime import Runtime
from garrison.aws.reference import Check
from garrison.policy.document import Document
from garrison.policy.explain import Explanation, explain
from garrison.policy.render import render
from garrison.policy.request import AttachedPolicy, ContextValue, PolicyType, Request
from garrison.store import Reader


class CheckExplained(msgspec.Struct, frozen=True):
    """One check of a call: what was decided then, and the tree of the same question now."""

    then: str
    """The reason code at the time."""
    side: bool
    exists: bool
    """Whether the resource is there now, as far as its service says; True for side checks."""
    still: bool
    """Whether the answer is the same now."""
    explanation: Explanation


class CallExplained(msgspec.Struct, frozen=True):
    """A recorded call and why."""

    allowed: bool
    code: str
    service: str
    operation: str
    caller: str
    """ARN."""
    time: float
    moved: bool
    """Policies, principals or organization have changed since: today's tree may not be the one that decided."""
    exists: bool
    """Whether the caller's user or role is still there."""
    let_through: bool
    note: str | None
    """What decided, where no policy did."""
    checks: tuple[CheckExplained, ...]


_NOTES = {
    "ALLOW_NO_AUTHZ": "the operation needs no permission",
    "DENY_CREDENTIAL_TYPE": "this kind of credentials cannot make this call, whatever policies say",
    "DENY_UNMAPPED": "it is not known what this call does, so it is refused",
    "DENY_FOREIGN_ROLE": "a role can be passed only within its own account",
}


def explain_entry(runtime: Runtime, reader: Reader, entry: Recorded) -> CallExplained:
    """Explain a recorded call."""
    mine = gather(runtime, reader, entry.caller)
    call = _call(runtime, entry)
    note = _NOTES.get(entry.code)
    if entry.code == "DENY_CREDENTIAL_TYPE" and (bar := barred(call)) is not None:
        note = f"{note}: {bar.message}"
    return CallExplained(
        allowed=entry.allowed,
        code=entry.code,
        service=entry.service,
        operation=entry.operation,
        caller=entry.caller.principal.arn,
        time=entry.time,
        moved=any(reader.epoch(domain, account) != n for domain, account, n in entry.epochs),
        exists=mine.exists,
        let_through=entry.let_through,
        note=note,
        checks=tuple(_explained(runtime, reader, entry, call, mine, asked) for asked in entry.checks),
    )


def _explained(
    runtime: Runtime, reader: Reader, entry: Recorded, call: Call, mine: Plan, asked: Asked
) -> CheckExplained:
    context: dict[str, ContextValue] = {**entry.context, **asked.context}
    question = Request(
        principal=entry.caller.principal,
        action=asked.action,
        resource=asked.resource,
        resource_account=asked.resource_account,
        context=context,
    )
    if asked.side:
        explanation = explain(question, mine.own.stack)
        return CheckExplained(asked.code, True, True, asked.code == explanation.code, explanation)
    found = facts(reader, call, Check(asked.action, asked.resource))
    if asked.resource_policy is not None:
        # What somebody else keeps is not asked for again: it is judged as it was then.
        document = Document.parse(asked.resource_policy, PolicyType.RESOURCE)
        policy = AttachedPolicy(document, PolicyType.RESOURCE, "policy of the resource", attached_to=asked.resource)
        found = msgspec.structs.replace(found, exists=True, policy=policy)
    account = asked.resource_account
    member = None if account is None else organization.membership(runtime, reader, account)
    engine = mine.towards(found, rcps_for(question, member, found))
    given = granted(mine, engine, found, engine.evaluate(question), question)
    explanation = explain(question, (given or engine).stack)
    # For a role that is not there the decision speaks of the trust policy it has not.
    still = explanation.code == asked.code or (not found.exists and not explanation.allowed and not asked.allowed)
    return CheckExplained(asked.code, False, found.exists, still, explanation)


def _call(runtime: Runtime, entry: Recorded) -> Call:
    """The call as far as it is remembered: enough for who looks up the facts of its resources."""
    return Call(
        service=entry.service,
        operation=entry.operation,
        params={},
        caller=entry.caller,
        account=entry.account,
        region=entry.region,
        partition=entry.partition,
        request=HttpRequest("POST", "/", "", (), b"", ""),
        request_id="",
        now=entry.time,
        runtime=runtime,
    )


def rendered(explained: CallExplained, *, everything: bool = False) -> str:
    """The explanation as text, for people."""
    return "\n".join(_lines(explained, everything)) + "\n"


def _lines(explained: CallExplained, everything: bool) -> Iterator[str]:
    verdict = "allowed" if explained.allowed else "denied"
    passed = " (let through: permissive mode)" if explained.let_through else ""
    yield f"{explained.service}:{explained.operation} by {explained.caller} was {verdict}{passed}: {explained.code}"
    if explained.note is not None:
        yield explained.note
    if not explained.exists:
        yield "The user or role behind these credentials is gone: they are refused everywhere now."
    if explained.moved:
        yield "Policies have changed since; this is what they say now:"
    for check in explained.checks:
        yield ""
        if not check.still:
            yield f"then: {check.then}; now: {check.explanation.code}"
        yield render(check.explanation, everything=everything).rstrip("\n")

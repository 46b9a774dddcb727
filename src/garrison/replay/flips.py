"""Which recorded calls would end otherwise after a change.

Both worlds are asked about each call whose action the change touches. First the baseline: where the world as it is does
not give the recorded outcome, the model lacks something (a session policy, a bucket's policy, yesterday's policies), so
the call is listed as a disagreement and nothing is claimed of it. What is left flips for certain, or possibly: then the
answer hangs on condition keys that the log does not tell, and those are named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from garrison.access.caller import Session
from garrison.access.recorded import Recorded, read_recorded
from garrison.aws.reference import Unmapped
from garrison.policy.evaluate import Plan as EnginePlan
from garrison.policy.principal import Principal, RoleSession
from garrison.policy.request import AttachedPolicy, ContextValue, Decision, Request, Stack
from garrison.replay.callers import RecordedCaller, caller_of
from garrison.replay.decide import resource_entity
from garrison.replay.events import NULL, Event, decode_event
from garrison.replay.log_context import base_context, call_context, is_told
from garrison.replay.operations import Operation, operation_of
from garrison.replay.questions import Question, checks_of, question_of
from garrison.replay.report import By, Disagreement, Flip, Report, Unknown
from garrison.replay.sides import LIKELY, UNLIKELY, Mode, Side
from garrison.replay.suppose import keys_of, policies
from garrison.replay.touch import Touch
from garrison.replay.world import Own, World

SAMPLES = 5
DENIALS = frozenset(
    {
        "AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "Client.UnauthorizedAccess",
        "UnauthorizedOperation", "UnauthorizedAccess", "NotAuthorized", "AuthorizationError",
        "AuthorizationErrorException", "NotAuthorizedException", "Client.AccessDenied",
    }
)  # fmt: skip
"""`errorCode` of calls that authorization refused."""
UNDECIDED = (
    "Throttl", "RequestLimitExceeded", "Client.RequestLimitExceeded", "TooManyRequests", "InvalidClientTokenId",
    "ExpiredToken", "RequestExpired", "SignatureDoesNotMatch", "AuthFailure", "Client.AuthFailure", "OptInRequired",
    "Server.", "InternalFailure", "InternalError", "ServiceUnavailable", "ServiceException",
)  # fmt: skip
"""How `errorCode` begins where the call failed before, or regardless of, its authorization."""

_REMEMBERED = 50_000


class _Verdict(msgspec.Struct, frozen=True, eq=False, gc=False):
    decision: Decision
    question: Question
    plan: EnginePlan


class Replay:
    """A change, asked about call after call: `event` for records, `recorded` for a Garrison's own; then `report`."""

    def __init__(self, before: World, after: World) -> None:
        self.touch = Touch(before, after)
        self._before = Side(before)
        self._after = Side(after)
        self._operations: dict[tuple[str, str], Operation | bool | None] = {}
        self._callers: dict[bytes, RecordedCaller] = {}
        self._bases: dict[bytes, dict[str, ContextValue]] = {}
        self._changed: dict[int, bool] = {}
        self._flips: dict[object, Flip] = {}
        self._disagreements: dict[object, Disagreement] = {}
        self._unknown: dict[object, Unknown] = {}
        self._counts: Counter[str] = Counter()

    # What to look at

    def events(self, found: Iterable[Event]) -> None:
        """Take records of a log."""
        operations = self._operations
        skipped = total = 0
        for event in found:
            total += 1
            known = operations.get((event.source, event.name))
            if known is False or (known is None and not self._operation(event)):
                skipped += 1
                continue
            self._event(event)
        self._counts["events"] += total
        self._counts["skipped"] += skipped

    def recorded(self, body: bytes, extra: bytes | None) -> None:
        """Take an event of a Garrison's own trail, with the decision it keeps beside it."""
        event = decode_event(body)
        if extra is None:
            # What another account was told of a call; the caller's own record tells more.
            self._counts["events"] += 1
            self._counts["skipped"] += 1
            return
        self._counts["events"] += 1
        known = self._operations.get((event.source, event.name))
        if known is False or (known is None and not self._operation(event)):
            self._counts["skipped"] += 1
            return
        self._recorded(event, read_recorded(extra))

    def report(self) -> Report:
        """What was found so far; the heaviest first."""
        counts = self._counts
        return Report(
            events=counts["events"],
            skipped=counts["skipped"],
            evaluated=counts["evaluated"],
            unaffected=counts["unaffected"],
            failed=counts["failed"],
            flips=sorted(self._flips.values(), key=lambda f: (not f.certain, f.becomes != "denied", -f.count)),
            disagreements=sorted(self._disagreements.values(), key=lambda d: -d.count),
            unknown=sorted(self._unknown.values(), key=lambda u: -u.count),
        )

    def _operation(self, event: Event) -> bool:
        """Learn what a record's event name means; whether the change touches it."""
        key = (event.source, event.name)
        if key in self._operations:
            return self._operations[key] is not False
        found = operation_of(event.source, event.name, event.version)
        guess = f"{event.source.partition('.')[0]}:{event.name}"
        touched = any(map(self.touch.touches, found.actions if found and found.actions else (guess,)))
        self._operations[key] = found if touched else False
        return touched

    def _event(self, event: Event) -> None:
        operation = self._operations[event.source, event.name]
        if not isinstance(operation, Operation) or operation.why is not None:
            if event.kind not in (None, "AwsApiCall"):
                self._counts["skipped"] += 1  # sign-ins and service events ask for no permission
                return
            why = operation.why if isinstance(operation, Operation) else None
            self._cannot(f"{event.source} {event.name}", why or "no operation of this name is known", event)
            return
        raw = bytes(event.identity)
        caller = self._callers.get(raw)
        if caller is None:
            if len(self._callers) >= _REMEMBERED:
                self._callers.clear()
                self._bases.clear()
            caller = self._callers[raw] = caller_of(raw)
        if caller.principal is None:
            self._cannot("caller", caller.why, event)
            return
        own, after = self._owns(caller.principal, caller.session)
        if not self._own_changed(own, after) and not self.touch.of_resources:
            self._counts["skipped"] += 1
            return
        error = event.error
        if error is not None and error not in DENIALS and error.startswith(UNDECIDED):
            self._counts["failed"] += 1
            return
        allowed = error not in DENIALS
        if _permissive(event):
            allowed = False
        base = self._bases.get(raw)
        if base is None:
            account = caller.principal.account
            member = None if account is None else self._before.world.membership(account)
            base = self._bases[raw] = base_context(caller, own.tags, member)
        context = call_context(event, caller, base)
        try:
            checks = checks_of(event, operation, caller.principal)
            questions = [question_of(self._before.world, check, caller.principal, context, event) for check in checks]
        except Unmapped as e:
            self._cannot(f"{event.source} {event.name}", str(e), event)
            return
        self._judge(event, caller.group, operation, caller, own, after, questions, allowed)

    def _recorded(self, event: Event, entry: Recorded) -> None:
        principal, session = entry.caller.principal, entry.caller.session
        operation = self._operations[event.source, event.name]
        own, after = self._owns(principal, session)
        if not entry.checks or (not self._own_changed(own, after) and not self.touch.of_resources):
            self._counts["skipped"] += 1
            return
        questions = [
            Question(
                Request(principal, a.action, a.resource, a.resource_account, {**entry.context, **a.context}),
                a.side,
                complete=True,
            )
            for a in entry.checks
        ]
        group = principal.role_arn if isinstance(principal, RoleSession) else principal.arn
        caller = RecordedCaller(principal, session, group)
        if not entry.allowed and isinstance(operation, Operation):
            # What would have been asked next, had the first denial not ended it.
            try:
                rest = checks_of(event, operation, principal)[len(questions) :]
                questions += [
                    question_of(self._before.world, check, principal, dict(entry.context), event) for check in rest
                ]
            except Unmapped as e:
                self._cannot(f"{event.source} {event.name}", str(e), event)
                return
        known = operation if isinstance(operation, Operation) else None
        self._judge(event, group, known, caller, own, after, questions, entry.allowed)

    def _owns(self, principal: Principal, session: Session | None) -> tuple[Own, Own]:
        return self._before.world.own(principal, session), self._after.world.own(principal, session)

    def _own_changed(self, own: Own, after: Own) -> bool:
        found = self._changed.get(id(own))
        if found is None:
            found = self._changed[id(own)] = _documents(own.stack) != _documents(after.stack)
        return found

    # Answers

    def _judge(
        self, event: Event, group: str, operation: Operation | None, caller: RecordedCaller, own: Own, after: Own,
        questions: Sequence[Question], allowed: bool,
    ) -> None:  # fmt: skip
        if not questions:
            self._counts["skipped"] += 1
            return
        if not own.known and not allowed:
            self._cannot(caller.group or "caller", "its policies are not in the exports", event)
            return
        self._counts["evaluated"] += 1
        unknown = [self._unknown_keys(q, event, caller, operation, own, after) for q in questions]
        open_resource = False
        base = self._run(self._before, own, questions, unknown, LIKELY if allowed else UNLIKELY, open_resource)
        if allowed and not base.decision.allowed and self._resource_may_allow(base):
            # The resource's own policy is not among what is known, and must have allowed it.
            open_resource = True
            base = self._run(self._before, own, questions, unknown, LIKELY, open_resource)
        if base.decision.allowed is not allowed:
            self._disagree(event, group, base, allowed)
            return
        doubtful = any(unknown)
        if not doubtful:
            then = self._run(self._after, after, questions, unknown, LIKELY, open_resource)
            if then.decision.allowed is allowed:
                self._counts["unaffected"] += 1
            else:
                self._flip(event, group, then, after, allowed, True, frozenset())
            return
        self._judge_doubtful(event, group, own, after, questions, unknown, allowed, open_resource)

    def _judge_doubtful(
        self, event: Event, group: str, own: Own, after: Own, questions: Sequence[Question],
        unknown: list[frozenset[str]], allowed: bool, open_resource: bool,
    ) -> None:  # fmt: skip
        if allowed:
            # It was allowed: so no unchanged deny applied, and unchanged allows did, unless one that is gone was why.
            lost = any(self.touch.takes_away(q.request.action) for q in questions)
            worst: Mode = (False, True, not lost, False)
            likely = self._run(self._after, after, questions, unknown, LIKELY, open_resource)
            unlikely = self._run(self._after, after, questions, unknown, worst, open_resource)
            if likely.decision.allowed and unlikely.decision.allowed:
                self._counts["unaffected"] += 1
            else:
                certain = not likely.decision.allowed
                keys = frozenset().union(*unknown)
                self._flip(event, group, likely if certain else unlikely, after, allowed, certain, keys)
            return
        likely = self._run(self._after, after, questions, unknown, LIKELY, open_resource)
        unlikely = self._run(self._after, after, questions, unknown, UNLIKELY, open_resource)
        was_likely = self._run(self._before, own, questions, unknown, LIKELY, open_resource)
        if not likely.decision.allowed or (was_likely.decision.allowed and not unlikely.decision.allowed):
            # Still denied; or an old condition that is not told denied it, and goes on denying it.
            self._counts["unaffected"] += 1
            return
        certain = unlikely.decision.allowed
        self._flip(event, group, likely, after, allowed, certain, frozenset().union(*unknown))

    def _unknown_keys(
        self, question: Question, event: Event, caller: RecordedCaller, operation: Operation | None, own: Own,
        after: Own,
    ) -> frozenset[str]:  # fmt: skip
        if question.complete:
            return frozenset()
        request = question.request
        asked: set[str] = set()
        for side, its in ((self._before, own), (self._after, after)):
            asked |= side.asked(side.plan(its, question, open_resource=False), request.action)
        asked -= request.context.keys()
        if not asked:
            return frozenset()
        world = self._before.world
        resource_known = ":iam:" in request.resource and resource_entity(world, request.resource) is not None
        told = frozenset() if operation is None else operation.told
        return frozenset(
            key
            for key in asked
            if not is_told(
                key, event, caller, told, organization=world.organization is not None, resource=request.resource,
                resource_known=resource_known, principal_known=own.known,
            )
        )  # fmt: skip

    def _run(
        self, side: Side, own: Own, questions: Sequence[Question], unknown: Sequence[frozenset[str]], mode: Mode,
        open_resource: bool,
    ) -> _Verdict:  # fmt: skip
        """The first denial, or the first question's allow."""
        first: _Verdict | None = None
        for question, missing in zip(questions, unknown, strict=True):
            plan = side.plan(own, question, open_resource=open_resource)
            engine = side.supposed(plan, missing, mode, self.touch) if missing else plan
            verdict = _Verdict(engine.evaluate(question.request), question, plan)
            if not verdict.decision.allowed:
                return verdict
            first = first or verdict
        assert first is not None
        return first

    def _resource_may_allow(self, verdict: _Verdict) -> bool:
        decision, question = verdict.decision, verdict.question
        if question.side or not decision.code.startswith("DENY_IMPLICIT"):
            return False
        if decision.code not in ("DENY_IMPLICIT_IDENTITY", "DENY_IMPLICIT_RESOURCE", "DENY_IMPLICIT_TRUST"):
            return False
        return verdict.plan.stack.resource is None and question.request.resource != "*"

    # Counting

    def _flip(
        self, event: Event, group: str, verdict: _Verdict, own: Own, allowed: bool, certain: bool,
        unknown: frozenset[str],
    ) -> None:  # fmt: skip
        decision, request = verdict.decision, verdict.question.request
        by, asked = _by(verdict)
        keys = () if certain else tuple(sorted(asked & unknown or unknown))
        was, becomes = ("allowed", "denied") if allowed else ("denied", "allowed")
        key = (group, request.action, becomes, certain, decision.code, by, keys)
        flip = self._flips.get(key)
        if flip is None:
            flip = self._flips[key] = Flip(group, request.action, was, becomes, certain, decision.code, by, keys)
            flip.samples, flip.resources = [], []
        flip.count += 1
        if len(flip.samples) < SAMPLES:
            flip.samples.append(event.id)
        if len(flip.resources) < SAMPLES and request.resource not in flip.resources:
            flip.resources.append(request.resource)

    def _disagree(self, event: Event, group: str, verdict: _Verdict, allowed: bool) -> None:
        action, code = verdict.question.request.action, verdict.decision.code
        key = (group, action, allowed, code)
        found = self._disagreements.get(key)
        if found is None:
            recorded = "allowed" if allowed else "denied"
            found = self._disagreements[key] = Disagreement(group, action, recorded, code, samples=[])
        found.count += 1
        if len(found.samples) < SAMPLES:
            found.samples.append(event.id)

    def _cannot(self, what: str, why: str, event: Event) -> None:
        found = self._unknown.get((what, why))
        if found is None:
            found = self._unknown[what, why] = Unknown(what, why, samples=[])
        found.count += 1
        if len(found.samples) < SAMPLES:
            found.samples.append(event.id)


def _documents(stack: Stack) -> list[object]:
    """What tells two stacks apart: the same text is the same document."""
    scps = None if stack.scps is None else [[p.document for p in level] for level in stack.scps]
    boundary = None if stack.boundary is None else stack.boundary.document
    return [[p.document for p in stack.identity], boundary, [p.document for p in stack.session or ()], scps]


def _by(verdict: _Verdict) -> tuple[By | None, frozenset[str]]:
    """The deciding statement as it is written, and the keys it asks for."""
    decision = verdict.decision
    if decision.policy is None or decision.statement is None:
        return None, frozenset()
    original = _original(verdict.plan.stack, decision.policy)
    statement = original.document.statements[decision.statement]
    by = By(original.name, original.arn, original.attached_to, statement.index, statement.sid, statement.span.line)
    return by, keys_of(original.document, statement)


def _original(stack: Stack, found: AttachedPolicy) -> AttachedPolicy:
    for policy in policies(stack):
        if (policy.name, policy.arn, policy.attached_to, policy.type) == (
            found.name, found.arn, found.attached_to, found.type,
        ):  # fmt: skip
            return policy
    return found


def _permissive(event: Event) -> bool:
    """Whether the call was denied and let through by a permissive Garrison."""
    return event.additional is not NULL and b'"permissive":true' in bytes(event.additional)

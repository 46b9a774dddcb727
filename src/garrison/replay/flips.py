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
from garrison.replay.suppose import asked_keys, keys_of, policies
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
_NONE: frozenset[str] = frozenset()


class _Verdict(msgspec.Struct, frozen=True, eq=False, gc=False):
    decision: Decision
    question: Question
    plan: EnginePlan


class _Known(msgspec.Struct, frozen=True, eq=False):
    """A caller met before: what both worlds say of it, and the context its calls share."""

    caller: RecordedCaller
    own: Own | None
    """Before the change; None for callers of whom nothing can be said."""
    after: Own | None
    changed: bool
    base: dict[str, ContextValue]


class _Case(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A question with both worlds' plans for it, and the keys it hangs on that are not told."""

    question: Question
    plans: tuple[EnginePlan, EnginePlan]
    missing: frozenset[str]


class Replay:
    """A change, asked about call after call: `event` for records, `recorded` for a Garrison's own; then `report`."""

    def __init__(self, before: World, after: World) -> None:
        self.touch = Touch(before, after)
        self._before = Side(before)
        self._after = Side(after)
        self._operations: dict[tuple[str, str], Operation | bool | None] = {}
        self._callers: dict[bytes, _Known] = {}
        self._asked: dict[tuple[int, int, str], frozenset[str]] = {}
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
        known = self._callers.get(raw)
        if known is None:
            if len(self._callers) >= _REMEMBERED:
                self._callers.clear()
            known = self._callers[raw] = self._meet(raw)
        caller = known.caller
        if known.own is None or known.after is None or caller.principal is None:
            self._cannot("caller", caller.why, event)
            return
        if not known.changed and not self.touch.of_resources:
            self._counts["skipped"] += 1
            return
        error = event.error
        if error is not None and error not in DENIALS and error.startswith(UNDECIDED):
            self._counts["failed"] += 1
            return
        allowed = error not in DENIALS
        if _permissive(event):
            allowed = False
        context = call_context(event, caller, known.base)
        try:
            checks = checks_of(event, operation, caller.principal)
            questions = [question_of(self._before.world, check, caller.principal, context, event) for check in checks]
        except Unmapped as e:
            self._cannot(f"{event.source} {event.name}", str(e), event)
            return
        self._judge(event, operation, caller, known.own, known.after, questions, allowed)

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
        self._judge(event, known, caller, own, after, questions, entry.allowed)

    def _meet(self, raw: bytes) -> _Known:
        caller = caller_of(raw)
        if caller.principal is None:
            return _Known(caller, None, None, changed=False, base={})
        own, after = self._owns(caller.principal, caller.session)
        account = caller.principal.account
        member = None if account is None else self._before.world.membership(account)
        base = base_context(caller, own.tags, member)
        return _Known(caller, own, after, changed=self._own_changed(own, after), base=base)

    def _owns(self, principal: Principal, session: Session | None) -> tuple[Own, Own]:
        return self._before.world.own(principal, session), self._after.world.own(principal, session)

    def _own_changed(self, own: Own, after: Own) -> bool:
        found = self._changed.get(id(own))
        if found is None:
            found = self._changed[id(own)] = _documents(own.stack) != _documents(after.stack)
        return found

    # Answers

    def _judge(
        self, event: Event, operation: Operation | None, caller: RecordedCaller, own: Own, after: Own,
        questions: Sequence[Question], allowed: bool,
    ) -> None:  # fmt: skip
        if not questions:
            self._counts["skipped"] += 1
            return
        if not own.known and not allowed:
            self._cannot(caller.group or "caller", "its policies are not in the exports", event)
            return
        self._counts["evaluated"] += 1
        cases = [self._case(question, event, caller, operation, own, after) for question in questions]
        base = self._run(0, cases, LIKELY if allowed else UNLIKELY)
        if allowed and not base.decision.allowed and _resource_may_allow(base):
            # The resource's own policy is not among what is known, and must have allowed it.
            cases = [self._opened(case, own, after) for case in cases]
            base = self._run(0, cases, LIKELY)
        if base.decision.allowed is not allowed:
            self._disagree(event, caller.group, base, allowed)
            return
        then = self._run(1, cases, LIKELY)
        if not any(case.missing for case in cases):
            if then.decision.allowed is allowed:
                self._counts["unaffected"] += 1
            else:
                self._flip(event, caller.group, then, allowed, frozenset())
        elif allowed:
            self._maybe_lost(event, caller.group, cases, then)
        else:
            self._maybe_won(event, caller.group, cases, then)

    def _maybe_lost(self, event: Event, group: str, cases: Sequence[_Case], likely: _Verdict) -> None:
        """A call that was allowed: no unchanged deny applied, and unchanged allows did, unless one is gone now."""
        lost = any(self.touch.takes_away(case.question.request.action) for case in cases)
        worst: Mode = (False, True, not lost, False)
        unlikely = self._run(1, cases, worst)
        if not likely.decision.allowed:
            self._flip(event, group, likely, True, frozenset())
        elif not unlikely.decision.allowed:
            self._flip(event, group, unlikely, True, frozenset().union(*(case.missing for case in cases)))
        else:
            self._counts["unaffected"] += 1

    def _maybe_won(self, event: Event, group: str, cases: Sequence[_Case], likely: _Verdict) -> None:
        """A call that was denied: an old condition that is not told may be why, and goes on denying it."""
        unlikely = self._run(1, cases, UNLIKELY)
        if unlikely.decision.allowed:
            self._flip(event, group, likely, False, frozenset())
        elif likely.decision.allowed and not self._run(0, cases, LIKELY).decision.allowed:
            self._flip(event, group, likely, False, frozenset().union(*(case.missing for case in cases)))
        else:
            self._counts["unaffected"] += 1

    def _case(
        self, question: Question, event: Event, caller: RecordedCaller, operation: Operation | None, own: Own,
        after: Own,
    ) -> _Case:  # fmt: skip
        plans = (
            self._before.plan(own, question, open_resource=False),
            self._after.plan(after, question, open_resource=False),
        )
        if question.complete:
            return _Case(question, plans, _NONE)
        request = question.request
        key = (id(plans[0]), id(plans[1]), request.action)
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = frozenset().union(*(asked_keys(plan.stack, request.action) for plan in plans))
        if not asked or asked <= request.context.keys():
            return _Case(question, plans, _NONE)
        world = self._before.world
        resource_known = ":iam:" in request.resource and resource_entity(world, request.resource) is not None
        told = _NONE if operation is None else operation.told
        missing = frozenset(
            key
            for key in asked - request.context.keys()
            if not is_told(
                key, event, caller, told, organization=bool(world.organizations), resource=request.resource,
                resource_known=resource_known, principal_known=own.known,
            )
        )  # fmt: skip
        return _Case(question, plans, missing)

    def _opened(self, case: _Case, own: Own, after: Own) -> _Case:
        """The case, supposing that the resource's own policy allows everybody everything."""
        plans = (
            self._before.plan(own, case.question, open_resource=True),
            self._after.plan(after, case.question, open_resource=True),
        )
        return _Case(case.question, plans, case.missing)

    def _run(self, which: int, cases: Sequence[_Case], mode: Mode) -> _Verdict:
        """The first denial, or the first question's allow."""
        first: _Verdict | None = None
        for case in cases:
            engine = plan = case.plans[which]
            if case.missing:
                engine = (self._after if which else self._before).supposed(plan, case.missing, mode, self.touch)
            decision = engine.evaluate(case.question.request)
            if first is None or not decision.allowed:
                first = _Verdict(decision, case.question, plan)
                if not decision.allowed:
                    break
        assert first is not None
        return first

    # Counting

    def _flip(self, event: Event, group: str, verdict: _Verdict, allowed: bool, unknown: frozenset[str]) -> None:
        """Count a flip: certain, or possible for the keys in `unknown`."""
        certain = not unknown
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


def _resource_may_allow(verdict: _Verdict) -> bool:
    """Whether a denial is for want of a policy of the resource that is not known here."""
    decision, question = verdict.decision, verdict.question
    if question.side or decision.code not in (
        "DENY_IMPLICIT_IDENTITY", "DENY_IMPLICIT_RESOURCE", "DENY_IMPLICIT_TRUST",
    ):  # fmt: skip
        return False
    return verdict.plan.stack.resource is None and question.request.resource != "*"


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

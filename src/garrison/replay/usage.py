"""What one principal was seen to do, out of records: every (action, resource) that it was allowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from garrison.access.recorded import read_recorded
from garrison.aws.reference import Unmapped
from garrison.policy.principal import Principal, RoleSession
from garrison.replay.callers import RecordedCaller, caller_of
from garrison.replay.events import Event, decode_event
from garrison.replay.flips import DENIALS, UNDECIDED
from garrison.replay.least import Used
from garrison.replay.operations import operation_of
from garrison.replay.questions import checks_of, question_of
from garrison.replay.world import World

PASSED_TO = "iam:passedtoservice"


class Usage:
    """Collects the calls of the principal with an ARN: a user, a role (all its sessions), one session, a root user."""

    def __init__(self, arn: str, world: World) -> None:
        self._arn = arn
        self._world = world
        self._callers: dict[bytes, RecordedCaller] = {}
        self.principal: Principal | None = None
        """As seen in the log; None as long as it was not."""
        self.calls = 0
        """Calls that were allowed."""
        self.denied = 0
        self.unmapped: Counter[str] = Counter()
        """Calls whose meaning is not known: the policy cannot speak of them."""
        self._used: dict[tuple[str, str, str], Used] = {}

    @property
    def used(self) -> list[Used]:
        """What was allowed, each once."""
        return list(self._used.values())

    def events(self, found: Iterable[Event]) -> None:
        """Take records of a log."""
        for event in found:
            raw = bytes(event.identity)
            caller = self._callers.get(raw)
            if caller is None:
                caller = self._callers[raw] = caller_of(raw)
            principal = caller.principal
            if principal is None or not self._is_meant(principal) or event.kind not in (None, "AwsApiCall"):
                continue
            self.principal = principal
            if event.error is not None and (event.error in DENIALS or event.error.startswith(UNDECIDED)):
                self.denied += event.error in DENIALS
                continue
            operation = operation_of(event.source, event.name, event.version)
            if operation is None or operation.why is not None:
                self.unmapped[f"{event.source} {event.name}"] += 1
                continue
            try:
                checks = checks_of(event, operation, principal)
                questions = [question_of(self._world, check, principal, {}, event) for check in checks]
            except Unmapped:
                self.unmapped[f"{event.source} {event.name}"] += 1
                continue
            self.calls += 1
            for check, question in zip(checks, questions, strict=True):
                passed_to = check.context.get(PASSED_TO, "")
                self._add(question.request.action, question.request.resource, str(passed_to))

    def recorded(self, body: bytes, extra: bytes | None) -> None:
        """Take an event of a Garrison's own trail, with the decision it keeps beside it."""
        if extra is None:
            return
        entry = read_recorded(extra)
        principal = entry.caller.principal
        if not self._is_meant(principal):
            return
        self.principal = principal
        if not entry.allowed:
            self.denied += 1
            return
        if decode_event(body).error in DENIALS:
            return
        self.calls += 1
        for asked in entry.checks:
            passed_to = asked.context.get(PASSED_TO, "")
            self._add(asked.action, asked.resource, str(passed_to))

    def _is_meant(self, principal: Principal) -> bool:
        return principal.arn == self._arn or (isinstance(principal, RoleSession) and principal.role_arn == self._arn)

    def _add(self, action: str, resource: str, passed_to: str) -> None:
        key = (action, resource, passed_to)
        if key not in self._used:
            self._used[key] = Used(action, resource, passed_to)

"""One of the two worlds of a replay, with what was compiled of it."""

from __future__ import annotations

import msgspec

from garrison.access.authorize import rcps_for
from garrison.policy.evaluate import Plan as EnginePlan
from garrison.policy.principal import FederatedUser
from garrison.policy.request import PolicyType
from garrison.policy.statement import Statement
from garrison.replay.decide import stack_towards
from garrison.replay.questions import Question
from garrison.replay.suppose import fingerprint, suppose
from garrison.replay.touch import Touch
from garrison.replay.world import EVERYTHING, Own, World

_OPEN = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'

Mode = tuple[bool, bool, bool, bool]
"""Whether statements that ask for unknown keys apply: unchanged denies, changed denies, unchanged allows, changed."""
LIKELY: Mode = (False, False, True, True)
UNLIKELY: Mode = (True, True, False, False)


class Side:
    """One of the two worlds, with what was compiled of it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.open = world.text(_OPEN, PolicyType.RESOURCE, "assumed policy of the resource")
        self.free = (world.text(EVERYTHING, PolicyType.IDENTITY, "assumed policies of the principal"),)
        self.unlimited = (world.text(EVERYTHING, PolicyType.SESSION, "assumed session policy"),)
        self._plans: dict[object, EnginePlan] = {}
        self._supposed: dict[object, EnginePlan] = {}

    def plan(self, own: Own, question: Question, *, open_resource: bool) -> EnginePlan:
        """The engine's plan for one question."""
        request = question.request
        account = request.resource_account
        member = None if account is None or question.side else self.world.membership(account)
        rcps = None if member is None else rcps_for(request, member)
        trusting = request.resource if not question.side and request.action.startswith("sts:") else None
        key = (id(own), question.side, id(rcps) if rcps is not None else 0, trusting, open_resource)
        found = self._plans.get(key)
        if found is None:
            stack = own.stack
            if not own.known:
                stack = msgspec.structs.replace(stack, identity=self.free)
            if isinstance(request.principal, FederatedUser) and stack.session is None:
                stack = msgspec.structs.replace(stack, session=self.unlimited)
            if not question.side:
                stack = stack_towards(self.world, stack, request)
                if open_resource and stack.resource is None:
                    stack = msgspec.structs.replace(stack, resource=self.open, resource_required=False)
            found = self._plans[key] = EnginePlan(stack)
        return found

    def supposed(self, plan: EnginePlan, unknown: frozenset[str], mode: Mode, touch: Touch) -> EnginePlan:
        """The plan with statements that ask for unknown keys decided by `mode`."""
        key = (id(plan), unknown, mode)
        found = self._supposed.get(key)
        if found is None:

            def holds(statement: Statement) -> bool:
                changed = fingerprint(statement) in touch.fingerprints
                return mode[2 * statement.allow + changed]

            found = self._supposed[key] = EnginePlan(suppose(plan.stack, unknown, holds))
        return found

"""Asking the policy engine about an account's principals and policies.

Whoever is asked about has signed in with MFA, over TLS, from an address of nobody's: what it may do then it can do
whenever it wants. Resources it is asked about have a name nobody gave to anything, so that only a policy that speaks of
all of them covers it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from garrison.access.caller import Caller
from garrison.access.context import iso, of_principal
from garrison.checks.snapshot import Snapshot
from garrison.policy.alone import SIGNED_IN
from garrison.policy.evaluate import Plan
from garrison.policy.principal import Principal
from garrison.policy.request import ContextValue, Decision, Request, Stack
from garrison.replay.decide import stack_towards
from garrison.replay.exports import policy_text
from garrison.replay.world import Entity

UNHEARD = "zq7unheard:OfAction"
"""An action of a service there is not: only what allows everything allows it."""


def context(account: Snapshot, principal: Principal, tags: Mapping[str, str] | None = None) -> dict[str, ContextValue]:
    """What is known of a principal of the account when it calls."""
    member = account.world.membership(principal.account) if principal.account else None
    now = {"aws:currenttime": iso(account.now), "aws:epochtime": str(int(account.now))}
    return {**SIGNED_IN, **now, **of_principal(Caller(principal), dict(tags or {}), member)}


class Who(msgspec.Struct, frozen=True, eq=False):
    """A user or role of the account, ready to be asked about."""

    entity: Entity
    principal: Principal
    stack: Stack
    plan: Plan
    context: dict[str, ContextValue]

    @property
    def arn(self) -> str:
        return self.entity.arn

    def mentions(self, action: str) -> bool:
        """Whether any of its policies allows the action on anything at all: a quick no."""
        return any(policy.document.about(action).allows for policy in self.stack.identity)

    def may(self, action: str, resource: str = "*", more: Mapping[str, ContextValue] | None = None) -> Decision:
        """What is decided for an action on a resource of its own account."""
        given = {**self.context, **more} if more else self.context
        return self.plan.evaluate(Request(self.principal, action, resource, self.principal.account, given))


def people(account: Snapshot) -> list[Who]:
    """Users and roles of the account, without the roles AWS's own services have."""
    found: list[Who] | None = account.memory.get("people")
    if found is None:
        world = account.world
        found = []
        for entity in world.entities.values():
            if entity.kind == "group" or ":role/aws-service-role/" in entity.arn:
                continue
            principal = world.find(entity.arn)
            assert principal is not None
            own = world.own(principal)
            found.append(Who(entity, principal, own.stack, Plan(own.stack), context(account, principal, own.tags)))
        account.memory["people"] = found
    return found


def may_enter(
    account: Snapshot, principal: Principal, stack: Stack, role: Entity, given: Mapping[str, ContextValue]
) -> bool:
    """Whether a principal, with its own side `stack`, may assume a role of the account, by the role's trust policy."""
    request = Request(principal, "sts:AssumeRole", role.arn, role.account, given)
    return Plan(stack_towards(account.world, stack, request)).evaluate(request).allowed


class Written(msgspec.Struct, frozen=True, eq=False):
    """A policy the customer wrote."""

    carrier: str
    """ARN of the managed policy, or of the user, group or role it is inline in."""
    name: str
    text: str
    attached: tuple[str, ...]
    """ARNs of what it speaks for: of a managed policy, what it is attached to."""
    inline: bool


def written(account: Snapshot) -> list[Written]:
    """Every customer managed and inline identity policy of the account."""
    found: list[Written] | None = account.memory.get("written")
    if found is None:
        found = account.memory["written"] = list(_written(account))
    return found


def _written(account: Snapshot) -> Iterator[Written]:
    world = account.world
    carriers: dict[str, list[str]] = {}
    for entity in world.entities.values():
        for arn in entity.attached:
            carriers.setdefault(arn, []).append(entity.arn)
        for name, text in entity.inline.items():
            yield Written(entity.arn, name, text, (entity.arn,), inline=True)
    for arn, policy in world.managed.items():
        if arn.split(":", 5)[4] != "aws":
            yield Written(arn, policy.name, policy.text, tuple(carriers.get(arn, ())), inline=False)


def foreign(principal: Principal) -> dict[str, ContextValue]:
    """What is known of somebody from outside the organization."""
    return {**SIGNED_IN, **of_principal(Caller(principal), {}, None)}


def text_of(document: object) -> str:
    """A policy's text, in whichever form an API or an export has it."""
    return policy_text(document)

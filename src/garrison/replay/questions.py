"""The questions a recorded call put to authorization."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from garrison.aws.partitions import partition_of
from garrison.aws.reference import MARKER, Check, Unmapped, resolve
from garrison.aws.reference.check import CALLER
from garrison.policy.principal import Principal
from garrison.policy.request import ContextValue, Request
from garrison.replay.decide import resource_context, resource_entity
from garrison.replay.events import Event
from garrison.replay.operations import Operation
from garrison.replay.world import World


class Question(msgspec.Struct, frozen=True, eq=False, gc=False):
    request: Request
    side: bool
    complete: bool
    """The context holds all there was."""


def checks_of(event: Event, operation: Operation, principal: Principal) -> list[Check]:
    """What a recorded call asked to be allowed. Raises `Unmapped`."""
    written = msgspec.json.decode(event.parameters)
    if isinstance(written, dict) and written.get("omitted") is True:
        raise Unmapped("the record leaves its parameters out")
    params = operation.params(written)
    try:
        return resolve(
            operation.service,
            operation.name,
            params if isinstance(params, dict) else {},
            account=principal.account or event.recipient or "",
            region=event.region,
            partition=_partition(event.region),
        )
    except (TypeError, ValueError, AttributeError, KeyError) as e:
        # Logs are no validated input: a list may stand where the model has a text.
        raise Unmapped(f"its parameters are not as the model has them ({type(e).__name__}: {e})") from e


def question_of(
    world: World, check: Check, principal: Principal, context: dict[str, ContextValue], event: Event
) -> Question:
    """The question one check puts, with what the world knows of its resource. Raises `Unmapped`."""
    resource = check.resource
    if MARKER in resource:
        resource = _unmarked(world, resource, principal)
    entity = resource_entity(world, resource) if ":iam:" in resource else None
    if entity is not None:
        resource = entity.arn
    owner: str | None = None
    if check.side:
        owner = principal.account
    elif resource != "*":
        parts = resource.split(":", 5)
        owner = parts[4] if len(parts) == 6 else None
        if owner == "aws":
            owner = None
        elif not owner:  # ARNs of buckets tell no account: the one whose log this is, then
            owner = event.recipient or principal.account
    member = None if owner is None else world.membership(owner)
    of_resource = resource_context(world, resource, owner, member) if resource != "*" else {}
    request = Request(principal, check.action, resource, owner, {**context, **of_resource, **check.context})
    return Question(request, check.side, complete=False)


@lru_cache(maxsize=256)
def _partition(region: str) -> str:
    return partition_of(region) or "aws"


def _unmarked(world: World, resource: str, principal: Principal) -> str:
    """The resource with what only state knows filled in, as far as the world knows it. Raises `Unmapped`."""
    if resource.endswith(f":user/{CALLER}"):
        return principal.arn
    tree = None if principal.account is None else world.organization_of(principal.account)
    if tree is not None:
        resource = resource.replace("${organizations:managementaccount}", tree.management)
        resource = resource.replace("${organizations:id}", tree.id)
    if MARKER in resource:
        raise Unmapped(f"the resource {resource} is known only to the service")
    return resource

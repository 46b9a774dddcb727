"""One question to a world: may this principal do this there?

The same steps as enforcement takes (`garrison.access.plan` and `garrison.access.authorize`), with the world in place
of the store.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import msgspec

from garrison.access.authorize import rcps_for
from garrison.access.caller import Caller, Session
from garrison.access.context import HOME_REGION, iso, of_principal, requested_region
from garrison.access.organization import Membership
from garrison.aws.arn import Arn
from garrison.policy.explain import Explanation, explain
from garrison.policy.principal import Principal
from garrison.policy.request import AttachedPolicy, ContextValue, PolicyType, Request, Stack
from garrison.replay.world import Entity, World, WorldError


class Asked(msgspec.Struct, frozen=True):
    """A call nobody made."""

    principal: str
    """ARN of a user, role, role session or root user."""
    action: str
    resource: str = "*"
    context: dict[str, str | list[str]] = {}
    region: str | None = None
    resource_policy: str | None = None
    """Text of the resource's own policy."""


def resource_entity(world: World, arn: str) -> Entity | None:
    """The user, group or role an ARN names; the name counts where the path is left out."""
    found = world.entity(arn)
    if found is None and (parts := Arn.parse(arn)) is not None and parts.service == "iam":
        kind, _, name = parts.resource.partition("/")
        found = world.named(parts.account, kind, name) if name and "/" not in name else None
    return found


def stack_towards(
    world: World,
    own: Stack,
    question: Request,
    resource_policy: AttachedPolicy | None = None,
) -> Stack:
    """A principal's stack with what speaks on the resource's side added."""
    member = None if question.resource_account is None else world.membership(question.resource_account)
    required = False
    if question.action.startswith("sts:"):
        parts = Arn.parse(question.resource)
        if parts is not None and parts.service == "iam" and parts.resource.startswith("role/"):
            required = True
            role = resource_entity(world, question.resource)
            resource_policy = None if role is None else world.trust(role)
    rcps = rcps_for(question, member)
    if resource_policy is None and rcps is None and not required:
        return own
    return msgspec.structs.replace(own, resource=resource_policy, rcps=rcps, resource_required=required)


def resource_context(world: World, arn: str, account: str | None, member: Membership | None) -> dict[str, ContextValue]:
    """What the world knows of a resource: its owner, its place, and (users and roles) its tags and boundary."""
    context: dict[str, ContextValue] = {}
    if account is not None:
        context["aws:resourceaccount"] = account
    if member is not None:
        context["aws:resourceorgid"] = member.id
        context["aws:resourceorgpaths"] = (member.path,)
    entity = resource_entity(world, arn)
    if entity is not None:
        for key, value in entity.tags.items():
            context[f"aws:resourcetag/{key.lower()}"] = context[f"iam:resourcetag/{key.lower()}"] = value
    return context


def decide(world: World, asked: Asked, now: float | None = None) -> Explanation:
    """Decide, and explain. Raises `WorldError` for a principal the world does not have."""
    principal = world.find(asked.principal)
    if principal is None:
        raise WorldError(f"There is no {asked.principal} in the exports.")
    return decide_as(world, principal, asked, now)


def decide_as(
    world: World, principal: Principal, asked: Asked, now: float | None = None, session: Session | None = None
) -> Explanation:
    """`decide` for a principal that is at hand."""
    own = world.own(principal, session)
    account = principal.account
    member = None if account is None else world.membership(account)
    entity = resource_entity(world, asked.resource)
    resource = asked.resource if entity is None else entity.arn
    arn = Arn.parse(resource)
    owner = (arn.account or account) if arn is not None else None
    if owner == "aws":
        owner = None
    theirs = None if owner is None else world.membership(owner)
    second = time.time() if now is None else now
    service = asked.action.partition(":")[0]
    partition = arn.partition if arn is not None else "aws"
    region = asked.region or (arn.region if arn is not None else "") or HOME_REGION.get(partition, "us-east-1")
    supplied: dict[str, ContextValue] = {
        **of_principal(Caller(principal, session=session), own.tags, member),
        "aws:currenttime": iso(second),
        "aws:epochtime": str(int(second)),
        "aws:requestedregion": requested_region(service, region, partition),
        "aws:securetransport": "true",
        "aws:viaawsservice": "false",
        **resource_context(world, resource, owner, theirs),
    }
    given: Mapping[str, ContextValue] = {
        key.lower(): value if isinstance(value, str) else tuple(value) for key, value in asked.context.items()
    }
    question = Request(principal, asked.action, resource, owner, {**supplied, **given})
    policy = None
    if asked.resource_policy is not None:
        policy = world.text(asked.resource_policy, PolicyType.RESOURCE, "policy of the resource", resource)
    return explain(question, stack_towards(world, own.stack, question, policy))

"""Ways from a principal that is no administrator to being one.

An edge is one step somebody can take with the permissions it has: give itself a policy, make keys for another user,
enter a role, rewrite who may enter it, pass it to something that runs code. Paths are found backwards from the
administrators, so that only principals that can take a step towards one are looked at.

Entering an administrator's role is how people are meant to become one, where the role is named to them: by a policy of
theirs that says which role, or by the role's trust policy. It counts as a step only for whoever may enter any role at
all; who may enter that role deliberately is an administrator already, and a step towards him is one as well.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import msgspec

from garrison.checks.reasoning.administrators import administrators
from garrison.checks.reasoning.asking import Who, may_enter, people
from garrison.checks.snapshot import Snapshot
from garrison.policy.alone import makes_administrator
from garrison.policy.evaluate import Plan
from garrison.policy.outsiders import UNNAMED
from garrison.policy.principal import Service
from garrison.policy.request import Request, Stack
from garrison.replay.world import Entity, World

OF_OTHER_USERS = ("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile")
OF_SELF = {
    "user": ("iam:PutUserPolicy", "iam:AttachUserPolicy"),
    "role": ("iam:PutRolePolicy", "iam:AttachRolePolicy"),
}
OF_GROUPS = ("iam:PutGroupPolicy", "iam:AttachGroupPolicy")
RUNNING = (
    ("lambda.amazonaws.com", ("lambda:CreateFunction", "lambda:InvokeFunction")),
    ("lambda.amazonaws.com", ("lambda:CreateFunction", "lambda:CreateEventSourceMapping")),
    ("lambda.amazonaws.com", ("lambda:CreateFunction", "lambda:AddPermission")),
    ("ec2.amazonaws.com", ("ec2:RunInstances",)),
    ("cloudformation.amazonaws.com", ("cloudformation:CreateStack",)),
    ("ecs-tasks.amazonaws.com", ("ecs:RegisterTaskDefinition", "ecs:RunTask")),
    ("codebuild.amazonaws.com", ("codebuild:CreateProject", "codebuild:StartBuild")),
    ("glue.amazonaws.com", ("glue:CreateDevEndpoint",)),
    ("glue.amazonaws.com", ("glue:CreateJob", "glue:StartJobRun")),
    ("sagemaker.amazonaws.com", ("sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl")),
    ("states.amazonaws.com", ("states:CreateStateMachine", "states:StartExecution")),
    ("ssm.amazonaws.com", ("ssm:StartAutomationExecution",)),
    ("datapipeline.amazonaws.com", ("datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition")),
)
"""What runs code, or makes resources, as a role that is passed to it; and the actions that takes."""
DANGEROUS = frozenset(
    {*OF_OTHER_USERS, *OF_SELF["user"], *OF_SELF["role"], *OF_GROUPS, "iam:CreatePolicyVersion", "iam:AddUserToGroup",
     "iam:UpdateAssumeRolePolicy", "iam:PassRole", "sts:AssumeRole"}
)  # fmt: skip


class Step(msgspec.Struct, frozen=True):
    """One step, by whom, with which actions, towards what."""

    actor: str
    actions: tuple[str, ...]
    target: str
    """ARN of what the actions act on."""
    gains: str
    """ARN of whom the actor can act as afterwards; its own, as an administrator."""

    def __str__(self) -> str:
        return f"{self.actor} uses {' and '.join(self.actions)} on {self.target}"


def escalations(account: Snapshot) -> dict[str, tuple[Step, ...]]:
    """For each principal that is no administrator and can become one: the steps, in their order."""
    found: dict[str, tuple[Step, ...]] | None = account.memory.get("escalations")
    if found is None:
        found = account.memory["escalations"] = _escalations(account)
    return found


def steps_of(account: Snapshot, arn: str) -> list[Step]:
    """Every first step a principal can take towards administration, for whoever wants to take all of them away."""
    reached = _administrating(account) | set(escalations(account))
    who = next(who for who in people(account) if who.arn == arn)
    targets = [other.entity for other in people(account) if other.arn in reached and other.arn != arn]
    return [*_self_made(account, who), *(step for target in targets for step in _towards(account, who, target))]


def _administrating(account: Snapshot) -> set[str]:
    """Administrators, and whoever may enter the role of one because it was named to them."""
    found: set[str] | None = account.memory.get("administrating")
    if found is None:
        found = {who.arn for who in administrators(account)}
        queue = deque(who.entity for who in administrators(account) if who.entity.kind == "role")
        while queue:
            role = queue.popleft()
            named = _names_entities(account, role)
            for who in people(account):
                asks = who.mentions("sts:AssumeRole")
                if who.arn in found or not (asks or named) or (asks and _any_role(who)):
                    continue
                if _enters(account, who, role):
                    found.add(who.arn)
                    if who.entity.kind == "role":
                        queue.append(who.entity)
        account.memory["administrating"] = found
    return found


def _any_role(who: Who) -> bool:
    """Whether a principal may ask to enter whichever role."""
    return who.may("sts:AssumeRole", f"arn:aws:iam::{who.entity.account}:role/{UNNAMED}").allowed


def _escalations(account: Snapshot) -> dict[str, tuple[Step, ...]]:
    already = _administrating(account)
    able = [
        who for who in people(account) if who.arn not in already and any(who.mentions(action) for action in DANGEROUS)
    ]
    # In one account a role's trust policy lets in whomever it names, whether its own policies say so or not.
    others = [who for who in people(account) if who.arn not in already and who not in able]
    paths: dict[str, tuple[Step, ...]] = {}
    queue: deque[Entity] = deque(who.entity for who in people(account) if who.arn in already)
    for who in able:
        step = next(_self_made(account, who), None)
        if step is not None:
            paths[who.arn] = (step,)
            queue.append(who.entity)
    while queue:
        target = queue.popleft()
        named = others if target.kind == "role" and _names_entities(account, target) else []
        for who in (*able, *named):
            if who.arn in paths or who.arn == target.arn:
                continue
            step = next(_towards(account, who, target), None)
            if step is not None:
                paths[who.arn] = (step, *paths.get(target.arn, ()))
                queue.append(who.entity)
    return paths


def _names_entities(account: Snapshot, role: Entity) -> bool:
    """Whether a role's trust policy names somebody of the account in particular, or everybody."""
    trust = account.world.trust(role)
    if trust is None:
        return False
    return any(
        value == "AWS:*" or f":{role.account}:user/" in value or f":{role.account}:role/" in value
        for statement in trust.document.statements
        if statement.allow
        for element, values in statement.values.items()
        if "Principal" in element
        for value in values
    )


def _self_made(account: Snapshot, who: Who) -> Iterator[Step]:
    """Steps by which a principal makes itself an administrator."""
    boundary = who.stack.boundary
    if boundary is not None and not makes_administrator(Plan(Stack(identity=(boundary,)))):
        return
    entity, world = who.entity, account.world
    for action in OF_SELF[entity.kind]:
        if who.mentions(action) and who.may(action, entity.arn).allowed:
            yield Step(who.arn, (action,), entity.arn, who.arn)
    groups = [group for name in entity.groups if (group := world.named(entity.account, "group", name)) is not None]
    for group in groups:
        for action in OF_GROUPS:
            if who.mentions(action) and who.may(action, group.arn).allowed:
                yield Step(who.arn, (action,), group.arn, who.arn)
    if who.mentions("iam:CreatePolicyVersion"):
        for arn in {arn for carrier in (entity, *groups) for arn in carrier.attached}:
            if arn in world.managed and ":aws:policy/" not in arn and who.may("iam:CreatePolicyVersion", arn).allowed:
                yield Step(who.arn, ("iam:CreatePolicyVersion",), arn, who.arn)
    if entity.kind == "user" and who.mentions("iam:AddUserToGroup"):
        for group in _administrating_groups(account):
            if who.may("iam:AddUserToGroup", group.arn).allowed:
                yield Step(who.arn, ("iam:AddUserToGroup",), group.arn, who.arn)
    for action in OF_SELF["role"]:
        if who.mentions(action):
            for role in _roles(world, entity):
                if who.may(action, role.arn).allowed and _enters(account, who, role):
                    yield Step(who.arn, (action, "sts:AssumeRole"), role.arn, who.arn)


def _roles(world: World, but: Entity) -> list[Entity]:
    return [
        e for e in world.entities.values()
        if e.kind == "role" and e.arn != but.arn and ":role/aws-service-role/" not in e.arn
    ]  # fmt: skip


def _administrating_groups(account: Snapshot) -> list[Entity]:
    found: list[Entity] | None = account.memory.get("administrating-groups")
    if found is None:
        found = []
        for entity in account.world.entities.values():
            if entity.kind == "group":
                policies = account.world.identity(entity)
                if policies and makes_administrator(Plan(Stack(identity=tuple(policies)))):
                    found.append(entity)
        account.memory["administrating-groups"] = found
    return found


def _towards(account: Snapshot, who: Who, target: Entity) -> Iterator[Step]:
    """Steps by which a principal comes to act as another."""
    if target.kind == "user":
        for action in OF_OTHER_USERS:
            if who.mentions(action) and who.may(action, target.arn).allowed:
                yield Step(who.arn, (action,), target.arn, target.arn)
        return
    if _enters(account, who, target):
        yield Step(who.arn, ("sts:AssumeRole",), target.arn, target.arn)
    if who.mentions("iam:UpdateAssumeRolePolicy") and who.may("iam:UpdateAssumeRolePolicy", target.arn).allowed:
        yield Step(who.arn, ("iam:UpdateAssumeRolePolicy",), target.arn, target.arn)
    if who.mentions("iam:PassRole"):
        for service, actions in RUNNING:
            passed = {"iam:passedtoservice": service}
            if (
                all(who.mentions(action) for action in actions)
                and who.may("iam:PassRole", target.arn, passed).allowed
                and all(who.may(action, "*").allowed for action in actions)
                and _serves(account, target, service)
            ):
                yield Step(who.arn, ("iam:PassRole", *actions), target.arn, target.arn)


def _enters(account: Snapshot, who: Who, role: Entity) -> bool:
    return may_enter(account, who.principal, who.stack, role, who.context)


def _serves(account: Snapshot, role: Entity, service: str) -> bool:
    """Whether a service may work as a role."""
    trust = account.world.trust(role)
    if trust is None:
        return False
    stack = Stack(resource=trust, resource_required=True)
    request = Request(Service(service), "sts:AssumeRole", role.arn, role.account, {"aws:sourceaccount": role.account})
    return Plan(stack).evaluate(request).allowed

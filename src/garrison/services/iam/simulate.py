"""SimulateCustomPolicy and SimulatePrincipalPolicy: what is asked, checked and gathered; `simulation` decides.

Texts of refusals are guesses but for the resource owner's, which is recorded.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from garrison.access import organization
from garrison.access.call import Call
from garrison.access.caller import Caller
from garrison.access.context import of_principal
from garrison.access.principals import principals
from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError
from garrison.policy.document import Document
from garrison.policy.principal import Principal, RoleSession, User
from garrison.policy.request import AttachedPolicy, ContextValue, PolicyType, Stack
from garrison.services.iam import managed
from garrison.services.iam.context_keys import inputs, parsed
from garrison.services.iam.exclusions import Excluded, exclusions
from garrison.services.iam.held import Entity, Held, entity, held
from garrison.services.iam.owners import GROUPS, ROLES
from garrison.services.iam.paging import page_of
from garrison.services.iam.simulation import Simulation, evaluation
from garrison.services.iam.supplied import supplied
from garrison.services.operation import operation
from garrison.store import Reader

EVALUATIONS = 1000
"""Decisions after which an answer ends its page early (API reference: "IAM might return fewer results"): reads are
answered one after the other, and none may hold up the rest for long."""

_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9:_-]+")
_CALLER = re.compile(r"arn:[a-z-]+:iam::\d{12}:(?:user|group|role)/.+")
_OWNER = re.compile(r"(?:arn:[a-z-]+:iam::(\d{12}):root|(\d{12}))")
_EC2 = ("instance", "image", "security-group", "network-interface")
_HANDLING = {
    "EC2-VPC-InstanceStore": _EC2,
    "EC2-VPC-InstanceStore-Subnet": (*_EC2, "subnet"),
    "EC2-VPC-EBS": (*_EC2, "volume"),
    "EC2-VPC-EBS-Subnet": (*_EC2, "subnet", "volume"),
}
"""Resources each scenario must name. Source: IAM API reference, `ResourceHandlingOption`."""


@operation("iam", "SimulateCustomPolicy", access="read")
def simulate_custom_policy(call: Call, reader: Reader) -> dict[str, Any]:
    identity = _given(call, "PolicyInputList", PolicyType.IDENTITY)
    caller = call.params.get("CallerArn")
    policy = _resource_policy(call, caller)
    scps = [
        tuple(
            AttachedPolicy(parsed(text, PolicyType.SCP, f"OrderedOrganizationPolicyInputList.{n}"), PolicyType.SCP, "")
            for text in level.get("ServiceControlPolicyInputList") or ()
        )
        for n, level in enumerate(call.params.get("OrderedOrganizationPolicyInputList") or (), 1)
    ]
    # Without a caller there is somebody all the same whose policies these are; nothing names them.
    who = (
        _caller(reader, caller) if caller else User(call.account, f"arn:{call.partition}:iam::{call.account}:user/", "")
    )
    one = Simulation(
        principal=who,
        stack=Stack(identity=identity, boundary=_boundary(call), scps=scps or None, resource=policy),
        context={**(_of(reader, who) if caller else {}), **supplied(call)},
        owner=_owner(call),
        foreign=caller is not None,
        in_organization=bool(scps),
    )
    return _answer(call, one)


@operation("iam", "SimulatePrincipalPolicy", access="read")
def simulate_principal_policy(call: Call, reader: Reader) -> dict[str, Any]:
    source = entity(reader, call.account, call.params["PolicySourceArn"])
    excluded = exclusions(call)
    caller = call.params.get("CallerArn", source.arn)
    policy = _resource_policy(call, caller)
    identity = [_attached(one) for one in held(reader, source) if not excluded.covers(one)]
    who = _caller(reader, caller)
    member = organization.membership(call.runtime, reader, call.account)
    linked = isinstance(who, RoleSession) and who.service_linked
    exempt = member is None or member.management or linked or "scp" in excluded.types
    one = Simulation(
        principal=who,
        stack=Stack(
            identity=[*identity, *_given(call, "PolicyInputList", PolicyType.IDENTITY)],
            boundary=_boundary(call) or _own_boundary(reader, source, excluded),
            scps=None if exempt or member is None else member.scps,
            resource=policy,
        ),
        context={**_of(reader, who), **supplied(call)},
        owner=_owner(call),
        in_organization=member is not None,
    )
    return _answer(call, one)


def _answer(call: Call, one: Simulation) -> dict[str, Any]:
    resources = _resources(call)
    actions = list(call.params["ActionNames"])
    for action in actions:
        if not _ACTION.fullmatch(action):
            raise AwsError("InvalidInput", f"{action} is not a valid action name.")
    if len(resources) > EVALUATIONS:
        raise AwsError("InvalidInput", f"At most {EVALUATIONS} resources can be simulated at once.")
    if one.stack.resource is not None and any(action.lower().startswith("kms:") for action in actions):
        # A key's policy must allow as well: the account's own count only where it says so.
        one = msgspec.structs.replace(one, stack=msgspec.structs.replace(one.stack, resource_required=True))
    most = max(1, EVALUATIONS // len(resources))
    page, rest = page_of(call, enumerate(actions), lambda entry: f"{entry[0]:06d}", most=most)
    return {"EvaluationResults": [evaluation(one, action, resources) for _, action in page], **rest}


def _resources(call: Call) -> list[str]:
    resources = list(call.params.get("ResourceArns") or ()) or ["*"]
    for resource in resources:
        if resource != "*" and Arn.parse(resource) is None:
            raise AwsError("InvalidInput", f"{resource} is not a valid resource ARN.")
    option = call.params.get("ResourceHandlingOption")
    if option is None:
        return resources
    if option not in _HANDLING:
        raise AwsError("InvalidInput", f"{option} is not a valid resource handling option.")
    named = {resource.split(":", 5)[5].partition("/")[0] for resource in resources if resource != "*"}
    absent = [kind for kind in _HANDLING[option] if kind not in named]
    if absent:
        raise AwsError("InvalidInput", f"{option} requires resources of type {', '.join(absent)}.")
    return resources


def _given(call: Call, member: str, kind: PolicyType) -> list[AttachedPolicy]:
    return [AttachedPolicy(document, kind, f"{member}.{n}") for n, document in enumerate(inputs(call, member, kind), 1)]


def _boundary(call: Call) -> AttachedPolicy | None:
    given = _given(call, "PermissionsBoundaryPolicyInputList", PolicyType.BOUNDARY)
    if len(given) > 1:
        raise AwsError("InvalidInput", "Only one permissions boundary can be simulated.")
    return given[0] if given else None


def _own_boundary(reader: Reader, source: Entity, excluded: Excluded) -> AttachedPolicy | None:
    arn = getattr(source.row.body, "boundary", None)
    policy = None if arn is None else managed.find(reader, arn)
    if policy is None or "permission-boundary" in excluded.types or excluded.names(policy.arn):
        return None
    document = Document.parse(policy.document, PolicyType.BOUNDARY)
    return AttachedPolicy(document, PolicyType.BOUNDARY, policy.name, policy.arn, attached_to=source.arn)


def _attached(one: Held) -> AttachedPolicy:
    """A policy under the name the simulator gives it: `user_ana_dev` for an inline one."""
    holder = one.entity
    name = one.name if one.arn else f"{holder.owner.noun}_{holder.row.name}_{one.name}"
    document = Document.parse(one.document, PolicyType.IDENTITY)
    return AttachedPolicy(document, PolicyType.IDENTITY, name, one.arn, attached_to=holder.arn)


def _resource_policy(call: Call, caller: str | None) -> AttachedPolicy | None:
    text = call.params.get("ResourcePolicy")
    if text is None:
        return None
    if caller is None:
        raise AwsError("InvalidInput", "CallerArn is required when a ResourcePolicy is specified.")
    if ":role/" in caller:
        # "Simulation of resource-based policies isn't supported for IAM roles" (API reference).
        raise AwsError("InvalidInput", "Simulation of resource-based policies is not supported for IAM roles.")
    document = parsed(text, PolicyType.RESOURCE, "ResourcePolicy")
    return AttachedPolicy(document, PolicyType.RESOURCE, "ResourcePolicy")


def _owner(call: Call) -> str | None:
    given = call.params.get("ResourceOwner")
    if given is None:
        return None
    match = _OWNER.fullmatch(given)
    if match is None:
        raise AwsError("InvalidInput", f"'{given}' is not a valid as a Resource Owner.")
    return str(match[1] or match[2])


def _caller(reader: Reader, arn: str) -> Principal:
    """Whom an ARN names, whether it exists or not: resource policies are compared with the ARN."""
    if not _CALLER.fullmatch(arn):
        raise AwsError("InvalidInput", f"'{arn}' is not valid as a Caller ARN.")
    found = principals().find(reader, arn)
    if found is not None:
        return found
    account = arn.split(":", 5)[4]
    if f":{ROLES.noun}/" in arn:
        return RoleSession(account, arn, "", arn.rpartition("/")[2])
    return User(account, arn, "")


def _of(reader: Reader, who: Principal) -> dict[str, ContextValue]:
    """What is known of the caller without being said: its name, its ARN, its tags."""
    found = principals().find(reader, who.arn if isinstance(who, User) else getattr(who, "role_arn", ""))
    if found is None or f":{GROUPS.noun}/" in who.arn:
        return {}
    row = entity(reader, who.account or "", getattr(who, "role_arn", who.arn)).row
    context = of_principal(Caller(who), row.body.tags, None)
    if isinstance(who, RoleSession):
        del context["aws:userid"]  # It would name a session, and there is none.
    return context

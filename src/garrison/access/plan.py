"""What speaks for and against a principal, gathered once and kept for as long as nothing that decides has changed."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from garrison.access import organization
from garrison.access.accounts import suspended
from garrison.access.caller import Caller
from garrison.access.context import of_principal
from garrison.access.organization import Levels, Membership
from garrison.access.principals import principals
from garrison.access.resources import Facts
from garrison.access.runtime import Runtime
from garrison.policy.document import Document
from garrison.policy.evaluate import Plan as EnginePlan
from garrison.policy.principal import AssumedRoot, FederatedUser, Principal, RoleSession
from garrison.policy.request import AttachedPolicy, ContextValue, PolicyType, Stack
from garrison.store import Reader

IAM_EPOCH = "iam"
"""Epoch domain of principals, their policies and their tags, by account."""


_REMEMBERED_RESOURCES = 256


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """One caller's side of every decision, good while the epochs in `rests_on` stand."""

    caller: Caller
    exists: bool
    """False when the user or role behind the credentials is gone, or its account is closed."""
    own: EnginePlan
    """Identity, boundary, session and SCP layers; nothing of any resource."""
    context: dict[str, ContextValue]
    member: Membership | None
    rests_on: tuple[tuple[str, str, int], ...]
    _with_resource: dict[object, EnginePlan] = field(default_factory=dict)

    def towards(self, found: Facts, rcps: Levels | None) -> EnginePlan:
        """The engine's plan with what speaks on the resource's side added."""
        policy = found.policy
        if policy is None and rcps is None and found.trusts_account:
            return self.own
        # Documents are one object for one text; a resource control policy changes only with the organization's epoch.
        key = (
            (policy.document, policy.name, policy.arn, policy.attached_to) if policy is not None else None,
            found.trusts_account,
            found.account if rcps is not None else None,
        )
        known = self._with_resource.get(key)
        if known is None:
            if len(self._with_resource) >= _REMEMBERED_RESOURCES:
                self._with_resource.clear()
            stack = msgspec.structs.replace(
                self.own.stack, resource=policy, rcps=rcps, resource_required=not found.trusts_account
            )
            known = self._with_resource[key] = EnginePlan(stack)
        return known

    def with_grants(self, towards: EnginePlan, grants: tuple[AttachedPolicy, ...]) -> EnginePlan:
        """One of `towards`' plans, with grants added to the resource's side."""
        key = (towards, *(grant.document for grant in grants))
        known = self._with_resource.get(key)
        if known is None:
            if len(self._with_resource) >= _REMEMBERED_RESOURCES:
                self._with_resource.clear()
            stack = msgspec.structs.replace(towards.stack, grants=grants)
            known = self._with_resource[key] = EnginePlan(stack)
        return known


def plan(runtime: Runtime, reader: Reader, caller: Caller) -> Plan:
    """The caller's plan, from memory if its epochs still stand."""
    key = caller.access_key_id or caller.principal
    known: Plan | None = runtime.plans.get(key)
    if (
        known is not None
        and (known.caller is caller or known.caller == caller)
        and all(reader.epoch(domain, account) == n for domain, account, n in known.rests_on)
    ):
        return known
    fresh = gather(runtime, reader, caller)
    runtime.plans.put(key, fresh)
    return fresh


def gather(runtime: Runtime, reader: Reader, caller: Caller) -> Plan:
    """Gather a caller's plan from the store."""
    principal, account = caller.principal, caller.account
    rests_on: list[tuple[str, str, int]] = []
    if account is not None:
        rests_on.append((IAM_EPOCH, account, reader.epoch(IAM_EPOCH, account)))
    if organization.provided():
        rests_on.append((organization.EPOCH, "", reader.epoch(organization.EPOCH, "")))
    grants = principals().grants(runtime, reader, principal)
    member = None if account is None else organization.membership(runtime, reader, account)
    # Service control policies limit neither the management account nor service-linked roles (Organizations user guide).
    exempt = member is None or member.management or (isinstance(principal, RoleSession) and principal.service_linked)
    stack = Stack(
        identity=_issuer_root if _issued_by_root(principal) else grants.identity,
        boundary=grants.boundary,
        session=_session_policies(reader, caller),
        scps=None if exempt or member is None else member.scps,
    )
    return Plan(
        caller=caller,
        exists=grants.exists and not (account is not None and suspended(reader, account)),
        own=EnginePlan(stack),
        context=of_principal(caller, grants.tags, member),
        member=member,
        rests_on=tuple(rests_on),
    )


_EVERYTHING = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'

_issuer_root = (
    AttachedPolicy(
        Document.parse(_EVERYTHING, PolicyType.IDENTITY),
        PolicyType.IDENTITY,
        "the root user's own right",
    ),
)


def _issued_by_root(principal: Principal) -> bool:
    """A federated user of the root user has what its session policy leaves of everything."""
    return isinstance(principal, FederatedUser) and principal.issuer_id == principal.account


def _session_policies(reader: Reader, caller: Caller) -> tuple[AttachedPolicy, ...] | None:
    session = caller.session
    if session is None or not (session.policies or session.policy_arns):
        return None
    policies = [
        AttachedPolicy(
            Document.parse(text, PolicyType.SESSION),
            PolicyType.SESSION,
            "session policy",
            attached_to=caller.principal.arn,
        )
        for text in session.policies
    ]
    for arn in session.policy_arns:
        managed = principals().managed(reader, arn)
        # A managed policy deleted meanwhile grants nothing; the session stays limited by what is left of its policies.
        if managed is not None:
            policies.append(
                AttachedPolicy(
                    managed.document, PolicyType.SESSION, managed.name, managed.arn, attached_to=caller.principal.arn
                )
            )
    if isinstance(caller.principal, AssumedRoot) and policies:
        # Task policies only deny: what they leave, a root user may do.
        everything = Document.parse(_EVERYTHING, PolicyType.SESSION)
        policies.append(AttachedPolicy(everything, PolicyType.SESSION, "the root user's own right"))
    return tuple(policies)

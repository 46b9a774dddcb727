"""Accounts and their organizations, without a server: who there is, and what speaks for and against them.

A world never changes. A change makes another one (`garrison.replay.changes`), which shares what did not change, so
that two worlds are told apart by comparing what they say of one principal.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from garrison.access.caller import Session
from garrison.access.organization import Levels, Membership
from garrison.aws import managed_policies
from garrison.aws.arn import Arn
from garrison.policy.document import Document
from garrison.policy.principal import FederatedUser, Principal, RoleSession, Root, User
from garrison.policy.reader import PolicyError
from garrison.policy.request import AttachedPolicy, PolicyType, Stack

EVERYTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
_NOTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'
_SELF_SERVICE = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ChangePassword","Resource":"%s"},'
    '{"Effect":"Allow","Action":"iam:GetAccountPasswordPolicy","Resource":"*"}]}'
)
"""Source: IAM user guide, "Set an account password policy for IAM users"."""
_KINDS = {"scp": PolicyType.SCP, "rcp": PolicyType.RCP}
SERVICE_LINKED = ":role/aws-service-role/"


class WorldError(Exception):
    """Something the world was told does not fit together."""


class Entity(msgspec.Struct, frozen=True, eq=False):
    """A user, group or role."""

    kind: str
    """`user`, `group` or `role`."""
    arn: str
    id: str
    account: str
    name: str
    inline: dict[str, str] = {}
    attached: tuple[str, ...] = ()
    """ARNs of managed policies."""
    groups: tuple[str, ...] = ()
    """Names of a user's groups."""
    boundary: str | None = None
    """ARN of the managed policy that is its permissions boundary."""
    trust: str | None = None
    tags: dict[str, str] = {}
    own_password: bool = False
    """The account's password policy lets users change their own password (AllowUsersToChangePassword)."""


class ManagedPolicy(msgspec.Struct, frozen=True):
    """The default version of a customer's or AWS's managed policy."""

    arn: str
    name: str
    text: str


class OrganizationPolicy(msgspec.Struct, frozen=True):
    """A service or resource control policy."""

    kind: str
    """`scp` or `rcp`."""
    id: str
    arn: str
    """Empty for one that is only supposed."""
    name: str
    text: str


class Organization(msgspec.Struct, frozen=True, eq=False):
    """The tree and what is attached where."""

    id: str
    management: str
    """Id of the management account."""
    root: str
    """`r-...`"""
    parents: dict[str, str]
    """Account or unit -> the unit or root above it."""
    names: dict[str, str] = {}
    policies: dict[str, OrganizationPolicy] = {}
    attached: dict[str, tuple[str, ...]] = {}
    """Root, unit or account -> ids of the policies attached to it."""
    enabled: frozenset[str] = frozenset()
    """Of `scp` and `rcp`, those that are enabled."""

    def chain(self, account: str) -> list[str]:
        """Root, units and account, from the top. Empty for an account that is not a member."""
        if account not in self.parents:
            return []
        found = [account]
        while found[-1] != self.root:
            found.append(self.parents[found[-1]])
            if len(found) > len(self.parents) + 1:
                raise WorldError(f"the organization's tree goes round in a circle at {found[-1]}")
        return found[::-1]


FULL_SCP = OrganizationPolicy(
    "scp", "p-FullAWSAccess", "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
    "FullAWSAccess", EVERYTHING,
)  # fmt: skip
"""What every root, unit and account has attached once service control policies are enabled."""


class Own(msgspec.Struct, frozen=True, eq=False):
    """A principal's own side of a decision."""

    stack: Stack
    tags: dict[str, str]
    known: bool
    """Whether the world knows its policies; else only what its organization says is in the stack."""


class World:
    """Accounts and their organizations."""

    def __init__(
        self,
        entities: dict[str, Entity],
        managed: dict[str, ManagedPolicy],
        organizations: Sequence[Organization] = (),
    ) -> None:
        self.entities = entities
        """By ARN."""
        self.managed = managed
        """By ARN; AWS's own need not be here."""
        self.organizations = tuple(organizations)
        """One, as a rule; a running Garrison may have several."""
        self._names = {(e.account, e.kind, e.name.lower()): e for e in entities.values()}
        self._ids = {e.id: e for e in entities.values()}
        self._own: dict[object, Own] = {}
        self._members: dict[str, Membership | None] = {}
        self._attached: dict[tuple[str, str, PolicyType, str | None], AttachedPolicy] = {}
        self.accounts = frozenset(e.account for e in entities.values())
        """Accounts whose users and roles are known."""

    # Who there is

    def find(self, arn: str) -> Principal | None:
        """The principal of an ARN: a user, role (as a session of its own name), role session or root user."""
        parts = Arn.parse(arn)
        if parts is None or not parts.account:
            return None
        kind, _, rest = parts.resource.partition("/")
        if parts.service == "iam" and parts.resource == "root":
            return Root(parts.account, parts.partition)
        if parts.service == "sts" and kind == "assumed-role" and "/" in rest:
            name, _, session = rest.partition("/")
            entity = self.named(parts.account, "role", name)
            return None if entity is None else session_of(entity, session)
        entity = self.entity(arn)
        if entity is None or entity.kind == "group":
            return None
        return User(entity.account, entity.arn, entity.id) if kind == "user" else session_of(entity, entity.name)

    def entity(self, arn: str) -> Entity | None:
        """The user, group or role with that ARN."""
        return self.entities.get(arn)

    def named(self, account: str, kind: str, name: str) -> Entity | None:
        """The user, group or role with that name; its path does not count."""
        return self._names.get((account, kind, name.lower()))

    def _entity_of(self, principal: Principal) -> Entity | None:
        match principal:
            case User():
                return self._ids.get(principal.id) or self.entities.get(principal.arn)
            case RoleSession():
                by_id = self._ids.get(principal.role_id)
                return by_id or self.named(principal.account, "role", principal.role_name)
            case FederatedUser():
                return self._ids.get(principal.issuer_id) or self.entities.get(principal.issuer_arn)
            case _:
                return None

    # What speaks about them

    def own(self, principal: Principal, session: Session | None = None) -> Own:
        """A principal's own policies: identity, boundary, session, service control policies."""
        key = _key(principal, session)
        found = self._own.get(key)
        if found is None:
            found = self._own[key] = self._gather(principal, session)
        return found

    def _gather(self, principal: Principal, session: Session | None) -> Own:
        entity = self._entity_of(principal)
        identity: list[AttachedPolicy] = []
        boundary = None
        if entity is not None:
            identity = self.identity(entity)
            if entity.boundary is not None:
                boundary = self._policy(entity.boundary, PolicyType.BOUNDARY, entity.arn) or self._missing(entity)
        by_root = isinstance(principal, FederatedUser) and principal.issuer_arn.endswith(":root")
        if by_root:
            identity = [self.text(EVERYTHING, PolicyType.IDENTITY, "the root user's own right")]
        account = principal.account
        member = None if account is None else self.membership(account)
        linked = isinstance(principal, RoleSession) and principal.service_linked
        exempt = member is None or member.management or linked
        stack = Stack(
            identity=tuple(identity),
            boundary=boundary,
            session=self._session(session),
            scps=None if exempt or member is None else member.scps,
        )
        known = entity is not None or by_root or not isinstance(principal, User | RoleSession | FederatedUser)
        return Own(stack, {} if entity is None else entity.tags, known)

    def identity(self, entity: Entity) -> list[AttachedPolicy]:
        """The identity policies of a user (its groups' too), group or role."""
        found = [
            self.text(text, PolicyType.IDENTITY, f"inline policy {name} of {entity.kind} {entity.name}", entity.arn)
            for name, text in sorted(entity.inline.items())
        ]
        for arn in entity.attached:
            policy = self._policy(arn, PolicyType.IDENTITY, entity.arn)
            if policy is None:
                raise WorldError(f"{entity.arn} has {arn} attached, which is not in the export")
            found.append(policy)
        for name in entity.groups:
            group = self.named(entity.account, "group", name)
            if group is None:
                raise WorldError(f"{entity.arn} is in the group {name}, which is not in the export")
            found += self.identity(group)
        if entity.own_password:
            text = _SELF_SERVICE % entity.arn
            found.append(self.text(text, PolicyType.IDENTITY, "account password policy", entity.arn))
        return found

    def _session(self, session: Session | None) -> tuple[AttachedPolicy, ...] | None:
        if session is None or not (session.policies or session.policy_arns):
            return None
        found = [self.text(text, PolicyType.SESSION, "session policy") for text in session.policies]
        policies = (self._policy(arn, PolicyType.SESSION, None) for arn in session.policy_arns)
        return (*found, *(policy for policy in policies if policy is not None))

    def policy(self, arn: str) -> ManagedPolicy | None:
        """A managed policy: the export's, or AWS's own as shipped."""
        known = self.managed.get(arn)
        if known is None and (published := managed_policies.get(arn)) is not None:
            known = ManagedPolicy(arn, published.name, published.document)
        return known

    def _policy(self, arn: str, kind: PolicyType, carrier: str | None) -> AttachedPolicy | None:
        found = self.policy(arn)
        return None if found is None else self.text(found.text, kind, found.name, carrier, arn)

    def _missing(self, entity: Entity) -> AttachedPolicy:
        """A boundary nobody can read allows nothing."""
        return self.text(_NOTHING, PolicyType.BOUNDARY, f"missing boundary {entity.boundary}", entity.arn)

    def text(
        self, text: str, kind: PolicyType, name: str, carrier: str | None = None, arn: str | None = None
    ) -> AttachedPolicy:
        """A policy of this world. Raises `WorldError` for a text that is none."""
        key = (text, name, kind, carrier)
        found = self._attached.get(key)
        if found is None:
            found = self._attached[key] = AttachedPolicy(parse(text, kind, name), kind, name, arn, carrier)
        return found

    def trust(self, role: Entity) -> AttachedPolicy | None:
        """A role's trust policy."""
        if role.trust is None:
            return None
        return self.text(role.trust, PolicyType.TRUST, f"trust policy of role {role.name}", role.arn)

    # The organization

    def organization_of(self, node: str) -> Organization | None:
        """The organization an account, unit or root is in; None if it is in none."""
        return next((one for one in self.organizations if node == one.root or node in one.parents), None)

    def membership(self, account: str) -> Membership | None:
        """An account's place in the organization, or None if it has none."""
        if account not in self._members:
            self._members[account] = self._member(account)
        return self._members[account]

    def _member(self, account: str) -> Membership | None:
        organization = self.organization_of(account)
        if organization is None:
            return None
        chain = organization.chain(account)
        return Membership(
            id=organization.id,
            path="/".join([organization.id, *chain[:-1]]) + "/",
            management=account == organization.management,
            scps=self._levels(organization, chain, "scp"),
            rcps=self._levels(organization, chain, "rcp"),
        )

    def _levels(self, organization: Organization, chain: Sequence[str], kind: str) -> Levels | None:
        if kind not in organization.enabled:
            return None
        levels: list[list[AttachedPolicy]] = []
        for target in chain:
            policies = (organization.policies[id] for id in organization.attached.get(target, ()))
            levels.append(
                [self.text(p.text, _KINDS[kind], p.name, target, p.arn or None) for p in policies if p.kind == kind]
            )
        return levels


def session_of(role: Entity, name: str) -> RoleSession:
    """A session of a role."""
    return RoleSession(role.account, role.arn, role.id, name, service_linked=SERVICE_LINKED in role.arn)


def parse(text: str, kind: PolicyType, name: str) -> Document:
    """The compiled document. Raises `WorldError` naming it."""
    try:
        return Document.parse(text, kind)
    except PolicyError as e:
        raise WorldError(f"{name} is not a {kind}: {e}") from e


def _key(principal: Principal, session: Session | None) -> object:
    passed = () if session is None else (session.policies, session.policy_arns)
    if isinstance(principal, RoleSession):  # its sessions differ only by the policies passed to them
        return (principal.account, principal.role_arn, principal.role_id, passed)
    return (principal, passed)

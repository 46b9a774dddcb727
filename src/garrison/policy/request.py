"""What the engine is asked, what it is asked against, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from garrison.policy.principal import Principal

if TYPE_CHECKING:
    from garrison.policy.document import Document

ContextValue = str | tuple[str, ...]
"""One value, or a tuple for a multivalued key. Numbers, dates and booleans are their text; binary is base64."""

Context = Mapping[str, ContextValue]
"""Condition context. Keys are **lower case** (`aws:principaltag/team`); an absent key is simply not there."""


class PolicyType(StrEnum):
    """The layer a policy speaks in."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"
    GRANT = "grant"
    SCP = "service control policy"
    RCP = "resource control policy"
    VPCE = "VPC endpoint policy"


class AttachedPolicy(msgspec.Struct, frozen=True, eq=False):
    """A compiled document with where it came from, so that a decision can name it."""

    document: Document
    type: PolicyType
    name: str
    """What people call it: `inline policy dev of user ana`, `AdministratorAccess`."""
    arn: str | None = None
    """The policy's own ARN; None for inline policies."""
    attached_to: str | None = None
    """ARN of what carries it (user, group, role, OU, account, resource)."""


class Request(msgspec.Struct, frozen=True, eq=False):
    """One (principal, action, resource, context) question. A call with several is asked once for each."""

    principal: Principal
    action: str
    """`service:Action` as AWS spells it."""
    resource: str
    """An ARN, or `*` for actions without resource types."""
    resource_account: str | None
    """Owner of the resource; None when the resource is `*` or belongs to nobody (then the caller's account)."""
    context: Context


class Stack(msgspec.Struct, frozen=True, eq=False):
    """Every policy that speaks about one request. Layers that do not apply are empty or None."""

    identity: Sequence[AttachedPolicy] = ()
    boundary: AttachedPolicy | None = None
    session: Sequence[AttachedPolicy] | None = None
    """None: no session policy was passed (which limits nothing, except for federated users)."""
    scps: Sequence[Sequence[AttachedPolicy]] | None = None
    """One entry per level from the organization root to the account; None: exempt or no organization."""
    rcps: Sequence[Sequence[AttachedPolicy]] | None = None
    resource: AttachedPolicy | None = None
    """The resource's own policy (bucket, key, queue) or the role's trust policy."""
    grants: Sequence[AttachedPolicy] = ()
    """Grants on the resource (KMS): each allows one principal, as a statement of the resource's policy would."""
    endpoint: AttachedPolicy | None = None
    """VPC endpoint policy; None: full access."""
    resource_required: bool = False
    """The account's own policies count only if `resource` lets them (role trust and KMS key policies): silence denies,
    the root user included. `access.resources.Facts.trusts_account` says so, negated."""


class Decision(msgspec.Struct, frozen=True, eq=False):
    """Yes or no, with the reason. Made without building an explanation."""

    allowed: bool
    code: str
    """A reason code of the decision table: `ALLOW_IDENTITY`, `DENY_EXPLICIT_SCP`, `DENY_IMPLICIT_BOUNDARY`, ..."""
    policy: AttachedPolicy | None = None
    """The policy that decided; None when it was the absence of one."""
    statement: int | None = None
    """Index of the deciding statement in `policy.document`."""
    level: int | None = None
    """Which SCP or RCP level decided, counted from the organization root."""

"""Who made a recorded call: `userIdentity` becomes a principal and what its session is known to carry.

Source: CloudTrail user guide, "CloudTrail userIdentity element".
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from garrison.access.caller import Session
from garrison.policy.principal import FederatedUser, Principal, RoleSession, Root, Service, User
from garrison.replay.world import SERVICE_LINKED


class RecordedCaller(msgspec.Struct, frozen=True, eq=False):
    """A caller as far as the log tells."""

    principal: Principal | None
    """None where the log does not tell who it was."""
    session: Session | None = None
    group: str = ""
    """What its calls are counted under: a role for its sessions, else the caller's ARN."""
    invoked_by: str | None = None
    """The service that called on its behalf."""
    why: str = ""
    """Why `principal` is None."""
    policies_known: bool = True
    """Whether session policies would be known. The log does not tell them, so of federated users they are not."""


class _Issuer(msgspec.Struct):
    type: str = ""
    principal: str = msgspec.field(name="principalId", default="")
    arn: str = ""
    account: str = msgspec.field(name="accountId", default="")


class _Attributes(msgspec.Struct):
    created: str | None = msgspec.field(name="creationDate", default=None)
    mfa: str | bool | None = msgspec.field(name="mfaAuthenticated", default=None)


class _Federation(msgspec.Struct):
    provider: str | None = msgspec.field(name="federatedProvider", default=None)


class _Context(msgspec.Struct):
    issuer: _Issuer | None = msgspec.field(name="sessionIssuer", default=None)
    attributes: _Attributes | None = None
    federation: _Federation | None = msgspec.field(name="webIdFederationData", default=None)
    source_identity: str | None = msgspec.field(name="sourceIdentity", default=None)
    delivery: str | None = msgspec.field(name="ec2RoleDelivery", default=None)
    assumed_root: Any = msgspec.field(name="assumedRoot", default=None)


class _Identity(msgspec.Struct):
    type: str = ""
    principal: str = msgspec.field(name="principalId", default="")
    arn: str = ""
    account: str = msgspec.field(name="accountId", default="")
    key: str = msgspec.field(name="accessKeyId", default="")
    invoked_by: str | None = msgspec.field(name="invokedBy", default=None)
    context: _Context | None = msgspec.field(name="sessionContext", default=None)


_decode = msgspec.json.Decoder(_Identity).decode


def caller_of(raw: bytes) -> RecordedCaller:
    """The caller of a record."""
    try:
        found = _decode(raw)
    except msgspec.DecodeError as e:
        return RecordedCaller(None, why=f"userIdentity is not understood: {e}")
    session = _session(found)
    match found.type:
        case "IAMUser" if found.arn:
            principal: Principal = User(found.account, found.arn, found.principal)
            return RecordedCaller(principal, session, found.arn, found.invoked_by)
        case "Root" if found.account:
            if found.context is not None and found.context.assumed_root:
                return RecordedCaller(None, why="sessions of sts:AssumeRoot are not modelled")
            root = Root(found.account, found.arn.split(":", 2)[1] if found.arn else "aws")
            return RecordedCaller(root, session, root.arn, found.invoked_by)
        case "AssumedRole":
            issuer = None if found.context is None else found.context.issuer
            if issuer is None or not issuer.arn:
                return RecordedCaller(None, why="a role session without its issuer")
            role_id, _, name = found.principal.partition(":")
            if not name:
                name = found.arn.rpartition("/")[2]
            linked = SERVICE_LINKED in issuer.arn
            role = RoleSession(issuer.account or found.account, issuer.arn, role_id, name, service_linked=linked)
            return RecordedCaller(role, session, issuer.arn, found.invoked_by)
        case "FederatedUser":
            issuer = None if found.context is None else found.context.issuer
            if issuer is None or not issuer.arn:
                return RecordedCaller(None, why="a federated user without its issuer")
            name = found.principal.partition(":")[2]
            user = FederatedUser(found.account, name, issuer.arn, issuer.principal)
            return RecordedCaller(user, session, found.arn, found.invoked_by, policies_known=False)
        case "AWSService":
            service = Service(found.invoked_by or "")
            return RecordedCaller(service, None, service.name)
        case "AWSAccount":
            return RecordedCaller(None, why="a caller of another account, of whom this log tells only the account")
        case _:
            return RecordedCaller(None, why=f"callers of type {found.type or 'unknown'} are not modelled")


def _session(found: _Identity) -> Session | None:
    """What temporary credentials carry; None for long-term keys, whose id begins with AKIA."""
    context = found.context
    if context is None or context.attributes is None or found.key.startswith("AKIA"):
        return None
    issued = _seconds(context.attributes.created)
    more: dict[str, str | tuple[str, ...]] = {}
    if context.federation is not None and context.federation.provider:
        more["aws:federatedprovider"] = context.federation.provider
    if context.delivery:
        more["ec2:roledelivery"] = context.delivery
    return Session(
        kind={"AssumedRole": "assume-role", "FederatedUser": "federation-token"}.get(found.type, "session-token"),
        issued=issued,
        expires=issued,
        mfa_at=issued if str(context.attributes.mfa).lower() == "true" else None,
        source_identity=context.source_identity,
        context=more,
    )


def _seconds(text: str | None) -> float:
    try:
        return datetime.fromisoformat(text).timestamp() if text else 0.0
    except ValueError:
        return 0.0

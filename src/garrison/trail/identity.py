"""The `userIdentity` element.

Source: CloudTrail user guide, "CloudTrail userIdentity element".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

from garrison.policy.principal import (
    Anonymous,
    AssumedRoot,
    Federated,
    FederatedUser,
    Principal,
    RoleSession,
    Root,
    Service,
    User,
)


class Session(Protocol):
    """What temporary credentials tell the trail."""

    @property
    def kind(self) -> str: ...
    @property
    def issued(self) -> float: ...
    @property
    def mfa_at(self) -> float | None: ...
    @property
    def source_identity(self) -> str | None: ...
    @property
    def context(self) -> Mapping[str, Any]: ...


class Caller(Protocol):
    """A verified principal and the credentials it proved."""

    @property
    def principal(self) -> Principal: ...
    @property
    def access_key_id(self) -> str | None: ...
    @property
    def session(self) -> Session | None: ...


@lru_cache(maxsize=1024)
def iso_time(second: int) -> str:
    """`2026-01-31T12:00:00Z`."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def user_identity(caller: Caller) -> dict[str, Any]:
    """Who made the call, in the trail of the caller's own account."""
    principal = caller.principal
    session = caller.session
    key = {"accessKeyId": caller.access_key_id} if caller.access_key_id else {}
    match principal:
        case User():
            identity = _base("IAMUser", principal.id, principal.arn, principal.account, key)
            identity["userName"] = principal.name
            return _with_session(identity, session)
        case Root():
            identity = _base("Root", principal.account, principal.arn, principal.account, key)
            return _with_session(identity, session)
        case RoleSession():
            identity = _base("AssumedRole", principal.user_id, principal.arn, principal.account, key)
            return _with_session(
                identity,
                session,
                {
                    "type": "Role",
                    "principalId": principal.role_id,
                    "arn": principal.role_arn,
                    "accountId": principal.account,
                    "userName": principal.role_name,
                },
            )
        case FederatedUser():
            identity = _base("FederatedUser", principal.user_id, principal.arn, principal.account, key)
            return _with_session(identity, session, _federation_issuer(principal))
        case AssumedRoot():
            identity = _base("Root", principal.account, principal.arn, principal.account, key)
            identity = _with_session(identity, session)
            identity.setdefault("sessionContext", {})["assumedRoot"] = "true"
            return identity
        case Service():
            return {"type": "AWSService", "invokedBy": principal.name}
        case Federated():
            # "Values for AWS STS APIs with SAML and OIDC federation": of SAML, the provider is its name qualifier.
            return {
                "type": "SAMLUser" if principal.saml else "WebIdentityUser",
                "principalId": principal.user_id,
                "userName": principal.subject,
                "identityProvider": (principal.saml and principal.qualifier) or principal.provider,
            }
        case Anonymous():
            return {"type": "Unknown", "principalId": "Anonymous", **key}


def foreign_identity(caller: Caller) -> dict[str, Any]:
    """Who made the call, in the trail of another account: its resource's owner learns the account, not the name."""
    principal = caller.principal
    if isinstance(principal, Service | Anonymous | Federated):
        return user_identity(caller)
    return {"type": "AWSAccount", "principalId": principal.user_id, "accountId": principal.account}


def lookup_name(principal: Principal) -> str | None:
    """What `LookupEvents` calls the caller's `Username`."""
    match principal:
        case User():
            return principal.name
        case Root() | AssumedRoot():
            return "root"
        case RoleSession():
            return principal.session_name
        case FederatedUser():
            return principal.name
        case Service():
            return principal.name
        case Federated():
            return principal.subject
        case Anonymous():
            return None


def identity_name(type_: str, user_name: str | None, principal_id: str, invoked_by: str | None) -> str | None:
    """`lookup_name`, from a written record."""
    if type_ == "Root":
        return "root"
    if type_ in ("AssumedRole", "FederatedUser"):
        return principal_id.partition(":")[2]
    return invoked_by if type_ == "AWSService" else user_name


def _base(type_: str, principal_id: str, arn: str, account: str, key: dict[str, str]) -> dict[str, Any]:
    return {"type": type_, "principalId": principal_id, "arn": arn, "accountId": account, **key}


def _federation_issuer(principal: FederatedUser) -> dict[str, str]:
    issuer = {
        "type": "Root" if principal.issuer_arn.endswith(":root") else "IAMUser",
        "principalId": principal.issuer_id,
        "arn": principal.issuer_arn,
        "accountId": principal.account,
    }
    if issuer["type"] == "IAMUser":
        issuer["userName"] = principal.issuer_arn.rsplit("/", 1)[-1]
    return issuer


def _with_session(
    identity: dict[str, Any], session: Session | None, issuer: dict[str, str] | None = None
) -> dict[str, Any]:
    if session is None:
        return identity
    context: dict[str, Any] = {}
    if issuer is not None:
        context["sessionIssuer"] = issuer
    federation = _federation(session)
    if federation is not None:
        context["webIdFederationData"] = federation
    context["attributes"] = {
        "creationDate": iso_time(int(session.issued)),
        "mfaAuthenticated": "false" if session.mfa_at is None else "true",
    }
    if session.source_identity:
        context["sourceIdentity"] = session.source_identity
    delivery = session.context.get("ec2:roledelivery")
    if isinstance(delivery, str):
        context["ec2RoleDelivery"] = delivery
    identity["sessionContext"] = context
    return identity


def _federation(session: Session) -> dict[str, Any] | None:
    """Which identity provider vouched, for roles assumed with a web identity."""
    if session.kind != "web-identity":
        return None
    provider = session.context.get("aws:federatedprovider")
    # The claims are condition keys named after the provider's host: `accounts.google.com:sub`.
    claims = {
        key: value
        for key, value in session.context.items()
        if isinstance(value, str) and key.rpartition(":")[2] in ("sub", "aud", "app_id", "user_id", "amr")
    }
    return {"federatedProvider": provider if isinstance(provider, str) else "", "attributes": claims}

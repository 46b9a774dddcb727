"""Where principals come from: the service that owns users and roles registers itself here."""

from __future__ import annotations

from typing import Protocol

import msgspec

from garrison.access.caller import Caller
from garrison.access.runtime import Runtime
from garrison.policy.principal import Principal
from garrison.policy.request import AttachedPolicy
from garrison.store import Reader


class Credential(msgspec.Struct, frozen=True):
    """A long-term access key."""

    access_key_id: str
    secret: str
    principal: Principal
    active: bool


class Grants(msgspec.Struct, frozen=True, eq=False):
    """What a principal's own account gives it."""

    identity: tuple[AttachedPolicy, ...] = ()
    boundary: AttachedPolicy | None = None
    tags: dict[str, str] = {}
    """The user's or role's own tags (session tags are laid over them by the caller's session)."""
    exists: bool = True
    """False when the user or role is gone (or was deleted and made again): its sessions are worth nothing."""


class RoleFacts(msgspec.Struct, frozen=True):
    """What assuming a role needs to know of it."""

    arn: str
    """With the role's path, spelled as the role was created."""
    id: str
    """Its AROA id."""
    account: str
    max_session_duration: int = 3600
    tags: dict[str, str] = {}
    service_linked: bool = False


class PrincipalProvider(Protocol):
    """Users, roles and keys, read from the store."""

    def credential(self, runtime: Runtime, reader: Reader, access_key_id: str) -> Credential | None:
        """The long-term access key with that id (secret opened), or None."""
        ...

    def grants(self, runtime: Runtime, reader: Reader, principal: Principal) -> Grants:
        """Policies and tags of a principal (for a federated user: of its issuer)."""
        ...

    def role(self, reader: Reader, arn: str) -> RoleFacts | None:
        """The role with that ARN (path and all), or None if there is none."""
        ...

    def find(self, reader: Reader, arn: str) -> Principal | None:
        """The user or role session an ARN names (a role ARN: some session of the role); None if there is none."""
        ...

    def managed(self, reader: Reader, arn: str) -> AttachedPolicy | None:
        """The default version of a managed policy, for session policies passed by ARN; None if there is none."""
        ...

    def used(self, runtime: Runtime, caller: Caller, service: str, region: str, now: float) -> None:
        """Note that a key or role was used (last-used data), cheaply and not durably at once."""
        ...


_provider: PrincipalProvider | None = None


def provide_principals(provider: PrincipalProvider) -> None:
    """Register the one provider (IAM)."""
    global _provider
    _provider = provider


def principals() -> PrincipalProvider:
    """The registered provider."""
    if _provider is None:
        raise RuntimeError("no principal provider is registered: import garrison.services first")
    return _provider

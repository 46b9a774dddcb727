"""Identity providers: what IAM knows of them, and what one of them says of a caller.

The service that owns the providers registers itself here; whoever verifies tokens asks without importing it.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from garrison.access.runtime import Runtime
from garrison.policy.principal import Federated
from garrison.store import Reader


class OidcProvider(msgspec.Struct, frozen=True):
    """An OpenID Connect provider of one account."""

    arn: str
    url: str
    """As it was created, with its scheme."""
    client_ids: tuple[str, ...]
    thumbprints: tuple[str, ...]
    """SHA-1 of certificates (hexadecimal, lower case) its server may present where no authority known here signed."""


class SamlProvider(msgspec.Struct, frozen=True):
    """A SAML provider of one account."""

    arn: str
    uuid: str
    """Part of the address assertions may be sent to."""
    entity_id: str
    certificates: tuple[bytes, ...]
    """The signing certificates of its metadata (DER)."""
    valid_until: float | None
    private_keys: tuple[bytes, ...]
    """Keys (PKCS #8, DER) that assertions may be encrypted for."""
    encryption_required: bool


class Vouched(msgspec.Struct, frozen=True):
    """What a verified token or assertion says."""

    principal: Federated
    context: dict[str, str | tuple[str, ...]]
    """Condition keys of the call, lower-case names: claims, tags, source identity."""
    session_context: dict[str, str | tuple[str, ...]]
    """Those of them that the role's session keeps."""
    session_name: str
    answer: dict[str, Any]
    """Members of the operation's answer that repeat the token: subject, audience, issuer."""
    tags: dict[str, str] = {}
    transitive: tuple[str, ...] = ()
    source_identity: str | None = None
    not_after: float | None = None
    """When the session must be over, in seconds since the epoch."""


class IdentityProviders(Protocol):
    """Identity providers, read from the store."""

    def oidc(self, reader: Reader, partition: str, account: str, issuer: str) -> OidcProvider | None:
        """The provider of the account with that issuer (its URL, exactly), or None."""
        ...

    def saml(self, runtime: Runtime, reader: Reader, arn: str) -> SamlProvider | None:
        """The SAML provider with that ARN, or None."""
        ...


_providers: IdentityProviders | None = None


def provide_identity_providers(providers: IdentityProviders) -> None:
    """Register the one source of identity providers (IAM)."""
    global _providers
    _providers = providers


def identity_providers() -> IdentityProviders:
    """The registered source."""
    if _providers is None:
        raise RuntimeError("no identity providers are registered: import garrison.services first")
    return _providers

"""Who is calling, with what the credentials add: session, MFA, tags, session policies."""

from __future__ import annotations

import msgspec

from garrison.policy.principal import Principal


class Session(msgspec.Struct, frozen=True, omit_defaults=True):
    """What temporary credentials carry. All times are seconds since the epoch."""

    kind: str
    """`assume-role`, `session-token`, `federation-token`, `web-identity`, `saml`, `assume-root` or `login`."""
    issued: float
    expires: float
    mfa_at: float | None = None
    """When MFA was proved; None if it was not."""
    mfa_serial: str | None = None
    tags: dict[str, str] = {}
    """Session tags, inherited transitive ones included."""
    transitive: tuple[str, ...] = ()
    source_identity: str | None = None
    policies: tuple[str, ...] = ()
    """Inline session policies as passed."""
    policy_arns: tuple[str, ...] = ()
    """Managed session policies as passed."""
    chained: bool = False
    """The role was assumed with another role's credentials."""
    issuer_key: str | None = None
    """Access key id of the credentials the session was made with."""
    context: dict[str, str | tuple[str, ...]] = {}
    """Further condition keys fixed at issue (federation provider, claims), lower-case names."""


class Caller(msgspec.Struct, frozen=True):
    """A verified principal and the credentials it proved."""

    principal: Principal
    access_key_id: str | None = None
    session: Session | None = None

    @property
    def account(self) -> str | None:
        """The account the caller belongs to; None for services and anonymous callers."""
        return self.principal.account

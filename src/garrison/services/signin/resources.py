"""What sign-in stores: sessions of browsers, authorization codes, and what refreshes the credentials of clients.

Whatever is shown to a browser or client (cookie, code, refresh token) is kept as its SHA-256 only; temporary
credentials are sealed. Names begin with the time the row may be forgotten, so that the oldest are found first.
"""

from __future__ import annotations

import hashlib
from typing import TypeVar

import msgspec

from garrison.access.caller import Session
from garrison.policy.principal import Principal
from garrison.store import Kind, Transaction

T = TypeVar("T", bound=msgspec.Struct)

SESSION_PURPOSE = "sign-in-session/v1"
"""What the credentials of browser sessions are sealed for; the place is the row's id."""


class WebSession(msgspec.Struct, frozen=True, omit_defaults=True):
    """A browser's session; row id is the hash of its cookie."""

    sealed: bytes
    """The `Held` credentials."""
    expires: float
    stamp: str = ""
    """Which password it was opened with (`access.passwords`): another one, or none, ends the session."""


class Held(msgspec.Struct, frozen=True):
    """Temporary credentials: access key id, secret, session token."""

    access_key_id: str
    secret_access_key: str
    session_token: str


class HeldPair(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who signed in, and the role switched to."""

    own: Held
    role: Held | None = None


class Code(msgspec.Struct, frozen=True, omit_defaults=True):
    """An authorization code that waits to be redeemed, once; row id is its hash."""

    principal: Principal
    session: Session
    client_id: str
    redirect_uri: str
    challenge: str
    """base64url of the SHA-256 of the verifier."""
    expires: float
    stamp: str = ""


class Grant(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a client may refresh its credentials by; row id is drawn, and is the first part of the refresh token."""

    principal: Principal
    session: Session
    """As signed in with: its end is the grant's end."""
    client_id: str
    key: str
    """Thumbprint (RFC 7638) of the key the client proves possession of."""
    refresh: str
    """Hash of the refresh token that is good now."""
    redirect_uri: str = ""
    previous: str = ""
    """Hash of the one before it."""
    rotated: float = 0.0
    stamp: str = ""


SESSION = Kind("signin.session", WebSession)
CODE = Kind("signin.code", Code)
GRANT = Kind("signin.grant", Grant)

_PRUNED = 50
"""Rows that are tidied away at a time."""


def digest(secret: str) -> str:
    """What is kept of a secret with so many random bits that nothing slower than SHA-256 is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def row_name(forget: float, id: str) -> str:
    """The name of a row that may go at a time."""
    return f"{int(forget):012d}:{id}"


def prune(tx: Transaction, kind: Kind[T], account: str, now: float) -> None:
    """Tidy away the oldest rows of a kind whose time is over."""
    for row in tx.page(kind, account, limit=_PRUNED):
        if int(row.name[:12]) < now:
            tx.delete(row)

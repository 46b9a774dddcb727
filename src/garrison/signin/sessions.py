"""Sessions of browsers: temporary credentials behind a cookie, in the store, sealed.

A session ends with its time, with its user or role, with the password it was opened with, and by signing out.
"""

from __future__ import annotations

import msgspec

from garrison.access.caller import Caller, Session
from garrison.access.passwords import password_stamp
from garrison.access.plan import plan
from garrison.access.runtime import Runtime
from garrison.access.tokens import Credentials, TokenExpired, TokenInvalid, mint, open_token
from garrison.keys.seal import SealBroken
from garrison.policy.principal import Principal
from garrison.services.signin.resources import (
    SESSION,
    SESSION_PURPOSE,
    Held,
    HeldPair,
    WebSession,
    digest,
    prune,
    row_name,
)
from garrison.signin.visit import new_token
from garrison.store import Reader, Resource, Transaction

SECONDS = 12 * 3600
"""As long as a session of AWS's console."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(HeldPair).decode


class Present(msgspec.Struct, frozen=True):
    """Somebody who is signed in."""

    row: Resource[WebSession]
    own: Caller
    """Who signed in."""
    role: Caller | None
    """The role switched to, while its session lasts."""

    @property
    def acting(self) -> Caller:
        """Whose rights count now."""
        return self.role or self.own

    @property
    def expires(self) -> float:
        return self.row.body.expires


def login_session(now: float, mfa: str | None) -> Session:
    """The session of somebody who has just signed in, perhaps with an MFA device."""
    issued = float(int(now))
    return Session(
        kind="login",
        issued=issued,
        expires=issued + SECONDS,
        mfa_at=None if mfa is None else now,
        mfa_serial=mfa,
    )


def begin(runtime: Runtime, tx: Transaction, principal: Principal, session: Session, now: float) -> str:
    """Open a session; its cookie."""
    assert principal.account is not None
    cookie = new_token()
    id = digest(cookie)
    own = _held(mint(runtime, principal, session))
    body = WebSession(
        sealed=_seal(runtime, id, HeldPair(own)), expires=session.expires, stamp=password_stamp(tx, principal)
    )
    prune(tx, SESSION, principal.account, now)
    tx.insert(SESSION, principal.account, row_name(session.expires, id), body, id=id, created=now)
    return cookie


def present(runtime: Runtime, reader: Reader, cookie: str | None, now: float) -> Present | None:
    """Who is behind a cookie, or None."""
    row = None if cookie is None else reader.by_id(SESSION, digest(cookie))
    if row is None or now >= row.body.expires:
        return None
    try:
        pair = _decode(runtime.seal.open(SESSION_PURPOSE, row.body.sealed, row.id))
        own, _ = open_token(runtime, pair.own.session_token, pair.own.access_key_id)
    except (SealBroken, msgspec.DecodeError, TokenInvalid, TokenExpired):
        return None
    if row.body.stamp != password_stamp(reader, own.principal) or not plan(runtime, reader, own).exists:
        return None
    return Present(row, own, _role(runtime, reader, pair.role))


def _role(runtime: Runtime, reader: Reader, held: Held | None) -> Caller | None:
    if held is None:
        return None
    try:
        role, _ = open_token(runtime, held.session_token, held.access_key_id)
    except (TokenInvalid, TokenExpired):
        return None
    return role if plan(runtime, reader, role).exists else None


def switch(runtime: Runtime, tx: Transaction, row_id: str, role: Held | None) -> None:
    """Act as a role, or (None) as oneself again."""
    row = tx.by_id(SESSION, row_id)
    if row is None:
        return
    pair = _decode(runtime.seal.open(SESSION_PURPOSE, row.body.sealed, row.id))
    sealed = _seal(runtime, row.id, HeldPair(pair.own, role))
    tx.update(row, msgspec.structs.replace(row.body, sealed=sealed))


def keep_after_change(tx: Transaction, row_id: str, principal: Principal) -> None:
    """The session the password was changed in goes on; all others end."""
    row = tx.by_id(SESSION, row_id)
    if row is not None:
        tx.update(row, msgspec.structs.replace(row.body, stamp=password_stamp(tx, principal)))


def end(tx: Transaction, row_id: str) -> None:
    """Sign out."""
    row = tx.by_id(SESSION, row_id)
    if row is not None:
        tx.delete(row)


def _held(made: Credentials) -> Held:
    return Held(made.access_key_id, made.secret_access_key, made.session_token)


def _seal(runtime: Runtime, id: str, pair: HeldPair) -> bytes:
    return runtime.seal.seal(SESSION_PURPOSE, _encode(pair), id)

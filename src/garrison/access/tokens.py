"""Temporary credentials: minting and opening session tokens.

A token carries everything about its session, sealed: principal, session, secret and expiry. Nothing is stored, so every
process that has the seal's root key can open it. It is bound to its access key id (the seal's place), so a token
presented with another key's id does not open, and its text has one spelling only, so no altered character goes by.
Deleting the user or role ends its sessions through authorization, which looks whether the principal is still there.
"""

from __future__ import annotations

import base64
import binascii
import math
import os
from typing import NamedTuple

import msgspec

from garrison.access.caller import Caller, Session
from garrison.access.runtime import Runtime
from garrison.aws.ids import access_key_id as new_access_key_id
from garrison.aws.ids import secret_access_key
from garrison.keys.seal import SealBroken
from garrison.policy.principal import Principal

_PURPOSE = "session-token/v1"
_VERSION = b"\x21\x0a\x09"
"""Marks the format. Spelled so that tokens begin with the same letters; not a secret, and checked on opening."""
_OVERHEAD = len(_VERSION) + 12 + 16
"""Bytes around the payload: version, nonce, authentication tag."""
_MAX_TOKEN = 16 * 1024
_ROUND = 64
"""Payloads are padded to a multiple of this, so that a token's length says little about what is in it."""


class TokenInvalid(Exception):
    """The token was not minted here, was altered, or belongs to another access key."""


class TokenExpired(Exception):
    """The token was good once."""


class Credentials(NamedTuple):
    """Temporary credentials as STS hands them out; `expires` in seconds since the epoch."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires: float


class _Payload(msgspec.Struct, frozen=True, array_like=True):
    principal: Principal
    session: Session
    secret: str
    padding: bytes = b""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Payload).decode


def mint(runtime: Runtime, principal: Principal, session: Session, *, minimum_size: int = 0) -> Credentials:
    """New temporary credentials for a principal, expiring with the session; the token has at least `minimum_size`
    characters (STS's MinimumSessionTokenSize).
    """
    key_id = new_access_key_id(principal.account or runtime.first_account, "ASIA")
    secret = secret_access_key()
    bare = len(_encode(_Payload(principal, session, secret)))
    wanted = math.ceil(minimum_size / 4) * 3 - _OVERHEAD
    padding = max(-bare % _ROUND, wanted - bare)
    sealed = runtime.seal.seal(_PURPOSE, _encode(_Payload(principal, session, secret, os.urandom(padding))), key_id)
    return Credentials(key_id, secret, base64.b64encode(_VERSION + sealed).decode(), session.expires)


def open_token(runtime: Runtime, token: str, access_key_id: str) -> tuple[Caller, str]:
    """The caller a token stands for, and the secret its requests are signed with.

    Raises `TokenInvalid` and `TokenExpired`. The signature is still to be verified with the secret.
    """
    opened: tuple[Caller, str] | None = runtime.tokens.get(token)
    if opened is None:
        opened = _open(runtime, token, access_key_id)
        runtime.tokens.put(token, opened)
    caller, _ = opened
    if caller.access_key_id != access_key_id:
        raise TokenInvalid("the token belongs to another access key")
    if caller.session is None or runtime.clock.now() >= caller.session.expires:
        raise TokenExpired(token[:12])
    return opened


def _open(runtime: Runtime, token: str, access_key_id: str) -> tuple[Caller, str]:
    if len(token) > _MAX_TOKEN or not token.isascii():
        raise TokenInvalid("no session token")
    try:
        raw = base64.b64decode(token, validate=True)
    except binascii.Error as e:
        raise TokenInvalid("not base64") from e
    # The last character of base64 may carry bits that decode to nothing: only the canonical spelling is a token.
    if not raw.startswith(_VERSION) or base64.b64encode(raw) != token.encode():
        raise TokenInvalid("not a token of this version")
    try:
        payload = _decode(runtime.seal.open(_PURPOSE, raw[len(_VERSION) :], access_key_id))
    except (SealBroken, msgspec.DecodeError) as e:
        raise TokenInvalid("does not open") from e
    return Caller(payload.principal, access_key_id, payload.session), payload.secret

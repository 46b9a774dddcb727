"""Seals: what the root key is wrapped under, outside the database.

The database holds the root key once for every seal, wrapped. Any one of the seals opens it, so that a seal is changed
by adding the new one and removing the old one. A seal gives a secret and nothing else; where the secret comes from (a
file, a systemd credential, a person) is the business of whoever implements `SealSource`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from garrison.keys.material import joined
from garrison.keys.root import RootKey

FILE, SYSTEMD, PASSPHRASE = "file", "systemd", "passphrase"
KINDS = (FILE, SYSTEMD, PASSPHRASE)

MEMORY_KIB, ITERATIONS, LANES = 262_144, 3, 4
"""Argon2id for passphrases: 256 MiB, three passes, four lanes; half a second on a small server."""
SHORTEST_PASSPHRASE = 12
"""Characters."""
SHORTEST_SECRET = 32
"""Bytes of a secret that is not a passphrase: it is taken as it is, so it has to be random."""

_CHECK = "root-id/v1"
_WRAP = b"garrison/root-wrap/v1"
_MOST_MEMORY_KIB = 4 * 1024 * 1024


class SealUnavailable(Exception):
    """A seal does not give its secret now. The text says why and what to do."""


class CannotOpen(Exception):
    """None of the seals opens the root key; `reasons` says of each why not."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class SealSource(Protocol):
    """Where the secret of a seal comes from."""

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        ...

    def secret(self) -> bytes:
        """The secret. Raises `SealUnavailable`."""
        ...


class Passphrase:
    """A seal that is in people's heads."""

    kind = PASSPHRASE

    def __init__(self, passphrase: str) -> None:
        self._passphrase = passphrase

    def secret(self) -> bytes:
        return self._passphrase.encode()


class WrappedRoot(msgspec.Struct, frozen=True, kw_only=True):
    """The root key under one seal, as it is stored."""

    name: str
    """What people call the seal; the kind, unless there are several of that kind."""
    kind: str
    root_id: str
    """Tells root keys apart without saying anything of them."""
    created: float
    salt: bytes
    sealed: bytes
    memory_kib: int = 0
    """Argon2id's cost; 0 where the secret is random and needs no stretching."""
    iterations: int = 0
    lanes: int = 0


def root_id(root: RootKey) -> str:
    """32 hex digits. Raises `Sealed`."""
    return root.derived(_CHECK)[:16].hex()


def wrap(
    root: RootKey, source: SealSource, now: float, *, name: str | None = None, memory_kib: int | None = None
) -> WrappedRoot:
    """The root key under a seal. Raises `Sealed`, `SealUnavailable`, ValueError for a secret that is too short."""
    secret = source.secret()
    if len(secret) < (SHORTEST_PASSPHRASE if source.kind == PASSPHRASE else SHORTEST_SECRET):
        raise ValueError(
            f"a passphrase has {SHORTEST_PASSPHRASE} characters or more"
            if source.kind == PASSPHRASE
            else f"the secret of the {source.kind} seal has {SHORTEST_SECRET} random bytes or more"
        )
    stretched = source.kind == PASSPHRASE
    row = WrappedRoot(
        name=name or source.kind,
        kind=source.kind,
        root_id=root_id(root),
        created=now,
        salt=os.urandom(16),
        sealed=b"",
        memory_kib=(memory_kib or MEMORY_KIB) if stretched else 0,
        iterations=ITERATIONS if stretched else 0,
        lanes=LANES if stretched else 0,
    )
    iv = os.urandom(12)
    sealed = iv + AESGCM(_key(row, secret)).encrypt(iv, root.reveal(), _place(row))
    return msgspec.structs.replace(row, sealed=sealed)


def unwrap(row: WrappedRoot, source: SealSource) -> bytes:
    """The root key. Raises `SealUnavailable`, also for the secret of another seal or a row that was changed."""
    secret = source.secret()
    try:
        key = AESGCM(_key(row, secret)).decrypt(row.sealed[:12], row.sealed[12:], _place(row))
        if root_id(RootKey(key)) != row.root_id:
            raise ValueError("another root key")
    except (InvalidTag, ValueError) as e:
        what = "not the passphrase" if row.kind == PASSPHRASE else "not the secret"
        raise SealUnavailable(f"it is {what} this database's root key was sealed under") from e
    return key


def open_any(rows: Iterable[WrappedRoot], sources: Iterable[SealSource]) -> tuple[bytes, WrappedRoot]:
    """The root key by the first seal that opens it, and which that was. Raises `CannotOpen`."""
    by_kind: dict[str, list[SealSource]] = {}
    for source in sources:
        by_kind.setdefault(source.kind, []).append(source)
    reasons = []
    for row in rows:
        for source in by_kind.get(row.kind, ()):
            try:
                return unwrap(row, source), row
            except SealUnavailable as e:
                reasons.append(f"seal {row.name}: {e}")
        if row.kind not in by_kind:
            reasons.append(f"seal {row.name}: nobody has given its {row.kind}")
    raise CannotOpen(tuple(reasons))


def _key(row: WrappedRoot, secret: bytes) -> bytes:
    if row.kind != PASSPHRASE:
        return HKDF(SHA256(), 32, row.salt, _WRAP).derive(secret)
    if row.memory_kib > _MOST_MEMORY_KIB:
        raise ValueError("an Argon2id cost nobody asked for")
    stretch = Argon2id(salt=row.salt, length=32, iterations=row.iterations, lanes=row.lanes, memory_cost=row.memory_kib)
    return stretch.derive(secret)


def _place(row: WrappedRoot) -> bytes:
    cost = f"{row.memory_kib}/{row.iterations}/{row.lanes}"
    return joined(_WRAP, row.name, row.kind, row.root_id, repr(float(row.created)), row.salt, cost)

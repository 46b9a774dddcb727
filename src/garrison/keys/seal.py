"""Sealing of secrets at rest: what lies in the database is useless without the seal.

A `Seal` encrypts small secrets (secret access keys, TOTP seeds, session tokens) with AES-256-GCM under keys derived
from one root key by HKDF, one key for each purpose, with the place the secret belongs to as associated data, so that a
sealed value copied to another row does not open.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from garrison.keys.root import RootKey


class SealBroken(Exception):
    """A sealed value does not open: altered, moved, or sealed under another root key."""


class Seal:
    """Seals and opens secrets under one root key.

    Raises `keys.errors.Sealed` until the root key has been open once. Sealing it later seals the keys of KMS, not the
    secrets here: who is signed in and who may call is to be known still.
    """

    def __init__(self, root: RootKey | bytes) -> None:
        self.root = root if isinstance(root, RootKey) else RootKey(root)
        self._held: RootKey | None = None
        if not self.root.sealed:
            self.hold()

    @property
    def usable(self) -> bool:
        """Whether secrets open."""
        return self._held is not None or not self.root.sealed

    def hold(self) -> None:
        """Take from the root key what secrets need. For whoever has opened it. Raises `Sealed`."""
        if self._held is None:
            self._held = RootKey(self.root.derived("secrets/v1"))

    @property
    def held(self) -> bytes | None:
        """The 32-byte key that secrets need; None until the root key has been open once."""
        return None if self._held is None else self._held.reveal()

    def hold_as(self, held: bytes) -> None:
        """Take over what another seal under the same root key has `held`."""
        if self._held is None:
            self._held = RootKey(held)

    def _cipher(self, purpose: str) -> AESGCM:
        if self._held is None:
            self.hold()
            assert self._held is not None
        return self._held.cipher("seal/v1/" + purpose)

    def seal(self, purpose: str, secret: bytes, place: str) -> bytes:
        """Encrypt `secret` for one purpose (`access-key`) and one place (the key's id)."""
        nonce = os.urandom(12)
        return nonce + self._cipher(purpose).encrypt(nonce, secret, place.encode())

    def open(self, purpose: str, sealed: bytes, place: str) -> bytes:
        """The secret. Raises `SealBroken`."""
        try:
            return self._cipher(purpose).decrypt(sealed[:12], sealed[12:], place.encode())
        except (InvalidTag, ValueError) as e:
            raise SealBroken(purpose) from e

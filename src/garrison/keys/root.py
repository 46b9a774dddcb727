"""The root key: the one key everything else hangs from, open or sealed.

    seal -> root key -> domain keys -> key material -> the key of one ciphertext
                     -> secrets at rest (`keys.seal`), MACs of rows, import tokens

Nothing is encrypted with the root key itself: each purpose has a key of its own, derived by HKDF.
"""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from garrison.keys.errors import Sealed

LENGTH = 32


class RootKey:
    """A 32-byte root key that can be sealed and opened again while Garrison runs.

    What is derived from it is remembered until it is sealed. `generation` counts openings and sealings, so that
    whoever remembers more knows when to forget it.
    """

    __slots__ = ("_ciphers", "_key", "_keys", "generation")

    def __init__(self, key: bytes | None = None) -> None:
        self._key: bytes | None = None
        self._keys: dict[str, bytes] = {}
        self._ciphers: dict[str, AESGCM] = {}
        self.generation = 0
        if key is not None:
            self.open(key)

    @classmethod
    def new(cls) -> RootKey:
        """A fresh random one, open."""
        return cls(os.urandom(LENGTH))

    def __repr__(self) -> str:
        return f"RootKey({'sealed' if self.sealed else 'open'})"

    def __reduce__(self) -> str:
        raise TypeError("a root key is not pickled")

    @property
    def sealed(self) -> bool:
        """Whether nothing can be done with it now."""
        return self._key is None

    def open(self, key: bytes) -> None:
        """Make it usable. Whether this is the right key is for the caller to know (`keys.seals` checks it)."""
        if len(key) != LENGTH:
            raise ValueError("the root key has 32 bytes")
        self.seal()
        self._key = bytes(key)

    def seal(self) -> None:
        """Forget the key and all that was derived from it."""
        self._key = None
        self._keys = {}
        self._ciphers = {}
        self.generation += 1

    def reveal(self) -> bytes:
        """The key itself, for wrapping it under another seal. Raises `Sealed`."""
        if self._key is None:
            raise Sealed
        return self._key

    def derived(self, purpose: str) -> bytes:
        """The 32-byte key of one purpose. Raises `Sealed`."""
        key = self._keys.get(purpose)
        if key is None:
            key = HKDFExpand(SHA256(), LENGTH, b"garrison/" + purpose.encode()).derive(self.reveal())
            self._keys[purpose] = key
        return key

    def cipher(self, purpose: str) -> AESGCM:
        """AES-256-GCM under the key of one purpose. Raises `Sealed`."""
        cipher = self._ciphers.get(purpose)
        if cipher is None:
            cipher = self._ciphers[purpose] = AESGCM(self.derived(purpose))
        return cipher

"""The root key among the processes of one Garrison: what one of them unseals or seals, the others do too.

What secrets need stays with them all when the root key is sealed (`keys.seal`), with one that is started later too.

The parent makes a piece of memory that its workers inherit, and tells each of them a key. What lies in the memory is
encrypted under that key, which is nowhere else, so that the root key is in no file and on no command line.

    u64 change | u32 length | nonce, ciphertext, tag
"""

from __future__ import annotations

import fcntl
import mmap
import os
import tempfile
from struct import Struct

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from garrison.keys.seal import Seal

_SIZE = 4096
_head = Struct("<QI")


class _Shared(msgspec.Struct, frozen=True):
    """What is encrypted there."""

    root: bytes | None
    """None: it is sealed."""
    held: bytes | None
    """None: it was never open."""


class SharedRoot:
    """One process's end of the shared root key."""

    def __init__(self, descriptor: int, key: bytes) -> None:
        self.descriptor = descriptor
        self.key = key
        self._memory = mmap.mmap(descriptor, _SIZE)
        self._cipher = AESGCM(key)
        self._seen = 0

    @classmethod
    def new(cls) -> SharedRoot:
        """For the parent. The descriptor is for children to inherit; the key is for them to be told."""
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("garrison-root", os.MFD_CLOEXEC)
        else:
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        os.ftruncate(descriptor, _SIZE)
        return cls(descriptor, os.urandom(32))

    def publish(self, seal: Seal) -> None:
        """Let the others have the root key as it is here: open or sealed."""
        told = msgspec.msgpack.encode(_Shared(None if seal.root.sealed else seal.root.reveal(), seal.held))
        nonce = os.urandom(12)
        content = nonce + self._cipher.encrypt(nonce, told, None)
        fcntl.lockf(self.descriptor, fcntl.LOCK_EX)
        try:
            change = _head.unpack_from(self._memory)[0] + 1
            self._memory[_head.size : _head.size + len(content)] = content
            _head.pack_into(self._memory, 0, change, len(content))
        finally:
            fcntl.lockf(self.descriptor, fcntl.LOCK_UN)
        self._seen = change

    def follow(self, seal: Seal) -> bool:
        """Do what another process did since this was last asked; whether there was anything."""
        if _head.unpack_from(self._memory)[0] == self._seen:
            return False
        fcntl.lockf(self.descriptor, fcntl.LOCK_SH)
        try:
            self._seen, length = _head.unpack_from(self._memory)
            content = bytes(self._memory[_head.size : _head.size + length])
        finally:
            fcntl.lockf(self.descriptor, fcntl.LOCK_UN)
        try:
            told = msgspec.msgpack.decode(self._cipher.decrypt(content[:12], content[12:], None), type=_Shared)
        except InvalidTag as e:
            raise RuntimeError("the memory shared with the other processes was overwritten") from e
        if told.root is None:
            seal.root.seal()
        else:
            seal.root.open(told.root)
        if told.held is not None:
            seal.hold_as(told.held)
        return True

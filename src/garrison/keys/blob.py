"""The ciphertext of a symmetric KMS key, as bytes.

    u8 version | u8 algorithm | u16 flags | 16 key id | 32 key material id | 16 derivation nonce | 12 IV
    | ciphertext | 16 tag

Everything before the ciphertext is the header. It is authenticated together with the encryption context, and says
which material opens the blob, so nothing is ever tried. Account and Region are not in it: a replica of a
multi-Region key opens what the primary made.
"""

from __future__ import annotations

import hashlib
import uuid
from struct import Struct

import msgspec

from garrison.keys.errors import InvalidCiphertext

VERSION = 1
AES_256_GCM = 1
"""AES-256-GCM under a key derived for this blob alone by SP 800-108 (counter mode, HMAC-SHA256)."""

_UUID, _MULTI_REGION, _OTHER = 0, 1, 2
_layout = Struct(">BBH16s32s16s12s")
HEADER_LENGTH = _layout.size
TAG_LENGTH = 16
_START = bytes((VERSION, AES_256_GCM))


class Header(msgspec.Struct, frozen=True):
    """What a blob says of itself, believed only once it has decrypted."""

    material_id: str
    """64 hex digits: the key material that opens it."""
    key_id: str | None
    """The KMS key's id; None for ids that are neither a UUID nor `mrk-` and 32 hex digits."""


def key_id_field(key_id: str) -> bytes:
    """Flags and the 16 bytes that stand for a key id."""
    kind, digits = (_MULTI_REGION, key_id[4:]) if key_id.startswith("mrk-") else (_UUID, key_id.replace("-", ""))
    try:
        field = bytes.fromhex(digits)
    except ValueError:
        field = b""
    if len(field) != 16 or key_id != _key_id(kind, field):
        kind, field = _OTHER, hashlib.sha256(key_id.encode()).digest()[:16]
    return kind.to_bytes(2, "big") + field


def _key_id(kind: int, field: bytes) -> str | None:
    if kind == _UUID:
        return str(uuid.UUID(bytes=field))
    return "mrk-" + field.hex() if kind == _MULTI_REGION else None


def read_header(blob: bytes) -> Header:
    """Which key material opens a blob. Raises `InvalidCiphertext` for what is no blob of ours."""
    if len(blob) < HEADER_LENGTH + TAG_LENGTH or not blob.startswith(_START):
        raise InvalidCiphertext
    _, _, flags, key, material, _, _ = _layout.unpack_from(blob)
    if flags > _OTHER:
        raise InvalidCiphertext
    return Header(material.hex(), _key_id(flags, key))


def fixed_header(key_id: str, material_id: str) -> bytes:
    """The part of the header that is the same for all blobs of one key material; nonce and IV follow it."""
    return _START + key_id_field(key_id) + bytes.fromhex(material_id)

"""Key material as it is stored: sealed under the domain key of its account and Region, bound to where it belongs."""

from __future__ import annotations

import hashlib
import hmac
import os
from struct import pack

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from garrison.keys.errors import Tampered
from garrison.keys.root import RootKey

_DOMAIN = "kms/domain-key/v1"
_MATERIAL_ID = "kms/material-id/v1"
_DERIVE = b"garrison-kms-material-v1"


class Place(msgspec.Struct, frozen=True):
    """Whose material it is and what it may be used for. Material does not open in any other place."""

    account: str
    region: str
    key_id: str
    spec: str
    usage: str
    origin: str = "AWS_KMS"


class DomainKey(msgspec.Struct, frozen=True):
    """The key that the key material of one account and Region is sealed under, itself sealed under the root key."""

    id: str
    account: str
    region: str
    created: float
    sealed: bytes


class KeyMaterial(msgspec.Struct, frozen=True, omit_defaults=True):
    """One key material of a KMS key, as it is stored."""

    id: str
    """The KeyMaterialId, 64 hex digits: the same bytes for the same key always have the same id."""
    domain: str
    """Id of the `DomainKey` it is sealed under."""
    sealed: bytes
    public: bytes = b""
    """Of asymmetric keys: the public key, SPKI DER. In clear, but authenticated with the rest."""


Slot = tuple[Place, KeyMaterial, DomainKey]


class Key:
    """A KMS key ready to be used: where it is, one material of it, the domain key that opens it.

    Cheap to make, and worth keeping as long as the rows it was made of are known to be current.
    """

    __slots__ = ("domain", "material", "place", "slot")

    def __init__(self, place: Place, material: KeyMaterial, domain: DomainKey) -> None:
        self.place = place
        self.material = material
        self.domain = domain
        self.slot: Slot = (place, material, domain)
        """What an opened material is remembered by: everything that its opening rests on."""

    def __repr__(self) -> str:
        return f"Key({self.place!r}, {self.material.id})"


def joined(*fields: str | bytes) -> bytes:
    """Fields as one byte string, each with its length, so that different fields never give the same bytes."""
    parts: list[bytes] = []
    for field in fields:
        raw = field.encode() if isinstance(field, str) else field
        parts += (pack(">I", len(raw)), raw)
    return b"".join(parts)


def new_domain_key(root: RootKey, account: str, region: str, now: float) -> DomainKey:
    """A fresh domain key. Raises `Sealed`."""
    id, iv = os.urandom(16).hex(), os.urandom(12)
    sealed = iv + root.cipher(_DOMAIN).encrypt(iv, os.urandom(32), _domain_place(id, account, region, now))
    return DomainKey(id, account, region, now, sealed)


def open_domain_key(root: RootKey, domain: DomainKey) -> bytes:
    """The 32 bytes. Raises `Sealed`, `Tampered`."""
    aad = _domain_place(domain.id, domain.account, domain.region, domain.created)
    try:
        return root.cipher(_DOMAIN).decrypt(domain.sealed[:12], domain.sealed[12:], aad)
    except (InvalidTag, ValueError) as e:
        raise Tampered(f"domain key {domain.id}") from e


def _domain_place(id: str, account: str, region: str, created: float) -> bytes:
    return joined(_DOMAIN, id, account, region, repr(float(created)))


def material_id(root: RootKey, key_id: str, spec: str, secret: bytes) -> str:
    """The KeyMaterialId: a keyed hash, so that it says nothing of weak material. Raises `Sealed`."""
    return hmac.digest(root.derived(_MATERIAL_ID), joined(key_id, spec, secret), "sha256").hex()


def seeded_id(key_id: str, spec: str, secret: bytes) -> str:
    """The id of seeded material: the same under every root key, so that another Garrison opens what one encrypted."""
    return hashlib.sha256(joined("garrison-seeded-v1", key_id, spec, secret)).hexdigest()


def seal_material(
    root: RootKey,
    domain_secret: bytes,
    domain: DomainKey,
    place: Place,
    secret: bytes,
    public: bytes,
    *,
    id: str | None = None,
) -> KeyMaterial:
    """Seal key material for its place, under an id it has already or its own. Raises `Sealed`."""
    id = id or material_id(root, place.key_id, place.spec, secret)
    nonce = os.urandom(28)
    sealed = _cipher(domain_secret, nonce).encrypt(nonce[16:], secret, _material_place(place, id, domain.id, public))
    return KeyMaterial(id, domain.id, nonce + sealed, public)


def open_material(domain_secret: bytes, key: Key) -> bytes:
    """The secret bytes of a key's material. Raises `Tampered`."""
    material, domain = key.material, key.domain
    aad = _material_place(key.place, material.id, domain.id, material.public)
    if material.domain != domain.id or (domain.account, domain.region) != (key.place.account, key.place.region):
        raise Tampered(f"key material {material.id}")
    try:
        return _cipher(domain_secret, material.sealed).decrypt(material.sealed[16:28], material.sealed[28:], aad)
    except (InvalidTag, ValueError) as e:
        raise Tampered(f"key material {material.id}") from e


def _cipher(domain_secret: bytes, nonce: bytes) -> AESGCM:
    return AESGCM(hmac.digest(domain_secret, b"\0\0\0\1" + _DERIVE + b"\0" + nonce[:16] + b"\0\0\1\0", "sha256"))


def _material_place(place: Place, id: str, domain: str, public: bytes) -> bytes:
    return joined("kms/material/v1", domain, *msgspec.structs.astuple(place), id, public)

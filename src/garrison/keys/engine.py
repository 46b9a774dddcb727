"""The key engine: everything that happens with key material, and nothing else.

It keeps nothing on disk, knows no API shapes and decides nothing about who may use a key: the service stores the rows
it is given (`DomainKey`, `KeyMaterial`), hands them back as a `Key`, and words the errors as AWS does. What goes in and
out are bytes and frozen structs, so that the engine could live in a process of its own.

    engine = KeyEngine(RootKey.new())
    domain = engine.new_domain_key("123456789012", "us-east-1", now)
    place = Place("123456789012", "us-east-1", key_id, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
    key = Key(place, engine.generate(place, domain), domain)
    blob = engine.encrypt(key, b"secret", {"tenant": "1"})
    assert engine.decrypt(key, blob, {"tenant": "1"}) == b"secret"

Every method that touches material raises `Sealed` while the root key is, and `Tampered` if a row it was given is not as
it was made. Any thread may call it.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from garrison.aws.generations import Generations
from garrison.keys import asymmetric, importing, signing
from garrison.keys import material as materials
from garrison.keys.blob import HEADER_LENGTH, TAG_LENGTH, fixed_header
from garrison.keys.context import canonical_context
from garrison.keys.errors import (
    ContextNotAllowed,
    IncorrectKeyMaterial,
    InvalidCiphertext,
    InvalidMac,
    InvalidPublicKey,
    Sealed,
    TooLong,
    UnsupportedSpec,
    WrongAlgorithm,
    WrongUsage,
)
from garrison.keys.material import DomainKey, Key, KeyMaterial, Place, Slot
from garrison.keys.root import RootKey
from garrison.keys.specs import (
    ENCAPSULATE_DECAPSULATE,
    ENCRYPT_DECRYPT,
    GENERATE_VERIFY_MAC,
    KEY_AGREEMENT,
    MOST_PLAINTEXT,
    SIGN_VERIFY,
    SPECS,
    SYMMETRIC_DEFAULT,
    Spec,
)

_ROWS = "kms/rows/v1"
_KDF = b"\0\0\0\1garrison-kms-v1\0"
_KDF_BITS = b"\0\0\1\0"


class KeyPair(NamedTuple):
    """A data key pair."""

    private: bytes
    """PKCS #8, DER."""
    public: bytes
    """SubjectPublicKeyInfo, DER."""


class ImportParameters(NamedTuple):
    """What GetParametersForImport answers."""

    public_key: bytes
    """The wrapping key, SubjectPublicKeyInfo, DER."""
    token: bytes
    expires: float


class _Opened:
    """Opened key material. Never shown, never pickled."""

    __slots__ = ("header", "secret")

    def __init__(self, header: bytes, secret: bytes) -> None:
        self.header = header
        self.secret = secret

    def __reduce__(self) -> str:
        raise TypeError("key material is not pickled")


class KeyEngine:
    """Makes, seals, opens and uses key material under one root key."""

    def __init__(self, root: RootKey, *, remember: int = 10_000) -> None:
        self.root = root
        self._generation = root.generation
        self._domains: Generations[DomainKey, bytes] = Generations(1000)
        self._opened: Generations[Slot, _Opened] = Generations(remember)
        self._rows: Generations[bytes, object] = Generations(remember)
        # Parsed keys take kilobytes each.
        self._privates: Generations[Slot, Any] = Generations(max(1, remember // 10))
        self._publics: Generations[Slot, Any] = Generations(max(1, remember // 10))

    @property
    def sealed(self) -> bool:
        """Whether the root key is."""
        return self.root.sealed

    def forget(self) -> None:
        """Drop all opened material; it is opened again when next used."""
        self._domains.clear()
        self._opened.clear()
        self._rows.clear()
        self._privates.clear()
        self._publics.clear()

    # Rows

    def row_mac(self, content: bytes) -> bytes:
        """The MAC (32 bytes) that a row of the key tables carries. `content` says everything about it: what it is,
        where it is, and its body. Raises `Sealed`."""
        return hmac.digest(self.root.derived(_ROWS), content, "sha256")

    def row_is_ours(self, content: bytes, mac: bytes) -> bool:
        """Whether a row is as Garrison wrote it. Raises `Sealed`."""
        return hmac.compare_digest(self.row_mac(content), mac)

    def has_verified(self, mac: bytes, row: object) -> bool:
        """Whether a row equal to this one in everything has verified before, under this root key."""
        if self._generation != self.root.generation:
            self._keep_up()
        return self._rows.get(mac) == row

    def remember_verified(self, mac: bytes, row: object) -> None:
        """Remember that a row has verified: to compare rows takes a tenth of the time that a MAC takes."""
        self._rows.put(mac, row)

    # Making keys

    def new_domain_key(self, account: str, region: str, now: float) -> DomainKey:
        """A domain key for an account and Region, to be stored. One is enough for all their keys."""
        return materials.new_domain_key(self.root, account, region, now)

    def new_secret(self, spec: str) -> bytes:
        """Fresh key material: raw bytes, or PKCS #8 DER. Slow for `SLOW_SPECS`. Raises `UnsupportedSpec`."""
        found = _spec(spec)
        if not found.asymmetric:
            return os.urandom(found.bits // 8)
        return asymmetric.private_der(asymmetric.new_private_key(spec))

    def generate(self, place: Place, domain: DomainKey, *, secret: bytes | None = None) -> KeyMaterial:
        """Fresh material for a key, sealed and ready to be stored; `secret` is what `new_secret` made earlier."""
        return self._seal(place, domain, self.new_secret(place.spec) if secret is None else secret, ours=True)

    def adopt(self, place: Place, domain: DomainKey, secret: bytes, *, seeded: bool = False) -> KeyMaterial:
        """Seal material that comes from outside (imported, seeded). The same key again has the same material id; seeded
        material has one that says something of it, and is the same in every Garrison.

        Takes raw bytes for symmetric (32) and HMAC (28, 32, 48, 64) keys, PKCS #8 DER for the others.
        Raises `IncorrectKeyMaterial`, `UnsupportedSpec`.
        """
        return self._seal(place, domain, secret, ours=False, seeded=seeded)

    def _seal(self, place: Place, domain: DomainKey, secret: bytes, *, ours: bool, seeded: bool = False) -> KeyMaterial:
        spec = _spec(place.spec)
        if place.usage not in spec.usages:
            raise WrongUsage(place.usage)
        secret, public = _normal(spec, secret, ours=ours)
        id = materials.seeded_id(place.key_id, place.spec, secret) if seeded else None
        return materials.seal_material(self.root, self._domain(domain), domain, place, secret, public, id=id)

    def material_id(self, key_id: str, spec: str, secret: bytes) -> str:
        """The KeyMaterialId that `adopt` will give this material for this key. Raises what `adopt` raises."""
        return materials.material_id(self.root, key_id, spec, _normal(_spec(spec), secret, ours=False)[0])

    def move(self, key: Key, place: Place, domain: DomainKey) -> KeyMaterial:
        """The same material sealed for another place: a replica's Region, or under a newer domain key."""
        opened = self._open(key)
        return materials.seal_material(
            self.root, self._domain(domain), domain, place, opened.secret, key.material.public, id=key.material.id
        )

    def check(self, key: Key) -> None:
        """Open a key's material, to know that it opens."""
        self._open(key)

    # Encryption

    def encrypt(
        self,
        key: Key,
        plaintext: bytes,
        context: Mapping[str, str] | None = None,
        *,
        algorithm: str = SYMMETRIC_DEFAULT,
    ) -> bytes:
        """Encrypt. Symmetric keys give a blob that names its key material; RSA keys the bare OAEP ciphertext.

        Raises `WrongUsage`, `WrongAlgorithm`, `TooLong`, `ContextNotAllowed`.
        """
        spec = _usable(key, ENCRYPT_DECRYPT, algorithm)
        if spec.family == "symmetric":
            if len(plaintext) > MOST_PLAINTEXT:
                raise TooLong(algorithm, spec.name, MOST_PLAINTEXT)
            opened = self._open(key)
            nonce = os.urandom(28)
            header = opened.header + nonce
            secret = hmac.digest(opened.secret, _KDF + header[4:68] + _KDF_BITS, "sha256")
            return header + AESGCM(secret).encrypt(nonce[16:], plaintext, header + canonical_context(context))
        if context:
            raise ContextNotAllowed
        limit = importing.most_oaep_bytes(algorithm, spec.bits)
        if len(plaintext) > limit:
            raise TooLong(algorithm, spec.name, limit)
        return bytes(self._public(key).encrypt(plaintext, importing.oaep(algorithm)))

    def decrypt(
        self,
        key: Key,
        blob: bytes,
        context: Mapping[str, str] | None = None,
        *,
        algorithm: str = SYMMETRIC_DEFAULT,
    ) -> bytes:
        """Decrypt with the material the blob names (`read_header(blob).material_id`).

        Raises `InvalidCiphertext`, also for material other than the blob names; `WrongUsage`, `WrongAlgorithm`,
        `ContextNotAllowed`.
        """
        spec = _usable(key, ENCRYPT_DECRYPT, algorithm)
        if spec.family == "symmetric":
            opened = self._open(key)
            if len(blob) < HEADER_LENGTH + TAG_LENGTH or not blob.startswith(opened.header):
                raise InvalidCiphertext
            header = blob[:HEADER_LENGTH]
            secret = hmac.digest(opened.secret, _KDF + header[4:68] + _KDF_BITS, "sha256")
            aad = header + canonical_context(context)
            try:
                return AESGCM(secret).decrypt(header[-12:], blob[HEADER_LENGTH:], aad)
            except InvalidTag as e:
                raise InvalidCiphertext from e
        if context:
            raise ContextNotAllowed
        try:
            return bytes(self._private(key).decrypt(blob, importing.oaep(algorithm)))
        except ValueError as e:
            raise InvalidCiphertext from e

    def random(self, length: int) -> bytes:
        """Random bytes from the operating system."""
        if self.sealed:
            raise Sealed
        return os.urandom(length)

    def new_pair(self, spec: str) -> KeyPair:
        """A data key pair, in clear. Slow for `SLOW_SPECS`. Raises `UnsupportedSpec`."""
        found = _spec(spec)
        if not found.pair:
            raise UnsupportedSpec(spec)
        if self.sealed:
            raise Sealed
        made = asymmetric.new_private_key(spec)
        return KeyPair(asymmetric.private_der(made), asymmetric.public_der(made))

    # Signatures, MACs, agreement, encapsulation

    def public_key(self, key: Key) -> bytes:
        """The public key of an asymmetric key, SubjectPublicKeyInfo DER. Raises `UnsupportedSpec` for others."""
        if not _spec(key.place.spec).asymmetric:
            raise UnsupportedSpec(key.place.spec)
        self._open(key)
        return key.material.public

    def sign(self, key: Key, algorithm: str, message: bytes, message_type: str = "RAW") -> bytes:
        """Sign a message (RAW, up to 4096 bytes), its DIGEST, or its EXTERNAL_MU. ECDSA signatures are DER.

        Raises `WrongUsage`, `WrongAlgorithm`, `WrongMessageType`, `WrongDigestLength`, `TooLong`.
        """
        _usable(key, SIGN_VERIFY, algorithm)
        signing.check_message(key.place.spec, algorithm, message, message_type)
        return signing.sign(self._private(key), algorithm, message, message_type)

    def verify(self, key: Key, algorithm: str, message: bytes, signature: bytes, message_type: str = "RAW") -> None:
        """Raises `InvalidSignature` unless it is this key's signature, and what `sign` raises."""
        _usable(key, SIGN_VERIFY, algorithm)
        signing.check_message(key.place.spec, algorithm, message, message_type)
        signing.verify(self._public(key), algorithm, message, message_type, signature)

    def mac(self, key: Key, algorithm: str, message: bytes) -> bytes:
        """The HMAC of a message of up to 4096 bytes. Raises `WrongUsage`, `WrongAlgorithm`, `TooLong`."""
        _usable(key, GENERATE_VERIFY_MAC, algorithm)
        if len(message) > MOST_PLAINTEXT:
            raise TooLong(algorithm, key.place.spec, MOST_PLAINTEXT)
        return hmac.digest(self._open(key).secret, message, "sha" + algorithm[-3:])

    def verify_mac(self, key: Key, algorithm: str, message: bytes, mac: bytes) -> None:
        """Raises `InvalidMac` unless it is this key's MAC, and what `mac` raises."""
        if not hmac.compare_digest(self.mac(key, algorithm, message), mac):
            raise InvalidMac

    def shared_secret(self, key: Key, public_key: bytes, algorithm: str = "ECDH") -> bytes:
        """The raw ECDH secret (x coordinate) with another's public key (SPKI DER, same curve).

        Raises `InvalidPublicKey`, `WrongUsage`, `WrongAlgorithm`.
        """
        _usable(key, KEY_AGREEMENT, algorithm)
        private = self._private(key)
        other = asymmetric.read_public_key(public_key)
        if not isinstance(other, ec.EllipticCurvePublicKey) or other.curve.name != private.curve.name:
            raise InvalidPublicKey
        try:
            return bytes(private.exchange(ec.ECDH(), other))
        except ValueError as e:
            raise InvalidPublicKey from e

    def encapsulate(self, key: Key, algorithm: str = "ML_KEM") -> tuple[bytes, bytes]:
        """A fresh shared secret (32 bytes) and its ciphertext. Raises `WrongUsage`, `WrongAlgorithm`."""
        _usable(key, ENCAPSULATE_DECAPSULATE, algorithm)
        secret, ciphertext = self._public(key).encapsulate()
        return secret, ciphertext

    def decapsulate(self, key: Key, ciphertext: bytes, algorithm: str = "ML_KEM") -> bytes:
        """The shared secret. A ciphertext of the wrong length raises `InvalidCiphertext`; any other altered one gives
        another secret, as ML-KEM does (FIPS 203, implicit rejection)."""
        _usable(key, ENCAPSULATE_DECAPSULATE, algorithm)
        try:
            return bytes(self._private(key).decapsulate(ciphertext))
        except ValueError as e:
            raise InvalidCiphertext from e

    # Import

    def import_parameters(
        self, key_arn: str, spec: str, wrapping_spec: str, algorithm: str, now: float, *, lifetime: float = 86_400
    ) -> ImportParameters:
        """A fresh wrapping key and the token that finds it again: nothing has to be stored. Slow (makes an RSA key).

        `spec` is that of the KMS key. Raises `WrappingNotAllowed`, `UnsupportedSpec`.
        """
        importing.check_wrapping(_spec(spec), wrapping_spec, algorithm)
        if self.sealed:
            raise Sealed
        expires = now + lifetime
        public, token = importing.new_token(self.root, key_arn, wrapping_spec, algorithm, expires)
        return ImportParameters(public, token, expires)

    def unwrap(self, token: bytes, wrapped: bytes, key_arn: str, spec: str, now: float) -> bytes:
        """The material in an ImportKeyMaterial request, checked for its spec; give it to `adopt`.

        Raises `InvalidImportToken`, `ExpiredImportToken`, `InvalidCiphertext`, `IncorrectKeyMaterial`.
        """
        found = _spec(spec)
        secret = importing.unwrap(self.root, token, wrapped, key_arn, now)
        return _normal(found, secret, ours=False)[0]

    # Inside

    def _domain(self, domain: DomainKey) -> bytes:
        self._keep_up()
        known = self._domains.get(domain)
        if known is None:
            known = materials.open_domain_key(self.root, domain)
            self._domains.put(domain, known)
        return known

    def _open(self, key: Key) -> _Opened:
        # Sealed is asked for as well: a thread that opened material while it was being sealed may remember it late.
        if self._generation != self.root.generation or self.root.sealed:
            self._keep_up()
        opened = self._opened.get(key.slot)
        if opened is None:
            secret = materials.open_material(self._domain(key.domain), key)
            opened = _Opened(fixed_header(key.place.key_id, key.material.id), secret)
            self._opened.put(key.slot, opened)
        return opened

    def _private(self, key: Key) -> Any:
        opened = self._open(key)
        private = self._privates.get(key.slot)
        if private is None:
            private = asymmetric.read_private_key(key.place.spec, opened.secret, ours=True)
            self._privates.put(key.slot, private)
        return private

    def _public(self, key: Key) -> Any:
        # Opening the material is what authenticates the public key beside it.
        self._open(key)
        public = self._publics.get(key.slot)
        if public is None:
            public = asymmetric.read_public_key(key.material.public)
            self._publics.put(key.slot, public)
        return public

    def _keep_up(self) -> None:
        if self._generation != self.root.generation:
            self._generation = self.root.generation
            self.forget()
        if self.root.sealed:
            raise Sealed


def _spec(name: str) -> Spec:
    spec = SPECS.get(name)
    if spec is None:
        raise UnsupportedSpec(name)
    return spec


def _normal(spec: Spec, secret: bytes, *, ours: bool) -> tuple[bytes, bytes]:
    """Material in the one form it is kept in, and its public key. Raises `IncorrectKeyMaterial`."""
    if not spec.asymmetric:
        if len(secret) != spec.bits // 8:
            raise IncorrectKeyMaterial
        return secret, b""
    private = asymmetric.read_private_key(spec.name, secret, ours=ours)
    return asymmetric.private_der(private), asymmetric.public_der(private)


def _usable(key: Key, usage: str, algorithm: str) -> Spec:
    place = key.place
    if place.usage != usage:
        raise WrongUsage(place.usage)
    spec = _spec(place.spec)
    if algorithm not in spec.usages[usage]:
        raise WrongAlgorithm(algorithm, place.spec)
    return spec

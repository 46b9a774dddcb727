"""Key material from outside: the wrapping key, the import token, and what comes back wrapped.

The token is the wrapping private key itself, encrypted and authenticated under the root key together with what it is
for. So nothing has to be kept between the two calls, and a token works for its key until its 24 hours are over, as
often as it is used (KMS developer guide, "Importing key material").
"""

from __future__ import annotations

import os

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap_with_padding

from garrison.keys import asymmetric
from garrison.keys.errors import (
    ExpiredImportToken,
    InvalidCiphertext,
    InvalidImportToken,
    UnsupportedSpec,
    WrappingNotAllowed,
)
from garrison.keys.root import RootKey
from garrison.keys.specs import Spec

_PURPOSE = "kms/import-token/v1"
_VERSION = b"\x01"
_AES_KEY_LENGTH = 32

# SHA-1 inside OAEP is not broken, and it is what these algorithms are defined with.
_HASHES: dict[str, HashAlgorithm] = {"RSAES_OAEP_SHA_1": SHA1(), "RSAES_OAEP_SHA_256": SHA256()}  # noqa: S303
_AES_WRAPS = {
    "RSA_AES_KEY_WRAP_SHA_1": "RSAES_OAEP_SHA_1",
    "RSA_AES_KEY_WRAP_SHA_256": "RSAES_OAEP_SHA_256",
}
_WRAPPING_SPECS = ("RSA_2048", "RSA_3072", "RSA_4096")


class _Token(msgspec.Struct, frozen=True, array_like=True):
    key_arn: str
    algorithm: str
    wrapping_spec: str
    expires: float
    private: bytes


def oaep(algorithm: str) -> OAEP:
    """OAEP with MGF1 over the same hash and no label."""
    hashed = _HASHES[algorithm]
    return OAEP(MGF1(hashed), hashed, None)


def most_oaep_bytes(algorithm: str, modulus_bits: int) -> int:
    """How many bytes OAEP takes (RFC 8017, section 7.1.1)."""
    return modulus_bits // 8 - 2 * _HASHES[algorithm].digest_size - 2


def check_wrapping(spec: Spec, wrapping_spec: str, algorithm: str) -> None:
    """Whether material of a spec can come this way. Raises `WrappingNotAllowed`, `UnsupportedSpec`.

    Source: KMS API reference, GetParametersForImport, `WrappingAlgorithm`.
    """
    if wrapping_spec not in _WRAPPING_SPECS:
        raise UnsupportedSpec(wrapping_spec)
    allowed = algorithm in _HASHES or algorithm in _AES_WRAPS
    if algorithm in _HASHES:
        # What RSA cannot carry directly: RSA private keys, and P-521's under the smallest modulus.
        allowed = spec.family != "rsa" and (spec.name, wrapping_spec) != ("ECC_NIST_P521", "RSA_2048")
    if not allowed:
        raise WrappingNotAllowed(algorithm, wrapping_spec, spec.name)


def new_token(root: RootKey, key_arn: str, wrapping_spec: str, algorithm: str, expires: float) -> tuple[bytes, bytes]:
    """A fresh wrapping public key (SPKI DER) and its token. Raises `Sealed`."""
    private = asymmetric.new_private_key(wrapping_spec)
    token = _Token(key_arn, algorithm, wrapping_spec, expires, asymmetric.private_der(private))
    iv = os.urandom(12)
    sealed = root.cipher(_PURPOSE).encrypt(iv, msgspec.msgpack.encode(token), _VERSION)
    return asymmetric.public_der(private), _VERSION + iv + sealed


def unwrap(root: RootKey, raw: bytes, wrapped: bytes, key_arn: str, now: float) -> bytes:
    """What is in a wrapped key. Raises `InvalidImportToken`, `ExpiredImportToken`, `InvalidCiphertext`, `Sealed`."""
    token = _open(root, raw)
    if token.key_arn != key_arn:
        raise InvalidImportToken
    if now >= token.expires:
        raise ExpiredImportToken
    private = asymmetric.read_private_key(token.wrapping_spec, token.private, ours=True)
    assert isinstance(private, rsa.RSAPrivateKey)
    modulus = private.key_size // 8
    algorithm = _AES_WRAPS.get(token.algorithm)
    try:
        if algorithm is None:
            return private.decrypt(wrapped, oaep(token.algorithm))
        aes = private.decrypt(wrapped[:modulus], oaep(algorithm))
        if len(aes) != _AES_KEY_LENGTH:
            raise InvalidCiphertext
        return aes_key_unwrap_with_padding(aes, wrapped[modulus:])
    except (ValueError, InvalidUnwrap) as e:
        raise InvalidCiphertext from e


def _open(root: RootKey, raw: bytes) -> _Token:
    if raw[:1] != _VERSION:
        raise InvalidImportToken
    try:
        return msgspec.msgpack.decode(root.cipher(_PURPOSE).decrypt(raw[1:13], raw[13:], _VERSION), type=_Token)
    except (InvalidTag, ValueError) as e:
        raise InvalidImportToken from e

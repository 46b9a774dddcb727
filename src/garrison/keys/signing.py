"""Signatures, by algorithm and type of message.

Source: KMS API reference, Sign (`MessageType`, `SigningAlgorithm`); RFC 8017 (PSS with a salt as long as the digest and
MGF1 over the same hash, which verification demands as well), RFC 8032 (Ed25519ph), FIPS 204 (external mu).
"""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import InvalidSignature as _Invalid
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from nacl.bindings import (
    crypto_sign_ed25519ph_final_create,
    crypto_sign_ed25519ph_final_verify,
    crypto_sign_ed25519ph_state,
    crypto_sign_ed25519ph_update,
)
from nacl.exceptions import BadSignatureError

from garrison.keys.errors import InvalidSignature, TooLong, WrongDigestLength, WrongMessageType
from garrison.keys.specs import MOST_PLAINTEXT

RAW, DIGEST, EXTERNAL_MU = "RAW", "DIGEST", "EXTERNAL_MU"

_HASHES: dict[str, HashAlgorithm] = {"256": SHA256(), "384": SHA384(), "512": SHA512()}
_MU_LENGTH = 64

_ED25519, _ED25519_PH, _ML_DSA = "ED25519_SHA_512", "ED25519_PH_SHA_512", "ML_DSA_SHAKE_256"
_TYPES = {_ED25519: (RAW,), _ED25519_PH: (DIGEST,), _ML_DSA: (RAW, EXTERNAL_MU)}


def check_message(spec: str, algorithm: str, message: bytes, message_type: str) -> None:
    """Raises `WrongMessageType`, `WrongDigestLength`, `TooLong`."""
    if message_type not in _TYPES.get(algorithm, (RAW, DIGEST)):
        raise WrongMessageType(algorithm, message_type)
    if message_type == RAW:
        if len(message) > MOST_PLAINTEXT:
            raise TooLong(algorithm, spec, MOST_PLAINTEXT)
        return
    length = _MU_LENGTH if message_type == EXTERNAL_MU else int(algorithm[-3:]) // 8
    if len(message) != length:
        raise WrongDigestLength(algorithm, length)


def sign(private: Any, algorithm: str, message: bytes, message_type: str) -> bytes:
    """The signature of a message that `check_message` has let through."""
    if algorithm == _ED25519:
        return bytes(private.sign(message))
    if algorithm == _ED25519_PH:
        return _sign_ph(private, message)
    if algorithm == _ML_DSA:
        return bytes(private.sign_mu(message) if message_type == EXTERNAL_MU else private.sign(message))
    return bytes(private.sign(message, *_parameters(algorithm, message_type)))


def verify(public: Any, algorithm: str, message: bytes, message_type: str, signature: bytes) -> None:
    """Raises `InvalidSignature`."""
    try:
        if algorithm == _ED25519:
            public.verify(signature, message)
        elif algorithm == _ED25519_PH:
            _verify_ph(public, message, signature)
        elif algorithm == _ML_DSA:
            (public.verify_mu if message_type == EXTERNAL_MU else public.verify)(signature, message)
        else:
            public.verify(signature, message, *_parameters(algorithm, message_type))
    except (_Invalid, BadSignatureError, ValueError) as e:
        raise InvalidSignature from e


def _parameters(algorithm: str, message_type: str) -> tuple[Any, ...]:
    hashed = _HASHES[algorithm[-3:]]
    over = Prehashed(hashed) if message_type == DIGEST else hashed
    if algorithm.startswith("ECDSA"):
        return (ec.ECDSA(over),)
    if algorithm.startswith("RSASSA_PSS"):
        return PSS(MGF1(hashed), hashed.digest_size), over
    return PKCS1v15(), over


def _sign_ph(private: Ed25519PrivateKey, message: bytes) -> bytes:
    state = crypto_sign_ed25519ph_state()
    crypto_sign_ed25519ph_update(state, message)
    secret = private.private_bytes_raw() + private.public_key().public_bytes_raw()
    return crypto_sign_ed25519ph_final_create(state, secret)


def _verify_ph(public: Ed25519PublicKey, message: bytes, signature: bytes) -> None:
    if len(signature) != 64:
        raise InvalidSignature
    state = crypto_sign_ed25519ph_state()
    crypto_sign_ed25519ph_update(state, message)
    if not crypto_sign_ed25519ph_final_verify(state, signature, public.public_bytes_raw()):
        raise InvalidSignature

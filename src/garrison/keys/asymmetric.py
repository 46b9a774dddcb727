"""Private and public keys of each spec: made, read, written.

Private keys are PKCS #8 DER and public keys SubjectPublicKeyInfo DER, as KMS has them at its edges. ML-DSA and ML-KEM
private keys are in their seed form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, mlkem, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from garrison.keys.errors import IncorrectKeyMaterial, InvalidPublicKey, UnsupportedSpec
from garrison.keys.specs import SPECS

CURVES: dict[str, type[ec.EllipticCurve]] = {
    "ECC_NIST_P256": ec.SECP256R1,
    "ECC_NIST_P384": ec.SECP384R1,
    "ECC_NIST_P521": ec.SECP521R1,
    "ECC_SECG_P256K1": ec.SECP256K1,
}

_CLASSES: dict[str, type[Any]] = {
    "ECC_NIST_EDWARDS25519": ed25519.Ed25519PrivateKey,
    "ML_DSA_44": mldsa.MLDSA44PrivateKey,
    "ML_DSA_65": mldsa.MLDSA65PrivateKey,
    "ML_DSA_87": mldsa.MLDSA87PrivateKey,
    "ML_KEM_768": mlkem.MLKEM768PrivateKey,
    "ML_KEM_1024": mlkem.MLKEM1024PrivateKey,
}


def _maker(spec: str) -> Callable[[], Any]:
    if spec in CURVES:
        return lambda: ec.generate_private_key(CURVES[spec]())
    if spec in _CLASSES:
        return _CLASSES[spec].generate  # type: ignore[no-any-return]
    found = SPECS.get(spec)
    if found is None or found.family != "rsa":
        raise UnsupportedSpec(spec)
    return lambda: rsa.generate_private_key(65537, found.bits)


def new_private_key(spec: str) -> Any:
    """A fresh private key. Slow for RSA. Raises `UnsupportedSpec` for specs that have no key pair."""
    return _maker(spec)()


def private_der(key: Any) -> bytes:
    """PKCS #8."""
    written: bytes = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return written


def public_der(key: Any) -> bytes:
    """SubjectPublicKeyInfo of a private key's public half."""
    written: bytes = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return written


def read_private_key(spec: str, der: bytes, *, ours: bool) -> Any:
    """A private key of a spec. Raises `IncorrectKeyMaterial` if it is none, or one of another spec.

    `ours` says that we wrote these bytes and have authenticated them, so that an RSA key's primes need no test (it
    takes thirty milliseconds).
    """
    try:
        key = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=ours)
    except (ValueError, TypeError, UnsupportedAlgorithm) as e:
        raise IncorrectKeyMaterial from e
    if not _is_of(spec, key):
        raise IncorrectKeyMaterial
    return key


def _is_of(spec: str, key: Any) -> bool:
    if isinstance(key, rsa.RSAPrivateKey):
        return SPECS[spec].family == "rsa" and key.key_size == SPECS[spec].bits
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return spec in CURVES and isinstance(key.curve, CURVES[spec])
    return spec in _CLASSES and isinstance(key, _CLASSES[spec])


def read_public_key(der: bytes) -> Any:
    """A public key of any kind. Raises `InvalidPublicKey`."""
    try:
        return load_der_public_key(der)
    except (ValueError, TypeError, UnsupportedAlgorithm) as e:
        raise InvalidPublicKey from e

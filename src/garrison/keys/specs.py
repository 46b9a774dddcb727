"""Key specs, their usages and algorithms, and how much each takes.

Source: KMS developer guide, "Key spec reference", and the API model's enumerations.
"""

from __future__ import annotations

import msgspec

ENCRYPT_DECRYPT = "ENCRYPT_DECRYPT"
SIGN_VERIFY = "SIGN_VERIFY"
GENERATE_VERIFY_MAC = "GENERATE_VERIFY_MAC"
KEY_AGREEMENT = "KEY_AGREEMENT"
ENCAPSULATE_DECAPSULATE = "ENCAPSULATE_DECAPSULATE"

SYMMETRIC_DEFAULT = "SYMMETRIC_DEFAULT"
"""Both a key spec and its one algorithm."""

MOST_PLAINTEXT = 4096
"""Bytes of a plaintext, of a RAW message to sign, and of a message to MAC."""


class Spec(msgspec.Struct, frozen=True):
    """One key spec."""

    name: str
    usages: dict[str, tuple[str, ...]]
    """Usage -> the algorithms of a key with that usage, as DescribeKey lists them."""
    family: str
    """`symmetric`, `hmac`, `rsa`, `ec`, `ed25519`, `ml-dsa`, `ml-kem`."""
    bits: int = 0
    """RSA modulus, HMAC key, AES key; 0 where the family has no such number."""
    pair: bool = False
    """Whether GenerateDataKeyPair makes pairs of it."""

    @property
    def asymmetric(self) -> bool:
        """Whether it has a public key."""
        return self.family not in ("symmetric", "hmac")


_OAEP = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
_RSA = tuple(f"RSASSA_{scheme}_SHA_{bits}" for scheme in ("PKCS1_V1_5", "PSS") for bits in (256, 384, 512))


def _curve(name: str, hash_bits: int) -> Spec:
    return Spec(name, {SIGN_VERIFY: (f"ECDSA_SHA_{hash_bits}",), KEY_AGREEMENT: ("ECDH",)}, "ec", pair=True)


SPECS: dict[str, Spec] = {
    spec.name: spec
    for spec in (
        Spec(SYMMETRIC_DEFAULT, {ENCRYPT_DECRYPT: (SYMMETRIC_DEFAULT,)}, "symmetric", 256),
        *(
            Spec(f"RSA_{bits}", {ENCRYPT_DECRYPT: _OAEP, SIGN_VERIFY: _RSA}, "rsa", bits, pair=True)
            for bits in (2048, 3072, 4096)
        ),
        _curve("ECC_NIST_P256", 256),
        _curve("ECC_NIST_P384", 384),
        _curve("ECC_NIST_P521", 512),
        Spec("ECC_SECG_P256K1", {SIGN_VERIFY: ("ECDSA_SHA_256",)}, "ec", pair=True),
        Spec("ECC_NIST_EDWARDS25519", {SIGN_VERIFY: ("ED25519_SHA_512", "ED25519_PH_SHA_512")}, "ed25519", pair=True),
        *(Spec(f"ML_DSA_{n}", {SIGN_VERIFY: ("ML_DSA_SHAKE_256",)}, "ml-dsa") for n in (44, 65, 87)),
        *(Spec(f"ML_KEM_{n}", {ENCAPSULATE_DECAPSULATE: ("ML_KEM",)}, "ml-kem", pair=True) for n in (768, 1024)),
        *(
            Spec(f"HMAC_{bits}", {GENERATE_VERIFY_MAC: (f"HMAC_SHA_{bits}",)}, "hmac", bits)
            for bits in (224, 256, 384, 512)
        ),
    )
}
"""What Garrison has. `SM2` (China Regions only) and `ML_KEM_512` (no well-kept constant-time library) are not in it."""

SLOW_SPECS = frozenset({"RSA_2048", "RSA_3072", "RSA_4096"})
"""Making a key takes tens to hundreds of milliseconds: do it in an operation's `prepare` step."""

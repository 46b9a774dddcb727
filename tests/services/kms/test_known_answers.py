"""Public known answers, through the API: the keys are imported, and what comes back is what the documents say."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.services.kms.house import KmsHouse
from tests.services.kms.importer import Importer

_DER, _PKCS8 = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8


@pytest.fixture(scope="module")
def give(one_house: KmsHouse) -> Importer:
    return Importer(one_house)


def imported(house: KmsHouse, give: Importer, spec: str, usage: str, material: bytes) -> str:
    key = house.key(Origin="EXTERNAL", KeySpec=spec, KeyUsage=usage)
    give(key, material, algorithm="RSA_AES_KEY_WRAP_SHA_256")
    return key


def pkcs8(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(_DER, _PKCS8, serialization.NoEncryption())


@pytest.mark.parametrize(
    ("bits", "mac"),
    [
        (224, "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22"),
        (256, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (384, "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6"),
        (
            512,
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
            "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
        ),
    ],
)
def test_rfc_4231(house: KmsHouse, give: Importer, bits: int, mac: str) -> None:
    """Test case 1; HMAC pads its 20-byte key with zeros, as it stands here."""
    key = imported(house, give, f"HMAC_{bits}", "GENERATE_VERIFY_MAC", (b"\x0b" * 20).ljust(bits // 8, b"\0"))
    made = house.kms("GenerateMac", KeyId=key, Message=b"Hi There", MacAlgorithm=f"HMAC_SHA_{bits}")["Mac"]
    assert made.hex() == mac


def test_rfc_6979(house: KmsHouse, give: Importer) -> None:
    """Appendix A.2.5, SHA-256 of "sample"."""
    x = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    r = 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
    s = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
    key = imported(house, give, "ECC_NIST_P256", "SIGN_VERIFY", pkcs8(ec.derive_private_key(x, ec.SECP256R1())))
    asked: dict[str, Any] = {"KeyId": key, "SigningAlgorithm": "ECDSA_SHA_256", "Signature": encode_dss_signature(r, s)}
    assert house.kms("Verify", Message=b"sample", **asked)["SignatureValid"] is True
    assert house.refused("Verify", Message=b"simple", **asked)[0] == "KMSInvalidSignature"


def test_rfc_8032(house: KmsHouse, give: Importer) -> None:
    """Section 7.1, test 2."""
    secret = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    private = ed25519.Ed25519PrivateKey.from_private_bytes(secret)
    key = imported(house, give, "ECC_NIST_EDWARDS25519", "SIGN_VERIFY", pkcs8(private))
    made = house.kms("Sign", KeyId=key, Message=b"\x72", SigningAlgorithm="ED25519_SHA_512")["Signature"]
    assert made.hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


def test_sp_800_56a(house: KmsHouse, give: Importer) -> None:
    """NIST's ECC CDH primitive test vectors, P-256, count 0."""
    mine = 0x7D7DC5F71EB29DDAF80D6214632EEAE03D9058AF1FB6D22ED80BADB62BC1A534
    theirs = ec.EllipticCurvePublicNumbers(
        0x700C48F77F56584C5CC632CA65640DB91B6BACCE3A4DF6B42CE7CC838833D287,
        0xDB71E509E3FD9B060DDB20BA5C51DCC5948D46FBF640DFE0441782CAB85FA4AC,
        ec.SECP256R1(),
    ).public_key()
    spki = theirs.public_bytes(_DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    key = imported(house, give, "ECC_NIST_P256", "KEY_AGREEMENT", pkcs8(ec.derive_private_key(mine, ec.SECP256R1())))
    made = house.kms("DeriveSharedSecret", KeyId=key, KeyAgreementAlgorithm="ECDH", PublicKey=spki)["SharedSecret"]
    assert made.hex() == "46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b"

"""Public known answers, for keys that were imported: RFC 4231, RFC 6979, RFC 8032, RFC 9881, RFC 9935, SP 800-108."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, mlkem
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode
from cryptography.hazmat.primitives.serialization import load_der_public_key

from garrison.keys.asymmetric import private_der
from garrison.keys.errors import InvalidSignature
from tests.keys.house import House

HOUSE = House()


# RFC 4231, test cases 1 and 2. HMAC pads a short key with zeros, so the keys stand here as long as KMS wants them.
@pytest.mark.parametrize(
    ("bits", "key", "message", "mac"),
    [
        (224, b"\x0b" * 20, b"Hi There", "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22"),
        (256, b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            384,
            b"\x0b" * 20,
            b"Hi There",
            "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
        ),
        (
            512,
            b"\x0b" * 20,
            b"Hi There",
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
            "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
        ),
        (
            256,
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
    ],
)
def test_hmac(bits: int, key: bytes, message: bytes, mac: str) -> None:
    imported = HOUSE.key(f"HMAC_{bits}", secret=key.ljust(bits // 8, b"\0"))
    assert HOUSE.engine.mac(imported, f"HMAC_SHA_{bits}", message).hex() == mac


# RFC 6979, appendix A.2.5 to A.2.7: the message "sample" with the hash of the curve.
@pytest.mark.parametrize(
    ("spec", "curve", "hashed", "x", "r", "s"),
    [
        (
            "ECC_NIST_P256",
            ec.SECP256R1(),
            256,
            0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721,
            0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
            0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
        ),
        (
            "ECC_NIST_P384",
            ec.SECP384R1(),
            384,
            0x6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5,
            0x94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46,
            0x99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8,
        ),
        (
            "ECC_NIST_P521",
            ec.SECP521R1(),
            512,
            0x00FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75CAA896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B83538,
            0x00C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F174E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E377FA,
            0x00617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF282623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4A67A,
        ),
    ],
)
def test_ecdsa(spec: str, curve: ec.EllipticCurve, hashed: int, x: int, r: int, s: int) -> None:
    imported = HOUSE.key(spec, "SIGN_VERIFY", secret=private_der(ec.derive_private_key(x, curve)))
    algorithm, signature = f"ECDSA_SHA_{hashed}", encode_dss_signature(r, s)
    HOUSE.engine.verify(imported, algorithm, b"sample", signature)
    digest = hashlib.new(f"sha{hashed}", b"sample").digest()
    HOUSE.engine.verify(imported, algorithm, digest, signature, "DIGEST")
    with pytest.raises(InvalidSignature):
        HOUSE.engine.verify(imported, algorithm, b"Sample", signature)


def ed25519_key(seed: str) -> Any:
    private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    return HOUSE.key("ECC_NIST_EDWARDS25519", secret=private_der(private))


def test_ed25519() -> None:
    """RFC 8032, section 7.1, test 3."""
    imported = ed25519_key("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
    assert HOUSE.engine.sign(imported, "ED25519_SHA_512", bytes.fromhex("af82")).hex() == (
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    )


def test_ed25519ph_is_over_the_digest_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 8032, section 7.3, signs the three bytes `abc`; KMS takes nothing but 64 bytes, and hashes them again."""
    imported = ed25519_key("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42")
    monkeypatch.setattr("garrison.keys.signing.check_message", lambda *_: None)
    assert HOUSE.engine.sign(imported, "ED25519_PH_SHA_512", b"abc", "DIGEST").hex() == (
        "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
        "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406"
    )


# RFC 9881 and RFC 9935, appendix C: the keys of the seeds 00 01 02 ..., by the first and last 32 bytes.
@pytest.mark.parametrize(
    ("spec", "private", "first", "last"),
    [
        (
            "ML_DSA_44",
            mldsa.MLDSA44PrivateKey.from_seed_bytes(bytes(range(32))),
            "d7b2b47254aae0db45e7930d4a98d2c97d8f1397d1789dafa17024b316e9bec9",
            "2202766151f16a965f9f81ece76cc070b55869e4db9784cf05c830b3242c8312",
        ),
        (
            "ML_DSA_65",
            mldsa.MLDSA65PrivateKey.from_seed_bytes(bytes(range(32))),
            "48683d91978e31eb3dddb8b0473482d2b88a5f625949fd8f58a561e696bd4c27",
            "ad18bd13fca55059dd9b185f79f9c47196a4e81b2104bc460a051e02f2e8444f",
        ),
        (
            "ML_DSA_87",
            mldsa.MLDSA87PrivateKey.from_seed_bytes(bytes(range(32))),
            "9792bcec2f2430686a82fccf3c2f5ff665e771d7ab41b90258cfa7e90ec97124",
            "caa4a9cbe885f786fa86e55be062222f8ba90a974073326b31212aece0a34a60",
        ),
        (
            "ML_KEM_768",
            mlkem.MLKEM768PrivateKey.from_seed_bytes(bytes(range(64))),
            "298aa10d423c8dda069d02bc59e6cdf03a096b8b3da4cab9b80ca4a14907672c",
            "5e43481c3eeb397eb192505229b67a201ea893c3e2cb32da8bc342fa4dea0578",
        ),
        (
            "ML_KEM_1024",
            mlkem.MLKEM1024PrivateKey.from_seed_bytes(bytes(range(64))),
            "4b94c29450111191823b3514c9ac1ea3d9825ccb86393a2dfb04654fa2192d37",
            "44b6c66984a868aa92fa02227a086950eb0c8701ed58dc628776b983882e1175",
        ),
    ],
)
def test_lattice_keys_of_a_seed(spec: str, private: Any, first: str, last: str) -> None:
    imported = HOUSE.key(spec, secret=private_der(private))
    public: Any = load_der_public_key(HOUSE.engine.public_key(imported))
    raw = public.public_bytes_raw()
    assert (raw[:32].hex(), raw[-32:].hex()) == (first, last)


def test_external_mu_is_what_fips_204_makes_of_the_message() -> None:
    """FIPS 204, section 6.2: mu = SHAKE256(SHAKE256(pk, 64) || 0 || 0 || M, 64)."""
    key = HOUSE.key("ML_DSA_65")
    public: Any = load_der_public_key(HOUSE.engine.public_key(key))
    tr = hashlib.shake_256(public.public_bytes_raw()).digest(64)
    mu = hashlib.shake_256(tr + b"\0\0" + b"message").digest(64)
    algorithm = "ML_DSA_SHAKE_256"
    HOUSE.engine.verify(key, algorithm, mu, HOUSE.engine.sign(key, algorithm, b"message"), "EXTERNAL_MU")
    HOUSE.engine.verify(key, algorithm, b"message", HOUSE.engine.sign(key, algorithm, mu, "EXTERNAL_MU"))


@pytest.mark.parametrize(("n", "length"), [(768, 1088), (1024, 1568)])
def test_an_altered_encapsulation_gives_the_rejection_secret_of_fips_203(n: int, length: int) -> None:
    """FIPS 203, algorithm 18: J(z || c) = SHAKE256(z || c, 32), z being the second half of the seed."""
    made_of: Any = {768: mlkem.MLKEM768PrivateKey, 1024: mlkem.MLKEM1024PrivateKey}[n]
    key = HOUSE.key(f"ML_KEM_{n}", secret=private_der(made_of.from_seed_bytes(bytes(range(64)))))
    secret, ciphertext = HOUSE.engine.encapsulate(key)
    assert HOUSE.engine.decapsulate(key, ciphertext) == secret
    wrong = bytes((ciphertext[0] ^ 1,)) + ciphertext[1:]
    assert len(wrong) == length
    assert HOUSE.engine.decapsulate(key, wrong) == hashlib.shake_256(bytes(range(32, 64)) + wrong).digest(32)


def test_a_blob_opens_with_nothing_but_its_documented_format() -> None:
    """SP 800-108 in counter mode and AES-256-GCM, by another implementation of the derivation."""
    material = bytes(range(32))
    key = HOUSE.key("SYMMETRIC_DEFAULT", secret=material)
    blob = HOUSE.engine.encrypt(key, b"secret", {"b": "2", "a": "1"})
    header = blob[:80]
    kdf = KBKDFHMAC(
        algorithm=SHA256(),
        mode=Mode.CounterMode,
        length=32,
        rlen=4,
        llen=4,
        location=CounterLocation.BeforeFixed,
        label=b"garrison-kms-v1",
        context=header[4:68],
        fixed=None,
    )
    pairs = [(b"a", b"1"), (b"b", b"2")]
    aad = header + b"\0\0\0\2" + b"".join(b"\0\0\0\1" + k + b"\0\0\0\1" + v for k, v in pairs)
    assert AESGCM(kdf.derive(material)).decrypt(header[68:], blob[80:], aad) == b"secret"

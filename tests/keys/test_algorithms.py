"""What keys of each spec do, and what they refuse."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature as Refused
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from garrison.keys import errors
from garrison.keys.material import Key
from garrison.keys.specs import SPECS
from tests.keys.house import ID, House

HOUSE = House()
_keys: dict[tuple[str, str], Key] = {}


def key(spec: str, usage: str) -> Key:
    """One key of each kind for all tests: RSA keys take their time."""
    if (spec, usage) not in _keys:
        _keys[spec, usage] = HOUSE.key(spec, usage)
    return _keys[spec, usage]


SIGNING = [
    (spec.name, algorithm, message_type)
    for spec in SPECS.values()
    for algorithm in spec.usages.get("SIGN_VERIFY", ())
    for message_type in ("RAW", "DIGEST", "EXTERNAL_MU")
    if not (spec.bits > 2048 and "SHA_384" in algorithm)
]
REFUSED = {
    ("ED25519_SHA_512", "DIGEST"),
    ("ED25519_PH_SHA_512", "RAW"),
    ("ML_DSA_SHAKE_256", "DIGEST"),
}


def message_of(algorithm: str, message_type: str) -> bytes:
    if message_type == "RAW":
        return b"message"
    return hashlib.new("sha" + algorithm[-3:], b"message").digest() if message_type == "DIGEST" else bytes(range(64))


@pytest.mark.parametrize(("spec", "algorithm", "message_type"), SIGNING)
def test_signatures(spec: str, algorithm: str, message_type: str) -> None:
    engine, signer, message = HOUSE.engine, key(spec, "SIGN_VERIFY"), message_of(algorithm, message_type)
    if (algorithm, message_type) in REFUSED or (message_type == "EXTERNAL_MU" and "ML_DSA" not in algorithm):
        with pytest.raises(errors.WrongMessageType):
            engine.sign(signer, algorithm, message, message_type)
        with pytest.raises(errors.WrongMessageType):
            engine.verify(signer, algorithm, message, b"x", message_type)
        return
    signature = engine.sign(signer, algorithm, message, message_type)
    engine.verify(signer, algorithm, message, signature, message_type)
    wrong_ones = (b"", b"x", signature[:-1], signature + b"\0", bytes(len(signature)), signature[:-1] + b"\xff\xff")
    for wrong in wrong_ones:
        with pytest.raises(errors.InvalidSignature):
            engine.verify(signer, algorithm, message, wrong, message_type)
    with pytest.raises(errors.InvalidSignature):
        engine.verify(signer, algorithm, bytes(len(message)), signature, message_type)
    if message_type == "DIGEST" and not algorithm.startswith("ED25519"):
        engine.verify(signer, algorithm, b"message", signature, "RAW")
    if message_type != "RAW":
        with pytest.raises(errors.WrongDigestLength):
            engine.sign(signer, algorithm, message[:-1], message_type)
    else:
        engine.sign(signer, algorithm, bytes(4096))
        with pytest.raises(errors.TooLong):
            engine.sign(signer, algorithm, bytes(4097))


def test_pss_has_a_salt_as_long_as_the_digest_and_demands_it() -> None:
    signer = key("RSA_2048", "SIGN_VERIFY")
    public: Any = load_der_public_key(HOUSE.engine.public_key(signer))
    signature = HOUSE.engine.sign(signer, "RSASSA_PSS_SHA_384", b"m")
    public.verify(signature, b"m", padding.PSS(padding.MGF1(SHA384()), 48), SHA384())
    with pytest.raises(Refused):
        public.verify(signature, b"m", padding.PSS(padding.MGF1(SHA384()), 32), SHA384())
    private = HOUSE.engine._private(signer)
    for other in (padding.PSS(padding.MGF1(SHA384()), 20), padding.PSS(padding.MGF1(SHA256()), 48)):
        with pytest.raises(errors.InvalidSignature):
            HOUSE.engine.verify(signer, "RSASSA_PSS_SHA_384", b"m", private.sign(b"m", other, SHA384()))


@pytest.mark.parametrize(("spec", "sha1", "sha256"), [("RSA_2048", 214, 190), ("RSA_3072", 342, 318)])
def test_oaep_takes_what_its_modulus_has_room_for(spec: str, sha1: int, sha256: int) -> None:
    engine, rsa = HOUSE.engine, key(spec, "ENCRYPT_DECRYPT")
    for algorithm, most in (("RSAES_OAEP_SHA_1", sha1), ("RSAES_OAEP_SHA_256", sha256)):
        blob = engine.encrypt(rsa, bytes(most), algorithm=algorithm)
        assert len(blob) == SPECS[spec].bits // 8
        assert engine.decrypt(rsa, blob, algorithm=algorithm) == bytes(most)
        with pytest.raises(errors.TooLong) as refusal:
            engine.encrypt(rsa, bytes(most + 1), algorithm=algorithm)
        assert refusal.value.limit == most
        for wrong in (b"", blob[:-1], blob + b"\0", bytes(len(blob)), b"\xff" * len(blob)):
            with pytest.raises(errors.InvalidCiphertext):
                engine.decrypt(rsa, wrong, algorithm=algorithm)
    with pytest.raises(errors.ContextNotAllowed):
        engine.encrypt(rsa, b"", {"a": "b"}, algorithm="RSAES_OAEP_SHA_1")
    with pytest.raises(errors.ContextNotAllowed):
        engine.decrypt(rsa, b"", {"a": "b"}, algorithm="RSAES_OAEP_SHA_1")


@pytest.mark.parametrize(("algorithm", "hashed"), [("RSAES_OAEP_SHA_1", SHA1()), ("RSAES_OAEP_SHA_256", SHA256())])
def test_what_a_client_encrypts_with_the_public_key_alone_decrypts(algorithm: str, hashed: Any) -> None:
    rsa = key("RSA_2048", "ENCRYPT_DECRYPT")
    public: Any = load_der_public_key(HOUSE.engine.public_key(rsa))
    blob = public.encrypt(b"secret", padding.OAEP(padding.MGF1(hashed), hashed, None))
    assert HOUSE.engine.decrypt(rsa, blob, algorithm=algorithm) == b"secret"
    other = {"RSAES_OAEP_SHA_1": "RSAES_OAEP_SHA_256"}.get(algorithm, "RSAES_OAEP_SHA_1")
    with pytest.raises(errors.InvalidCiphertext):
        HOUSE.engine.decrypt(rsa, blob, algorithm=other)


@pytest.mark.parametrize("bits", [224, 256, 384, 512])
def test_macs(bits: int) -> None:
    engine, hmac, algorithm = HOUSE.engine, key(f"HMAC_{bits}", "GENERATE_VERIFY_MAC"), f"HMAC_SHA_{bits}"
    mac = engine.mac(hmac, algorithm, b"m")
    assert len(mac) == bits // 8
    engine.verify_mac(hmac, algorithm, b"m", mac)
    for wrong in (b"", mac[:-1], mac + b"\0", bytes(len(mac))):
        with pytest.raises(errors.InvalidMac):
            engine.verify_mac(hmac, algorithm, b"m", wrong)
    with pytest.raises(errors.WrongAlgorithm):
        engine.mac(hmac, "HMAC_SHA_256" if bits != 256 else "HMAC_SHA_224", b"m")
    with pytest.raises(errors.TooLong):
        engine.mac(hmac, algorithm, bytes(4097))
    with pytest.raises(errors.UnsupportedSpec):
        engine.public_key(hmac)


@pytest.mark.parametrize(("spec", "length"), [("ECC_NIST_P256", 32), ("ECC_NIST_P384", 48), ("ECC_NIST_P521", 66)])
def test_both_sides_agree_on_a_secret(spec: str, length: int) -> None:
    engine, ours = HOUSE.engine, key(spec, "KEY_AGREEMENT")
    theirs = HOUSE.key(spec, "KEY_AGREEMENT")
    secret = engine.shared_secret(ours, engine.public_key(theirs))
    assert secret == engine.shared_secret(theirs, engine.public_key(ours))
    assert len(secret) == length
    other = engine.new_pair("ECC_NIST_P384" if spec != "ECC_NIST_P384" else "ECC_NIST_P256").public
    good = engine.public_key(theirs)
    off_curve = good[:-1] + bytes((good[-1] ^ 1,))
    for wrong in (b"", b"junk", other, engine.new_pair("ECC_NIST_EDWARDS25519").public, off_curve):
        with pytest.raises(errors.InvalidPublicKey):
            engine.shared_secret(ours, wrong)


def test_encapsulation_of_the_wrong_length_is_no_ciphertext() -> None:
    for spec, length in (("ML_KEM_768", 1088), ("ML_KEM_1024", 1568)):
        secret, ciphertext = HOUSE.engine.encapsulate(key(spec, "ENCAPSULATE_DECAPSULATE"))
        assert (len(secret), len(ciphertext)) == (32, length)
        for wrong in (b"", ciphertext[:-1], ciphertext + b"\0"):
            with pytest.raises(errors.InvalidCiphertext):
                HOUSE.engine.decapsulate(key(spec, "ENCAPSULATE_DECAPSULATE"), wrong)


@pytest.mark.parametrize("spec", [spec.name for spec in SPECS.values() if spec.pair and spec.name != "RSA_4096"])
def test_data_key_pairs_are_pkcs8_and_spki(spec: str) -> None:
    pair = HOUSE.engine.new_pair(spec)
    imported = HOUSE.key(spec, secret=pair.private)
    assert HOUSE.engine.public_key(imported) == pair.public
    read: Any = load_der_public_key(pair.public)
    assert read.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == pair.public


@pytest.mark.parametrize("spec", ["SM2", "ML_KEM_512", "nonsense"])
def test_specs_garrison_has_not_are_refused(spec: str) -> None:
    with pytest.raises(errors.UnsupportedSpec):
        HOUSE.engine.new_secret(spec)
    with pytest.raises(errors.UnsupportedSpec):
        HOUSE.engine.new_pair(spec)
    with pytest.raises(errors.UnsupportedSpec):
        HOUSE.engine.new_pair("SYMMETRIC_DEFAULT")


def test_a_key_does_only_what_it_is_for() -> None:
    engine = HOUSE.engine
    for spec, usage in (("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), ("RSA_2048", "SIGN_VERIFY")):
        other = key(spec, usage)
        if usage != "SIGN_VERIFY":
            with pytest.raises(errors.WrongUsage):
                engine.sign(other, "ECDSA_SHA_256", b"m")
        else:
            with pytest.raises(errors.WrongUsage):
                engine.encrypt(other, b"m", algorithm="RSAES_OAEP_SHA_1")
        with pytest.raises(errors.WrongUsage):
            engine.mac(other, "HMAC_SHA_256", b"m")
        with pytest.raises(errors.WrongUsage):
            engine.shared_secret(other, b"")
        with pytest.raises(errors.WrongUsage):
            engine.decapsulate(other, b"")
    with pytest.raises(errors.WrongAlgorithm):
        engine.sign(key("ECC_NIST_P256", "SIGN_VERIFY"), "ECDSA_SHA_384", b"m")
    with pytest.raises(errors.WrongAlgorithm):
        engine.encrypt(key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), b"m", algorithm="RSAES_OAEP_SHA_1")
    with pytest.raises(errors.WrongUsage):
        HOUSE.key("ECC_SECG_P256K1", "KEY_AGREEMENT")


def test_material_of_another_spec_is_not_taken() -> None:
    p256 = HOUSE.engine.new_secret("ECC_NIST_P256")
    for spec in SPECS:
        for wrong in (b"", bytes(33), b"junk" * 100, p256 if spec != "ECC_NIST_P256" else bytes(32)):
            with pytest.raises(errors.IncorrectKeyMaterial):
                HOUSE.key(spec, secret=wrong)


def test_one_key_in_two_encodings_has_one_material_id() -> None:
    """A PKCS #8 file may carry its public key or not; what is kept is one form."""
    private = ec.generate_private_key(ec.SECP256R1())
    der = HOUSE.engine.new_secret("ECC_NIST_P256")
    assert HOUSE.engine.material_id(ID, "ECC_NIST_P256", der) == HOUSE.engine.material_id(ID, "ECC_NIST_P256", der)
    scalar = private.private_numbers().private_value.to_bytes(32, "big")
    bare = bytes.fromhex("3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420") + scalar
    with_public = HOUSE.key("ECC_NIST_P256", secret=HOUSE.engine.new_secret("ECC_NIST_P256"))
    assert with_public.material.id
    first = HOUSE.key("ECC_NIST_P256", secret=bare)
    again = HOUSE.key("ECC_NIST_P256", secret=HOUSE.engine._open(first).secret)
    assert first.material.id == again.material.id
    assert HOUSE.engine._open(first).secret != bare

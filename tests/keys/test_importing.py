"""Import: every wrapping algorithm carries every material it may carry, and a token works for its key alone."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

from garrison.keys import errors
from garrison.keys.engine import ImportParameters
from garrison.keys.specs import SPECS
from tests.keys.house import House

HOUSE = House()
ARN = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NOW = 1_000_000.0
ALGORITHMS = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256")


@cache
def secret(spec: str) -> bytes:
    return HOUSE.engine.new_secret(spec)


@cache
def parameters(wrapping: str, algorithm: str, spec: str = "HMAC_256") -> ImportParameters:
    return HOUSE.engine.import_parameters(ARN, spec, wrapping, algorithm, NOW)


def wrap(public_key: bytes, algorithm: str, material: bytes) -> bytes:
    """What a client does."""
    public: Any = load_der_public_key(public_key)
    hashed = SHA1() if algorithm.endswith("_1") else SHA256()
    oaep = padding.OAEP(padding.MGF1(hashed), hashed, None)
    if algorithm.startswith("RSAES"):
        return bytes(public.encrypt(material, oaep))
    aes = os.urandom(32)
    return bytes(public.encrypt(aes, oaep)) + aes_key_wrap_with_padding(aes, material)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("spec", SPECS)
def test_every_spec_comes_through_every_algorithm_that_may_carry_it(spec: str, algorithm: str) -> None:
    if SPECS[spec].family == "rsa" and algorithm.startswith("RSAES"):
        with pytest.raises(errors.WrappingNotAllowed):
            HOUSE.engine.import_parameters(ARN, spec, "RSA_2048", algorithm, NOW)
        return
    wrapping = "RSA_3072" if spec == "ECC_NIST_P521" else "RSA_2048"
    given = parameters(wrapping, algorithm)
    wrapped = wrap(given.public_key, algorithm, secret(spec))
    assert HOUSE.engine.unwrap(given.token, wrapped, ARN, spec, NOW + 1) == secret(spec)


@pytest.mark.parametrize(
    ("spec", "wrapping", "algorithm", "refusal"),
    [
        ("SYMMETRIC_DEFAULT", "RSA_2048", "RSAES_PKCS1_V1_5", errors.WrappingNotAllowed),
        ("SYMMETRIC_DEFAULT", "RSA_2048", "SM2PKE", errors.WrappingNotAllowed),
        ("SYMMETRIC_DEFAULT", "SM2", "SM2PKE", errors.UnsupportedSpec),
        ("ECC_NIST_P521", "RSA_2048", "RSAES_OAEP_SHA_1", errors.WrappingNotAllowed),
        ("RSA_2048", "RSA_4096", "RSAES_OAEP_SHA_256", errors.WrappingNotAllowed),
        ("SM2", "RSA_2048", "RSA_AES_KEY_WRAP_SHA_1", errors.UnsupportedSpec),
    ],
)
def test_what_may_not_come_that_way(spec: str, wrapping: str, algorithm: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        HOUSE.engine.import_parameters(ARN, spec, wrapping, algorithm, NOW)


def test_a_token_works_for_its_key_and_for_a_day() -> None:
    given = parameters("RSA_2048", "RSAES_OAEP_SHA_256")
    wrapped = wrap(given.public_key, "RSAES_OAEP_SHA_256", bytes(32))
    assert given.expires == NOW + 86_400
    assert HOUSE.engine.unwrap(given.token, wrapped, ARN, "HMAC_256", NOW + 86_399) == bytes(32)
    with pytest.raises(errors.ExpiredImportToken):
        HOUSE.engine.unwrap(given.token, wrapped, ARN, "HMAC_256", NOW + 86_400)
    with pytest.raises(errors.InvalidImportToken):
        HOUSE.engine.unwrap(given.token, wrapped, ARN[:-1] + "c", "HMAC_256", NOW)
    with pytest.raises(errors.InvalidImportToken):
        House().engine.unwrap(given.token, wrapped, ARN, "HMAC_256", NOW)
    for i in range(0, len(given.token), 7):
        altered = given.token[:i] + bytes((given.token[i] ^ 1,)) + given.token[i + 1 :]
        with pytest.raises(errors.InvalidImportToken):
            HOUSE.engine.unwrap(altered, wrapped, ARN, "HMAC_256", NOW)
    for junk in (b"", b"\x01", b"junk" * 20):
        with pytest.raises(errors.InvalidImportToken):
            HOUSE.engine.unwrap(junk, wrapped, ARN, "HMAC_256", NOW)
    assert len(given.token) < 6144


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_was_not_wrapped_for_this_token_is_no_ciphertext(algorithm: str) -> None:
    given = parameters("RSA_2048", algorithm)
    good = wrap(given.public_key, algorithm, bytes(32))
    other = ALGORITHMS[(ALGORITHMS.index(algorithm) + 1) % 4]
    wrongs = [b"", b"x", good[:-1], good + b"\0" * 8, bytes(len(good)), wrap(given.public_key, other, bytes(32))]
    for wrong in (*wrongs, good[:-1] + bytes((good[-1] ^ 1,))):
        with pytest.raises(errors.InvalidCiphertext):
            HOUSE.engine.unwrap(given.token, wrong, ARN, "HMAC_256", NOW)


def test_material_of_the_wrong_length_is_incorrect() -> None:
    given = parameters("RSA_2048", "RSAES_OAEP_SHA_256")
    for spec, length in (("SYMMETRIC_DEFAULT", 31), ("SYMMETRIC_DEFAULT", 33), ("HMAC_224", 32), ("HMAC_512", 32)):
        wrapped = wrap(given.public_key, "RSAES_OAEP_SHA_256", bytes(length))
        with pytest.raises(errors.IncorrectKeyMaterial):
            HOUSE.engine.unwrap(given.token, wrapped, ARN, spec, NOW)


def test_an_aes_key_of_another_length_is_refused() -> None:
    given = parameters("RSA_2048", "RSA_AES_KEY_WRAP_SHA_256")
    public: Any = load_der_public_key(given.public_key)
    aes = os.urandom(16)
    oaep = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)
    wrapped = public.encrypt(aes, oaep) + aes_key_wrap_with_padding(aes, bytes(32))
    with pytest.raises(errors.InvalidCiphertext):
        HOUSE.engine.unwrap(given.token, wrapped, ARN, "HMAC_256", NOW)

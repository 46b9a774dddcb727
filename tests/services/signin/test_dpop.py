"""Proofs of possession, made here with another library's hands: cryptography's keys, and JSON."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from garrison.services.signin.dpop import ProofInvalid, prove, thumbprint, verifies

NOW = 1_750_000_000.0
KEY = ec.generate_private_key(ec.SECP256R1())


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwk(key: ec.EllipticCurvePrivateKey = KEY) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": b64(numbers.x.to_bytes(32, "big")),
        "y": b64(numbers.y.to_bytes(32, "big")),
    }


def proof(*, header: dict[str, Any] | None = None, claims: dict[str, Any] | None = None) -> str:
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk()} | (header or {})
    body = {"htm": "POST", "htu": "http://127.0.0.1:4590/v1/token", "iat": int(NOW), "jti": "1"} | (claims or {})
    signing = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(body).encode())}"
    r, s = decode_dss_signature(KEY.sign(signing.encode(), ec.ECDSA(SHA256())))
    return f"{signing}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def proved(text: str | None) -> str:
    return prove(text, method="POST", authority="127.0.0.1:4590", path="/v1/token", now=NOW)


def test_a_proof_tells_which_key_made_it() -> None:
    assert proved(proof()) == thumbprint(jwk())


@pytest.mark.parametrize(
    "changes",
    [
        {"header": {"alg": "none"}},
        {"header": {"alg": "HS256"}},
        {"header": {"typ": "JWT"}},
        {"header": {"jwk": jwk(ec.generate_private_key(ec.SECP256R1()))}},
        {"header": {"jwk": jwk() | {"x": b64(bytes(32))}}},
        {"header": {"jwk": jwk() | {"d": "AA"}}},
        {"claims": {"htm": "GET"}},
        {"claims": {"htu": "http://evil.example/v1/token"}},
        {"claims": {"htu": "http://127.0.0.1:4590/other"}},
        {"claims": {"iat": int(NOW) - 301}},
        {"claims": {"iat": int(NOW) + 301}},
        {"claims": {"iat": "now"}},
        {"claims": {"jti": ""}},
    ],
)
def test_a_proof_of_anything_else_is_none(changes: dict[str, Any]) -> None:
    with pytest.raises(ProofInvalid):
        proved(proof(**changes))


@pytest.mark.parametrize("text", [None, "", "a.b.c", "..", "x" * 5000, proof()[:-2] + "==", proof() + ".x"])
def test_what_is_no_jwt_is_no_proof(text: str | None) -> None:
    with pytest.raises(ProofInvalid):
        proved(text)


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    members = {
        "e": "AQAB",
        "kty": "RSA",
        "n": (
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
            "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA"
            "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
            "kEgU8awapJzKnqDKgw"
        ),
    }
    assert thumbprint(members) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_the_verifier_of_rfc_7636_verifies() -> None:
    assert verifies("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert not verifies("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "x" * 43)

"""Proofs of possession: a client shows with each request that it has the key its tokens are bound to (RFC 9449).

Pure. AWS's clients sign with ES256; nothing else is taken.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

LEEWAY = 300.0
"""Seconds a proof's time may be off: as much as a signature's."""
_LONGEST = 4096


class ProofInvalid(Exception):
    """The proof is missing, forged, for another request, or too old."""


class _Key(msgspec.Struct, frozen=True):
    kty: str
    crv: str
    x: str
    y: str
    d: str | None = None


class _Header(msgspec.Struct, frozen=True):
    typ: str
    alg: str
    jwk: _Key


class _Claims(msgspec.Struct, frozen=True):
    htm: str
    htu: str
    iat: float
    jti: str


def prove(proof: str | None, *, method: str, authority: str, path: str, now: float) -> str:
    """The thumbprint of the key a proof was made with, for a request to that host and path. Raises `ProofInvalid`."""
    if not proof or len(proof) > _LONGEST or proof.count(".") != 2:
        raise ProofInvalid("no proof")
    head, body, tail = proof.split(".")
    try:
        header = msgspec.json.decode(_decoded(head), type=_Header)
        claims = msgspec.json.decode(_decoded(body), type=_Claims)
    except (msgspec.MsgspecError, ValueError) as e:
        raise ProofInvalid("not a proof") from e
    key = header.jwk
    if header.typ != "dpop+jwt" or header.alg != "ES256" or key.kty != "EC" or key.crv != "P-256" or key.d is not None:
        raise ProofInvalid("not made with an ES256 key")
    x, y, signature = _decoded(key.x), _decoded(key.y), _decoded(tail)
    if len(x) != 32 or len(y) != 32 or len(signature) != 64:
        raise ProofInvalid("not a key on P-256")
    numbers = EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), SECP256R1())
    der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    try:
        numbers.public_key().verify(der, f"{head}.{body}".encode(), ECDSA(SHA256()))
    except (InvalidSignature, ValueError) as e:
        raise ProofInvalid("forged") from e
    target = urlsplit(claims.htu)
    # The scheme is left out: a proxy that ends TLS in front of us knows it better than we do.
    if claims.htm != method or target.netloc.lower() != authority.lower() or target.path != path:
        raise ProofInvalid("made for another request")
    if abs(now - claims.iat) > LEEWAY or not claims.jti:
        raise ProofInvalid("too old")
    return thumbprint({"crv": key.crv, "kty": key.kty, "x": key.x, "y": key.y})


def thumbprint(required: dict[str, Any]) -> str:
    """The thumbprint of a JWK's required members (RFC 7638)."""
    spelled = json.dumps(required, separators=(",", ":"), sort_keys=True).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(spelled).digest()).rstrip(b"=").decode()


def verifies(challenge: str, verifier: str) -> bool:
    """Whether a PKCE verifier is the one of an S256 challenge (RFC 7636)."""
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return hmac.compare_digest(made, challenge)


def _decoded(text: str) -> bytes:
    if "=" in text:
        raise ProofInvalid("padded")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as e:
        raise ProofInvalid("not base64url") from e

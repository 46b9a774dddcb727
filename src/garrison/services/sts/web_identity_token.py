"""Is this token what it claims to be? Everything about an OpenID Connect ID token but what a trust policy asks.

In this order, and nothing is fetched before it is known for which registered provider:

1. three parts, a header that asks for nothing unusual, and one of six algorithms - never `none`, never one that shares
   its key;
2. `iss` is, character for character, the URL of a provider of the role's account;
3. the signature is good under the provider's key of that id, which is of the kind the algorithm needs;
4. the audience (`azp` if there is one, else `aud`) is one of the provider's client ids;
5. now is between `nbf` and `exp`, and `iat` is neither to come nor long past.

Sources: IAM user guide, "OIDC federation" (five minutes of skew) and "Create an OpenID Connect identity provider";
RFC 7515, 7519, 8725. Messages are as seen in public bug reports, where not marked as guesses.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable
from typing import Any

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from garrison.access.federation import OidcProvider
from garrison.aws.errors import AwsError
from garrison.services.sts.federated_session import refused

SKEW = 300
OLDEST = 86_400
"""Seconds since `iat`. That AWS refuses old tokens ("Token too old") is seen; the limit is a guess."""
SMALLEST_RSA = 2048
"""Bits (RFC 7518, section 3.3)."""
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", *_CURVES})

KeyOf = Callable[[OidcProvider, str], dict[str, Any]]
ProviderOf = Callable[[str], OidcProvider | None]


class Token(msgspec.Struct, frozen=True):
    """A verified token."""

    provider: OidcProvider
    subject: str
    audience: str
    """The client id it was made for."""
    claims: dict[str, Any]


def not_a_token() -> AwsError:
    """The answer to whatever is no JWT."""
    return refused("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")


def verify(text: str, provider_of: ProviderOf, key_of: KeyOf, now: float) -> Token:
    """The token. Raises `AwsError`."""
    parts = text.split(".")
    if len(parts) != 3:
        raise not_a_token()
    header, claims = _object(parts[0]), _object(parts[1])
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS or "crit" in header or "b64" in header:
        raise not_a_token()
    issuer = _required_text(claims, "iss")
    provider = provider_of(issuer)
    if provider is None:
        raise refused(f"No OpenIDConnect provider found in your account for {issuer}")
    if not isinstance(kid, str):
        raise refused("The ID Token names no key: its header has no kid.")  # a guess
    _check_signature(text, algorithm, key_of(provider, kid))
    audience = _audience(claims, provider)
    _check_times(claims, now)
    return Token(provider, _required_text(claims, "sub"), audience, claims)


def _object(part: str) -> dict[str, Any]:
    try:
        if not part.isascii() or "=" in part:
            raise ValueError(part)
        raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        value = msgspec.json.decode(raw)
    except (binascii.Error, ValueError, RecursionError):
        raise not_a_token() from None
    if not isinstance(value, dict):
        raise not_a_token()
    return value


def _required_text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise refused(f"Missing a required claim: {name}")
    return value


def _check_signature(text: str, algorithm: str, jwk: dict[str, Any]) -> None:
    bad = refused("The signature of the ID Token is not valid.")  # a guess
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", algorithm) != algorithm:
        raise bad
    # Only the public parts: whatever else is in there must not turn it into another kind of key.
    try:
        if algorithm in _CURVES:
            if jwk.get("kty") != "EC" or jwk.get("crv") != _CURVES[algorithm]:
                raise bad
            key: RSAKey | ECKey = ECKey.import_key({k: jwk[k] for k in ("kty", "crv", "x", "y")})
        else:
            if jwk.get("kty") != "RSA":
                raise bad
            key = RSAKey.import_key({k: jwk[k] for k in ("kty", "n", "e")})
            if key.public_key.key_size < SMALLEST_RSA:
                raise bad
        jws.deserialize_compact(text.encode(), key, algorithms=[algorithm])
    except (JoseError, KeyError, TypeError, ValueError):
        raise bad from None


def _audience(claims: dict[str, Any], provider: OidcProvider) -> str:
    party = claims.get("azp")
    named = party if isinstance(party, str) and party else claims.get("aud")
    candidates = named if isinstance(named, list) else [named]
    if not candidates or candidates == [None]:
        raise refused("Missing a required claim: aud")
    for candidate in candidates:
        if isinstance(candidate, str) and candidate in provider.client_ids:
            return candidate
    raise refused("Incorrect token audience")


def _check_times(claims: dict[str, Any], now: float) -> None:
    expires, issued = _time(claims, "exp"), _time(claims, "iat")
    if now > expires + SKEW:
        raise AwsError(
            "ExpiredTokenException",
            f"Token expired: current date/time {int(now)} must be before the expiration date/time {int(expires)}",
            status=400,
        )
    if now - issued > OLDEST + SKEW:
        raise AwsError("ExpiredTokenException", f"Token too old: {int(now - issued)}", status=400)
    begins = max(issued, _time(claims, "nbf") if "nbf" in claims else issued)
    if now < begins - SKEW:
        raise refused(  # a guess
            f"Token is not valid yet: current date/time {int(now)} must be after {int(begins)}"
        )


def _time(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise refused(f"Missing a required claim: {name}")
    return float(value)

"""The keys an OpenID Connect provider signs with: found by discovery, kept for a while, asked for again when needed.

A key id that is not among them may be a new key, so they are fetched again - but not more than once in `RETRY_SECONDS`,
or tokens with made-up key ids would have us bother the provider. Failures are remembered as long, too.
Source: OpenID Connect Discovery 1.0, section 4; RFC 7517.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

import msgspec

from garrison.access.federation import OidcProvider
from garrison.access.runtime import Runtime
from garrison.aws.errors import AwsError
from garrison.services.sts.fetch import NotFetched, NotTrusted, Trust, fetch_json

log = logging.getLogger("garrison.sts")

KEEP_SECONDS = 3_600.0
RETRY_SECONDS = 30.0
_UNUSABLE = (
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity "
    "documentation for requirements"
)
_UNTRUSTED = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
_UNREACHABLE = (
    "The request could not be fulfilled because the identity provider (IDP) that was asked to verify the incoming "
    "identity token could not be reached."
)
"""The API reference's description of the error; its own words are not published."""

_locks = tuple(threading.Lock() for _ in range(16))
"""One fetch of an issuer at a time; the others wait and find its result."""


class Fetched(msgspec.Struct, frozen=True):
    """What is known of an issuer's keys."""

    tried: float
    """When they were asked for last."""
    fetched: float
    """When they came."""
    keys: tuple[dict[str, Any], ...] = ()
    failure: tuple[str, str] | None = None
    """Code and message of the error, if the last try was in vain."""


def key_of(runtime: Runtime, provider: OidcProvider, kid: str, now: float) -> dict[str, Any]:
    """The provider's key (a JWK) with that id. Raises `AwsError`."""
    place = f"{provider.url} {' '.join(provider.thumbprints)}"
    known: Fetched | None = runtime.identity_keys.get(place)
    found = _pick(known, kid, now)
    if found is None:
        with _locks[hash(place) % len(_locks)]:
            known = runtime.identity_keys.get(place)
            found = _pick(known, kid, now)
            if found is None and (known is None or not 0 <= now - known.tried < RETRY_SECONDS):
                known = _fetch(runtime, provider, known, now)
                runtime.identity_keys.put(place, known)
                found = _pick(known, kid, now)
    if found is not None:
        return found
    code, message = (known and known.failure) or ("InvalidIdentityToken", _UNUSABLE)
    raise AwsError(code, message, status=400)


def _pick(known: Fetched | None, kid: str, now: float) -> dict[str, Any] | None:
    if known is None or not 0 <= now - known.fetched < KEEP_SECONDS:
        return None
    fitting = [key for key in known.keys if key.get("kid") == kid]
    return fitting[0] if len(fitting) == 1 else None


def _fetch(runtime: Runtime, provider: OidcProvider, before: Fetched | None, now: float) -> Fetched:
    trust = Trust(provider.thumbprints, runtime.identity_ca)
    issuer = provider.url
    try:
        about = fetch_json(issuer.rstrip("/") + "/.well-known/openid-configuration", issuer, trust)
        uri = about.get("jwks_uri")
        if about.get("issuer") == issuer and isinstance(uri, str):
            keys = fetch_json(uri, issuer, trust).get("keys")
            if isinstance(keys, list):
                return Fetched(now, now, tuple(key for key in keys if isinstance(key, dict)))
        failure = ("InvalidIdentityToken", _UNUSABLE)
    except NotTrusted:
        failure = ("InvalidIdentityToken", _UNTRUSTED)
    except NotFetched as e:
        log.warning("identity provider %s: %s", issuer, e)
        failure = ("IDPCommunicationError", _UNREACHABLE)
    # What came before stays good for its time: a made-up key id must not cost a provider the keys it has.
    old = before or Fetched(now, now)
    return Fetched(now, old.fetched, old.keys, failure)

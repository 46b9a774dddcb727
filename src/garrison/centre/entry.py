"""Coming in by Garrison's sign-in, as `aws login` does: OAuth 2.0 with PKCE, and tokens bound to a key (DPoP).

The person allows it on the sign-in's own page; what comes back are temporary credentials of that session, good for
fifteen minutes at a time. The centre never sees a password.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import secrets
import socket
import ssl
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from joserfc import jws
from joserfc.jwk import ECKey

from garrison.centre.calls import Away

CLIENT = "arn:aws:signin:::devtools/same-device"
CALLBACK = "/oauth/callback"
_PATH = "/v1/token"
_TIMEOUT = 20.0


class NotLetIn(Exception):
    """The sign-in did not give credentials. The text says why."""


class Let(msgspec.Struct, frozen=True):
    """What a person is let in with."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires: float
    """Seconds since the epoch."""
    refresh: str


class Sought(msgspec.Struct, frozen=True):
    """Somebody who was sent to sign in."""

    state: str
    verifier: str
    key: ECKey
    visit: str
    """The cookie of the browser that was sent."""
    next: str
    began: float


class Entry:
    """The way in."""

    def __init__(self, url: str, signin: str, own: str, ca: str | None = None) -> None:
        """`url` is where the APIs are, `signin` where people sign in, `own` the centre's own origin."""
        self._url = urlsplit(url)
        self._signin = signin
        self._own = own
        self._tls = ssl.create_default_context(cafile=ca) if self._url.scheme == "https" else None

    def seek(self, visit: str, next: str) -> Sought:
        """Begin."""
        key = ECKey.generate_key("P-256")
        return Sought(secrets.token_urlsafe(24), secrets.token_urlsafe(48), key, visit, next, time.time())

    def answers(self) -> None:
        """Whether somebody listens where people sign in. Raises `Away`."""
        url = urlsplit(self._signin)
        try:
            port = url.port or (443 if url.scheme == "https" else 80)
            socket.create_connection((url.hostname or "", port), timeout=5).close()
        except OSError as e:
            raise Away(f"{self._signin}: {e}") from None

    def link(self, sought: Sought) -> str:
        """Where the browser is sent."""
        digest = hashlib.sha256(sought.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": CLIENT,
            "state": sought.state,
            "code_challenge_method": "SHA-256",
            "scope": "openid",
            "redirect_uri": self._own + CALLBACK,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        }
        return f"{self._signin}/v1/authorize?{urlencode(asked)}"

    def redeem(self, sought: Sought, code: str) -> Let:
        """Credentials for the code that came back. Raises `NotLetIn` and `Away`."""
        return self._token(
            sought.key, grantType="authorization_code", code=code, codeVerifier=sought.verifier,
            redirectUri=self._own + CALLBACK,
        )  # fmt: skip

    def renew(self, key: ECKey, refresh: str) -> Let:
        """Further fifteen minutes. Raises `NotLetIn` and `Away`."""
        return self._token(key, grantType="refresh_token", refreshToken=refresh)

    def _token(self, key: ECKey, **asked: str) -> Let:
        status, told = self._post({"clientId": CLIENT, **asked}, self._proof(key))
        if status != 200:
            raise NotLetIn(str(told.get("message") or told.get("error") or f"status {status}"))
        made = told["accessToken"]
        return Let(
            made["accessKeyId"], made["secretAccessKey"], made["sessionToken"],
            time.time() + float(told["expiresIn"]), told["refreshToken"],
        )  # fmt: skip

    def _proof(self, key: ECKey) -> str:
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False, kid=None)}
        header["jwk"] = {name: header["jwk"][name] for name in ("kty", "crv", "x", "y")}  # type: ignore[index]
        target = f"{self._url.scheme}://{self._url.netloc}{_PATH}"
        claims = {"htm": "POST", "htu": target, "iat": int(time.time()), "jti": secrets.token_urlsafe(16)}
        registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
        return jws.serialize_compact(header, json.dumps(claims), key, registry=registry)

    def _post(self, body: dict[str, str], proof: str) -> tuple[int, dict[str, Any]]:
        host, port = self._url.hostname or "", self._url.port
        connection: http.client.HTTPConnection
        if self._tls is not None:
            connection = http.client.HTTPSConnection(host, port, timeout=_TIMEOUT, context=self._tls)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT)
        headers = {"Content-Type": "application/json", "DPoP": proof, "User-Agent": "garrison-centre"}
        try:
            connection.request("POST", _PATH, json.dumps(body).encode(), headers)
            response = connection.getresponse()
            found = json.loads(response.read() or b"{}")
            return response.status, found if isinstance(found, dict) else {}
        except (OSError, http.client.HTTPException, ValueError) as e:
            raise Away(f"{type(e).__name__}: {e}") from None
        finally:
            connection.close()

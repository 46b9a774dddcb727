"""CreateOAuth2Token: an authorization code, and later a refresh token, become temporary credentials of 15 minutes.

AWS takes the call unsigned: who calls is who signed in and gave the client its code. Codes are good once, and only for
who knows the PKCE verifier; from then on a client must hold the key it first proved possession of.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.caller import Caller, Session
from garrison.access.passwords import password_stamp
from garrison.access.tokens import mint
from garrison.aws.errors import AwsError
from garrison.policy.principal import Principal
from garrison.services.operation import operation
from garrison.services.signin import dpop
from garrison.services.signin.resources import CODE, GRANT, Code, Grant, digest, prune, row_name
from garrison.store import Reader, Resource, Transaction

SECONDS = 900
"""What credentials last: "Valid for 15 minutes" (the model of the service)."""
GRACE = 60.0
"""Seconds the refresh token before the newest stays good: of two processes that refresh at once neither must lose."""
SAME_DEVICE = "arn:aws:signin:::devtools/same-device"
CROSS_DEVICE = "arn:aws:signin:::devtools/cross-device"

_INVALID_GRANT = "The provided authorization grant is invalid, expired, revoked, or malformed"
"""As AWS says it: seen in users' reports of failed refreshes."""


def invalid(message: str = _INVALID_GRANT, error: str = "invalid_grant") -> AwsError:
    """The error for a code or token that is none."""
    return AwsError("ValidationException", message, fields={"error": error})


def denied(error: str, message: str) -> AwsError:
    """The error for a code or token that was good once. The codes are the model's, the texts are ours."""
    return AwsError("AccessDeniedException", message, status=400, fields={"error": error})


def _identify(call: Call) -> Caller:
    """Who signed in, by the code or refresh token. Nothing is used up yet."""
    asked: dict[str, Any] = call.params["tokenInput"]
    with call.runtime.store.reading() as reader:
        if asked["grantType"] == "authorization_code":
            found: Code | Grant = _code(call, reader, asked).body
        else:
            found = _grant(call, reader, asked).body
    return Caller(found.principal, session=found.session)


def _thumbprint(call: Call) -> str:
    request = call.request
    try:
        return dpop.prove(
            request.header("dpop"),
            method=request.method,
            authority=request.header("host") or "",
            path=request.path,
            # Signed by the client, by its machine's clock.
            now=call.runtime.clock.wall(),
        )
    except dpop.ProofInvalid as e:
        raise invalid(f"The DPoP proof is invalid: {e}.", "invalid_request") from None


def _code(call: Call, reader: Reader, asked: dict[str, Any]) -> Resource[Code]:
    """The code, if this client may redeem it."""
    code, verifier, uri = asked.get("code"), asked.get("codeVerifier"), asked.get("redirectUri")
    if not code or not verifier:
        raise invalid("code and codeVerifier are required for the authorization_code grant.", "invalid_request")
    row = reader.by_id(CODE, digest(code))
    if row is None or row.body.client_id != asked["clientId"] or row.body.redirect_uri != (uri or ""):
        raise invalid()
    if not dpop.verifies(row.body.challenge, verifier):
        raise invalid()
    if call.now >= row.body.expires:
        raise denied("AUTHCODE_EXPIRED", "The authorization code has expired.")
    _check_password(reader, row.body)
    return row


def _grant(call: Call, reader: Reader, asked: dict[str, Any]) -> Resource[Grant]:
    """What a refresh token stands for, if this client may use it."""
    token: str | None = asked.get("refreshToken")
    if not token:
        raise invalid("refreshToken is required for the refresh_token grant.", "invalid_request")
    row = reader.by_id(GRANT, token.partition(".")[0])
    if row is None or row.body.client_id != asked["clientId"]:
        raise invalid()
    given = digest(token)
    late = call.now - row.body.rotated < GRACE and hmac.compare_digest(given, row.body.previous)
    if not late and not hmac.compare_digest(given, row.body.refresh):
        raise invalid()
    if call.now >= row.body.session.expires:
        raise denied("TOKEN_EXPIRED", "The session has expired. Sign in again.")
    _check_password(reader, row.body)
    return row


def _check_password(reader: Reader, body: Code | Grant) -> None:
    if body.stamp != password_stamp(reader, body.principal):
        raise denied("USER_CREDENTIALS_CHANGED", "The credentials of the user have changed. Sign in again.")


@operation("signin", "CreateOAuth2Token", access="write", identify=_identify)
def create_oauth2_token(call: Call, tx: Transaction) -> dict[str, Any]:
    """Redeem a code, or refresh."""
    asked: dict[str, Any] = call.params["tokenInput"]
    key = _thumbprint(call)
    refresh_id = secrets.token_hex(16)
    if asked["grantType"] == "refresh_token":
        row = _grant(call, tx, asked)
        if row.body.key != key:
            raise invalid()
        refresh = f"{row.id}.{secrets.token_urlsafe(48)}"
        body = msgspec.structs.replace(row.body, refresh=digest(refresh), previous=row.body.refresh, rotated=call.now)
        tx.update(row, body, updated=call.now)
        return {"tokenOutput": _credentials(call, body.principal, body.session, refresh)}
    code = _code(call, tx, asked)
    tx.delete(code)
    prune(tx, GRANT, code.account, call.now)
    refresh = f"{refresh_id}.{secrets.token_urlsafe(48)}"
    held = code.body
    grant = Grant(
        principal=held.principal,
        session=held.session,
        client_id=held.client_id,
        key=key,
        refresh=digest(refresh),
        redirect_uri=held.redirect_uri,
        stamp=held.stamp,
    )
    name = row_name(held.session.expires, refresh_id)
    tx.insert(GRANT, code.account, name, grant, id=refresh_id, created=call.now)
    output = _credentials(call, held.principal, held.session, refresh)
    output["idToken"] = id_token(held.principal, held.client_id, call.now)
    return {"tokenOutput": output}


def _credentials(call: Call, principal: Principal, session: Session, refresh: str) -> dict[str, Any]:
    """Credentials of 15 minutes. They keep the time of sign-in, so that policies against old sessions see it."""
    expires = min(float(int(call.now) + SECONDS), session.expires)
    made = mint(call.runtime, principal, msgspec.structs.replace(session, expires=expires))
    return {
        "accessToken": {
            "accessKeyId": made.access_key_id,
            "secretAccessKey": made.secret_access_key,
            "sessionToken": made.session_token,
        },
        "tokenType": "aws_sigv4",
        "expiresIn": max(1, int(expires - call.now)),
        "refreshToken": refresh,
    }


def id_token(principal: Principal, client_id: str, now: float) -> str:
    """A JWT that names who signed in. Clients read `sub` and verify nothing, and nothing here trusts it: unsigned."""
    claims = {
        "iss": "https://signin.amazonaws.com/signin",
        "sub": principal.arn,
        "aud": client_id,
        "iat": int(now),
        "exp": int(now) + SECONDS,
    }
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in ({"alg": "none", "typ": "JWT"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), ""])

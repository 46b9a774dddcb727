"""`/federation`: brokers turn temporary credentials into a link that signs somebody in.

Source: IAM user guide, "Enable custom identity broker access to the AWS console".
"""

from __future__ import annotations

import base64
import binascii
import hmac

import msgspec

from garrison.access.caller import Session
from garrison.access.plan import plan
from garrison.access.tokens import TokenExpired, TokenInvalid, open_token
from garrison.keys.seal import SealBroken
from garrison.policy.principal import Principal
from garrison.signin import answer, events, sessions
from garrison.signin.answer import Answer
from garrison.signin.html import esc
from garrison.signin.visit import SESSION, set_cookie
from garrison.signin.visitor import Visitor, safe_next
from garrison.store import Reader, Transaction
from garrison.trail.identity import lookup_name
from garrison.trail.record import TrailEntry
from garrison.trail.sign_in import SignIn, sign_in_entry

PATH = "/federation"
TOKEN_SECONDS = 900.0
"""A sign-in token is valid for 15 minutes."""
_LEAST, _MOST = 900, 43_200
_PURPOSE = "federation-sign-in/v1"
_KINDS = ("assume-role", "web-identity", "saml", "federation-token")
"""Sessions that may become sessions of a browser: of AssumeRole* and GetFederationToken."""


class _Given(msgspec.Struct, frozen=True):
    session_id: str = msgspec.field(name="sessionId")
    session_key: str = msgspec.field(name="sessionKey")
    session_token: str = msgspec.field(name="sessionToken")


class _Ticket(msgspec.Struct, frozen=True):
    principal: Principal
    session: Session
    until: float


class _Refused(Exception):
    """What is wrong with a request."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Ticket).decode


async def answer_to(visitor: Visitor, given: dict[str, str]) -> Answer:
    """Either action, by GET or POST."""
    try:
        match given.get("Action"):
            case "getSigninToken":
                return await _token(visitor, given)
            case "login":
                return await _login(visitor, given)
    except _Refused as e:
        return answer.text(f"{e}\n", 400)
    return answer.text("Action is getSigninToken or login.\n", 400)


async def _token(visitor: Visitor, given: dict[str, str]) -> Answer:
    if visitor.request.method == "GET" and visitor.request.header("sec-fetch-site") not in (None, "none"):
        raise _Refused("Not for web pages.")
    ticket = await visitor.house.runtime.store.read(lambda reader: _checked(visitor, reader, given))
    sealed = visitor.house.runtime.seal.seal(_PURPOSE, _encode(ticket), "")
    token = base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
    visitor.house.trail.record_read(_entry(visitor, ticket, "GetSigninToken"))
    return answer.json(msgspec.json.encode({"SigninToken": token}))


def _checked(visitor: Visitor, reader: Reader, given: dict[str, str]) -> _Ticket:
    runtime, now = visitor.house.runtime, visitor.now
    try:
        held = msgspec.json.decode(given.get("Session", ""), type=_Given)
        caller, secret = open_token(runtime, held.session_token, held.session_id)
    except (msgspec.DecodeError, TokenInvalid, TokenExpired):
        raise _Refused("Session is not the JSON of valid temporary credentials.") from None
    session = caller.session
    if not hmac.compare_digest(secret.encode(), held.session_key.encode()) or session is None:
        raise _Refused("Session is not the JSON of valid temporary credentials.")
    if session.kind not in _KINDS or not plan(runtime, reader, caller).exists:
        raise _Refused("Credentials of this kind cannot sign in: use AssumeRole or GetFederationToken.")
    asked = given.get("SessionDuration")
    if asked is not None:
        if session.kind == "federation-token" or session.chained:
            raise _Refused("SessionDuration cannot be given for these credentials.")
        if not (asked.isascii() and asked.isdigit() and _LEAST <= int(asked[:9]) <= _MOST):
            raise _Refused(f"SessionDuration is a number of seconds from {_LEAST} to {_MOST}.")
        session = msgspec.structs.replace(session, expires=float(int(now) + int(asked)))
    return _Ticket(caller.principal, session, now + TOKEN_SECONDS)


def _opened(visitor: Visitor, text: str) -> _Ticket:
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        ticket = _decode(visitor.house.runtime.seal.open(_PURPOSE, sealed, ""))
    except (binascii.Error, ValueError, SealBroken, msgspec.DecodeError):
        raise _Refused("SigninToken is not one of ours.") from None
    if visitor.now >= ticket.until or visitor.now >= ticket.session.expires:
        raise _Refused("SigninToken has expired.")
    return ticket


async def _login(visitor: Visitor, given: dict[str, str]) -> Answer:
    house, now = visitor.house, visitor.now
    runtime = house.runtime
    ticket = _opened(visitor, given.get("SigninToken", ""))
    destination = given.get("Destination", "")
    if not destination:
        raise _Refused("Destination is missing.")

    def write(tx: Transaction) -> str:
        house.trail.record_change(tx, _entry(visitor, ticket, "ConsoleLogin", destination))
        return sessions.begin(runtime, tx, ticket.principal, ticket.session, now)

    cookie = await runtime.store.write(write)
    visitor.renew()
    visitor.headers.append(set_cookie(SESSION, cookie, max(1, int(ticket.session.expires - now))))
    # A redirect in answer to another site's link would not carry a SameSite=Strict cookie; a page of ours going on to
    # the next does. Consoles of AWS are not here: whatever the broker names, one arrives at a page of ours.
    to = safe_next(destination.removeprefix(visitor.origin))
    body = (
        f'<p class="lead">You are signed in as <code>{esc(ticket.principal.arn)}</code>.</p>'
        f'<p><a href="{esc(to)}">Continue</a></p>'
    )
    return visitor.page("Signed in", body, refresh_to=to)


def _entry(visitor: Visitor, ticket: _Ticket, name: str, destination: str = "") -> TrailEntry:
    principal = ticket.principal
    assert principal.account is not None
    done = SignIn(
        name=name,
        account=principal.account,
        region=visitor.house.runtime.region,
        identity=events.identity_of(principal),
        now=visitor.now,
        additional={"LoginTo": destination, "MobileVersion": "No", "MFAUsed": "No"} if destination else None,
        username=lookup_name(principal),
    )
    return sign_in_entry(done, visitor.request)

"""`aws login`: the page that lets a command line in (OAuth 2.0 authorization code with PKCE).

The client then redeems its code by the operation CreateOAuth2Token. A code goes to a listener of this very machine, or
is shown to be typed; nowhere else.
"""

from __future__ import annotations

import base64
import re
import secrets
from urllib.parse import urlencode, urlsplit

import msgspec

from garrison.access.authorize import ask, judge
from garrison.access.call import Call
from garrison.access.context import of_request
from garrison.access.passwords import password_stamp
from garrison.access.plan import plan
from garrison.access.resources import facts
from garrison.aws.reference import Check
from garrison.policy.denial import denial_message
from garrison.services.signin.create_oauth2_token import CROSS_DEVICE, SAME_DEVICE
from garrison.services.signin.resources import CODE, Code, digest, prune, row_name
from garrison.signin import events
from garrison.signin.answer import Answer
from garrison.signin.html import alert, esc
from garrison.signin.html import facts as fact_list
from garrison.signin.sessions import Present
from garrison.signin.visit import new_token
from garrison.signin.visitor import Visitor
from garrison.store import Reader, Transaction

PATH = "/v1/authorize"
CALLBACK = "/oauth/callback"
CONFIRMATION = "/v1/sessions/confirmation"
CODE_SECONDS = 300.0
"""How long a code waits. AWS does not say."""

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_NAMES = ("response_type", "client_id", "state", "code_challenge_method", "scope", "redirect_uri", "code_challenge")


class Asked(msgspec.Struct, frozen=True):
    """A request for a code that is well-formed."""

    client_id: str
    redirect_uri: str
    challenge: str
    state: str
    scope: str
    method: str

    @property
    def remote(self) -> bool:
        """The client is on another machine; its code is typed there."""
        return self.client_id == CROSS_DEVICE


def read(given: dict[str, str]) -> Asked | None:
    """The request, or None if anything about it is not as AWS's clients send it."""
    asked = Asked(
        client_id=given.get("client_id", ""),
        redirect_uri=given.get("redirect_uri", ""),
        challenge=given.get("code_challenge", "").rstrip("="),
        state=given.get("state", ""),
        scope=given.get("scope", ""),
        method=given.get("code_challenge_method", ""),
    )
    fine = (
        given.get("response_type") == "code"
        and asked.client_id in (SAME_DEVICE, CROSS_DEVICE)
        # AWS's clients say SHA-256, the standard says S256.
        and asked.method in ("SHA-256", "S256")
        and _CHALLENGE.fullmatch(asked.challenge) is not None
        and asked.scope in ("", "openid")
        and len(asked.state) <= 512
        and (_is_confirmation(asked.redirect_uri) if asked.remote else _is_loopback(asked.redirect_uri))
    )
    return asked if fine else None


def _is_loopback(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return False
    return (
        parts.scheme == "http"
        and parts.hostname in ("127.0.0.1", "::1", "localhost")
        and port is not None
        and parts.username is None
        and parts.path == CALLBACK
        and uri == f"http://{parts.netloc}{CALLBACK}"
    )


def _is_confirmation(uri: str) -> bool:
    # Nothing is ever sent there: the code is shown on our own page, whatever host the client knows us by.
    try:
        return urlsplit(uri).path == CONFIRMATION
    except ValueError:
        return False


def not_a_request(visitor: Visitor) -> Answer:
    """The client asks for what is not given."""
    body = (
        alert("This request for access is malformed.") + '<p class="soft">Start again with <code>aws login</code>.</p>'
    )
    return visitor.page("Nothing to allow", body, status=400)


def consent(visitor: Visitor, who: Present) -> Answer:
    """Ask whether the command line may act as who is signed in."""
    asked = read(visitor.query)
    if asked is None:
        return not_a_request(visitor)
    arn = who.acting.principal.arn
    where = (
        "a command line on another machine, which will ask you for a code"
        if asked.remote
        else f"a program on this machine (<code>{esc(urlsplit(asked.redirect_uri).netloc)}</code>)"
    )
    held = {name: visitor.query[name] for name in _NAMES if name in visitor.query}
    body = (
        f'<p class="lead">Allow {where} to act in your name?</p>'
        + fact_list(
            [("It will act as", f"<code>{esc(arn)}</code>"), ("For", "15 minutes at a time, until your session ends")]
        )
        + '<p class="note apart">Only continue if you have just run <code>aws login</code>, or opened the compliance '
        "centre, yourself.</p>"
        + visitor.form(PATH, "", "Allow", held)
        + '<p class="apart"><a href="/">No, go back</a></p>'
    )
    return visitor.page("Command line access", body, form_to=_origin(asked))


def _origin(asked: Asked) -> str:
    return "" if asked.remote else f"http://{urlsplit(asked.redirect_uri).netloc}"


async def allow(visitor: Visitor, who: Present) -> Answer:
    """The question was answered with yes."""
    house, now = visitor.house, visitor.now
    asked = read(visitor.fields)
    if asked is None:
        return not_a_request(visitor)
    acting = who.acting
    told = {
        "scope": asked.scope,
        "redirect_uri": asked.redirect_uri,
        "code_challenge_method": asked.method,
        "client_id": asked.client_id,
    }
    refusal = await house.runtime.store.read(lambda reader: _refusal(visitor, who, asked, reader))
    entry = events.authorized(house.runtime, visitor.request, acting, told, now, error=refusal)
    if refusal is not None:
        house.trail.record_read(entry)
        body = alert("You may not use the command line this way.", refusal) + '<p><a href="/">Back</a></p>'
        return visitor.page("Not allowed", body, status=403)
    code = new_token()
    session, account = acting.session, acting.principal.account
    assert session is not None
    assert account is not None

    def write(tx: Transaction) -> None:
        prune(tx, CODE, account, now)
        body = Code(
            principal=acting.principal,
            session=msgspec.structs.replace(session, expires=min(session.expires, who.expires)),
            client_id=asked.client_id,
            redirect_uri=asked.redirect_uri,
            challenge=asked.challenge,
            expires=now + CODE_SECONDS,
            stamp=password_stamp(tx, acting.principal),
        )
        # Kept for a while after its end, so that a late client learns that it came too late.
        name = row_name(now + 4 * CODE_SECONDS, secrets.token_hex(8))
        tx.insert(CODE, account, name, body, id=digest(code), created=now)
        house.trail.record_change(tx, entry)

    await house.runtime.store.write(write)
    answer = urlencode({"state": asked.state, "code": code})
    if not asked.remote:
        return visitor.redirect(f"{asked.redirect_uri}?{answer}")
    shown = base64.b64encode(answer.encode()).decode()
    body = (
        '<p class="lead">Type or paste this where <code>aws login</code> asks for it. It is good for five minutes.</p>'
        f'<pre id="code">{esc(shown)}</pre><p><a href="/">Done</a></p>'
    )
    return visitor.page("Authorization code", body)


def _refusal(visitor: Visitor, who: Present, asked: Asked, reader: Reader) -> str | None:
    """Why `signin:AuthorizeOAuth2Access` is denied, or None if it is allowed."""
    runtime, acting = visitor.house.runtime, who.acting
    account = acting.principal.account or ""
    call = Call(
        service="signin",
        operation="AuthorizeOAuth2Access",
        params={},
        caller=acting,
        account=account,
        region=runtime.region,
        partition=runtime.partition,
        request=visitor.request,
        request_id="",
        now=visitor.now,
        runtime=runtime,
    )
    mine = plan(runtime, reader, acting)
    call.epochs = mine.rests_on
    context = of_request(call, mine.context)
    place = "remote" if asked.remote else "localhost"
    check = Check(
        action="signin:AuthorizeOAuth2Access",
        resource=f"arn:{runtime.partition}:signin:{runtime.region}:{account}:oauth2/public-client/{place}",
        context={"signin:oauthclientid": asked.client_id, "signin:oauthredirecturi": asked.redirect_uri},
    )
    found = facts(reader, call, check)
    question, engine = ask(call, reader, mine, check, found, context)
    decision = judge(question, engine, check, found)
    if decision.allowed or runtime.permissive:
        return None
    return denial_message(decision, acting.principal.arn, question.action, question.resource, True)

"""For who is signed in: who they are, the role they act as, their password, the way out."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from garrison.access.caller import Caller
from garrison.access.principals import principals
from garrison.aws.errors import AwsError
from garrison.policy.principal import FederatedUser, RoleSession, Root, User
from garrison.services.iam.account_alias import alias
from garrison.services.signin.resources import Held
from garrison.signin import events, people, sessions, signing_in
from garrison.signin.answer import Answer
from garrison.signin.html import alert, esc, facts, field
from garrison.signin.sessions import Present
from garrison.signin.visit import SESSION, set_cookie
from garrison.signin.visitor import Visitor
from garrison.store import Reader, Transaction

NO_SWITCH = "Invalid information in one or more fields. Check your information or contact your administrator."
"""AWS's text for a role that is not there, or does not trust whoever asks, from memory of its page."""

_SHORTEST = 900
_ROLE_DEFAULT = 3600
_SESSION_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)


async def landing(visitor: Visitor, who: Present) -> Answer:
    """The first page of who is signed in."""
    acting = who.acting
    account = acting.principal.account or ""
    names = await visitor.house.runtime.store.read(lambda reader: alias(reader, account))
    session = acting.session
    mfa = session is not None and session.mfa_at is not None
    rows = [
        ("Signed in as", f'<code id="principal">{esc(acting.principal.arn)}</code>'),
        ("Account", f'<span id="account">{esc(account)}</span>'),
        ("Account alias", esc(names) if names else '<span class="soft">none</span>'),
        ("MFA", '<span class="good">yes</span>' if mfa else "no"),
        ("Session ends", _moment(who.expires)),
    ]
    body = ""
    if who.role is not None:
        rows.insert(1, ("Switched from", f"<code>{esc(who.own.principal.arn)}</code>"))
        assert who.role.session is not None
        rows[-1] = ("Role session ends", _moment(min(who.role.session.expires, who.expires)))
        body += f'<p class="note">You act as the role <strong>{esc(_name(who.role))}</strong>.</p>'
    body += facts(rows)
    out = visitor.form("/signout", "", "Sign out", quiet=True)
    back = visitor.form("/switchrole/exit", "", "Switch back") if who.role is not None else ""
    change = '<a href="/password">Change password</a>' if isinstance(who.own.principal, User | Root) else ""
    body += f'<div class="row apart">{back}{out}{change}</div>'
    body += "<h2>Switch role</h2>"
    if isinstance(who.own.principal, Root | FederatedUser):
        body += '<p class="soft">Root users and federated users cannot switch roles.</p>'
    else:
        body += (
            '<p class="soft">Act with the rights of a role that trusts you, in this account or another.</p>'
            + _switch_form(visitor, account="" if who.role else account)
        )
    body += (
        "<h2>Command line</h2>"
        '<p class="soft">Credentials for the AWS CLI (version 2.32 or newer), from this session:</p>'
        f"<pre>AWS_ENDPOINT_URL={esc(visitor.house.api)} aws login</pre>"
    )
    return visitor.page(f"Hello, {_name(acting)}", body, wide=True)


def _name(caller: Caller) -> str:
    match caller.principal:
        case User() as user:
            return user.name
        case RoleSession() as role:
            return role.role_name
        case FederatedUser() as federated:
            return federated.name
    return "root user"


def _moment(seconds: float) -> str:
    at = datetime.fromtimestamp(int(seconds), UTC)
    return f'<time datetime="{at:%Y-%m-%dT%H:%M:%SZ}">{at:%Y-%m-%d %H:%M} UTC</time>'


def _switch_form(visitor: Visitor, *, account: str = "", role: str = "", focus: bool = False) -> str:
    inputs = (
        '<div class="pair">'
        + field("account", "Account ID or alias", value=account, focus=focus)
        + field("roleName", "Role name", value=role)
        + "</div>"
    )
    return visitor.form("/switchrole", inputs, "Switch role")


async def switch_page(visitor: Visitor, who: Present, wrong: str | None = None) -> Answer:
    """The page links to roles lead to: `/switchrole?account=...&roleName=...`, as AWS's."""
    shown = visitor.fields or visitor.query
    body = (
        f'<p class="lead">You are signed in as <code>{esc(who.own.principal.arn)}</code></p>'
        + alert(wrong)
        + _switch_form(visitor, account=shown.get("account", ""), role=shown.get("roleName", ""), focus=True)
        + '<p class="apart"><a href="/">Cancel</a></p>'
    )
    return visitor.page("Switch role", body, status=403 if wrong else 200)


async def switch(visitor: Visitor, who: Present) -> Answer:
    """Assume the role with the rights of who signed in, as AWS's console does: never from one role to the next."""
    house, now = visitor.house, visitor.now
    runtime = house.runtime
    name = visitor.fields.get("roleName", "").strip().removeprefix("role/").lstrip("/")

    def find(reader: Reader) -> tuple[str, int]:
        account = people.account_id(reader, visitor.fields.get("account", ""))
        arn = f"arn:{runtime.partition}:iam::{account}:role/{name}"
        role = principals().role(reader, arn) if account is not None else None
        return arn, _ROLE_DEFAULT if role is None else role.max_session_duration

    arn, longest = await runtime.store.read(find)
    seconds = max(_SHORTEST, min(longest, int(who.expires - now)))
    if isinstance(who.own.principal, RoleSession):
        seconds = min(seconds, _ROLE_DEFAULT)
    params = {"RoleArn": arn, "RoleSessionName": _session_name(who.own), "DurationSeconds": seconds}
    try:
        output = await house.perform(who.own, "sts", "AssumeRole", params, visitor.request)
    except AwsError:
        return await switch_page(visitor, who, NO_SWITCH)
    assert output is not None
    made = output["Credentials"]
    held = Held(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    await runtime.store.write(lambda tx: sessions.switch(runtime, tx, who.row.id, held))
    there = await runtime.store.read(lambda reader: sessions.present(runtime, reader, visitor.jar.get(SESSION), now))
    if there is not None and there.role is not None:
        additional = {"SwitchFrom": who.acting.principal.arn, "RedirectTo": visitor.origin + "/"}
        principal = there.role.principal
        house.trail.record_read(
            events.step(runtime, visitor.request, principal, "SwitchRole", now, additional=additional)
        )
    return visitor.redirect("/")


def _session_name(caller: Caller) -> str:
    principal = caller.principal
    name = principal.session_name if isinstance(principal, RoleSession) else _name(caller)
    return _SESSION_NAME.sub("-", name)[:64].ljust(2, "-")


async def exit_role(visitor: Visitor, who: Present) -> Answer:
    """Be oneself again."""
    house = visitor.house
    if who.role is None:
        return visitor.redirect("/")
    additional = {"SwitchTo": who.own.principal.arn, "RedirectTo": visitor.origin + "/"}
    entry = events.step(
        house.runtime, visitor.request, who.role.principal, "ExitRole", visitor.now, additional=additional
    )

    def write(tx: Transaction) -> None:
        sessions.switch(house.runtime, tx, who.row.id, None)
        house.trail.record_change(tx, entry)

    await house.runtime.store.write(write)
    return visitor.redirect("/")


async def sign_out(visitor: Visitor, who: Present | None) -> Answer:
    """Out."""
    if who is not None:
        id = who.row.id
        await visitor.house.runtime.store.write(lambda tx: sessions.end(tx, id))
    visitor.renew()
    visitor.headers.append(set_cookie(SESSION, "", 0))
    return visitor.redirect("/signin")


async def password_page(visitor: Visitor, who: Present, wrong: str | None = None) -> Answer:
    """For a new password."""
    if not isinstance(who.own.principal, User | Root):
        return visitor.redirect("/")
    body = (
        f'<p class="lead">Of <code>{esc(who.own.principal.arn)}</code>. Every other session of yours ends with it.</p>'
        + alert(wrong)
        + visitor.form("/password", signing_in.new_password_fields(), "Change password")
        + '<p class="apart"><a href="/">Cancel</a></p>'
    )
    return visitor.page("Change password", body, status=403 if wrong else 200)


async def password(visitor: Visitor, who: Present) -> Answer:
    """The page for a new password comes back."""
    house, principal = visitor.house, who.own.principal
    if not isinstance(principal, User | Root):
        return visitor.redirect("/")
    runtime = house.runtime

    def claimed(reader: Reader) -> people.Claim:
        if isinstance(principal, Root):
            return people.root_claim(runtime, reader, principal.account)
        return people.user_claim(runtime, reader, principal.account, principal.name)

    claim = await runtime.store.read(claimed)
    wrong = await signing_in.change(visitor, who.own, claim)
    if wrong is not None:
        return await password_page(visitor, who, wrong)
    await runtime.store.write(lambda tx: sessions.keep_after_change(tx, who.row.id, principal))
    return visitor.page(
        "Password changed", '<p class="lead">Your other sessions have ended.</p><p><a href="/">Continue</a></p>'
    )

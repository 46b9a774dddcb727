"""Signing in: a password, then a code where there is a device, then perhaps a new password."""

from __future__ import annotations

import logging
from urllib.parse import urlencode

import msgspec

from garrison.access.caller import Caller
from garrison.access.mfa import verify_mfa
from garrison.aws.errors import AwsError
from garrison.policy.principal import User
from garrison.services.iam import root
from garrison.services.iam.password import Standing
from garrison.services.signin.resources import digest
from garrison.signin import backoff, events, people, sessions
from garrison.signin.answer import Answer
from garrison.signin.html import WRONG, alert, esc, field
from garrison.signin.people import Claim
from garrison.signin.visit import SESSION, set_cookie
from garrison.signin.visitor import Visitor, safe_next
from garrison.store import Reader, Transaction

log = logging.getLogger("garrison.signin")

STEP_SECONDS = 300.0
"""From a right password to the end of signing in."""
PAUSE = "After several failed attempts sign-in pauses for a while, for right answers too."
NOT_ALLOWED = (
    "Either user is not authorized to perform iam:ChangePassword or entered password does not comply with account "
    "password policy set by administrator"
)
"""AWS's text, from memory of its page."""


class Step(msgspec.Struct, frozen=True):
    """What is carried from a right password to the next page."""

    account: str
    typed: str
    root: bool
    stamp: str
    next: str
    mfa: str | None = None
    mfa_at: float = 0.0


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Step).decode


async def ask(visitor: Visitor, wrong: str | None = None) -> Answer:
    """The first page."""
    shown = visitor.fields or visitor.query
    as_root = shown.get("who") == "root"
    next = safe_next(shown.get("next", ""))
    return visitor.page("Sign in", _form(visitor, shown, as_root, next, wrong), status=403 if wrong else 200)


def _form(visitor: Visitor, shown: dict[str, str], as_root: bool, next: str, wrong: str | None) -> str:
    def way(who: str, label: str, here: bool) -> str:
        held = {"who": who, **({"next": next} if next != "/" else {})}
        current = ' aria-current="page"' if here else ""
        return f'<a href="/signin?{esc(urlencode(held))}"{current}>{label}</a>'

    ways = way("user", "IAM user", not as_root) + way("root", "Root user", as_root)
    if as_root:
        email = shown.get("email", "")
        inputs = field(
            "email",
            "E-mail address",
            value=email,
            hint="Of the account's root user. An account without an address takes its 12-digit id.",
            autocomplete="username",
            focus=not email,
        )
    else:
        account, user = shown.get("account", ""), shown.get("username", "")
        inputs = field(
            "account",
            "Account ID or alias",
            value=account,
            hint="12 digits, or the name your administrator gave the account.",
            autocomplete="organization",
            focus=not account,
        ) + field("username", "User name", value=user, autocomplete="username", focus=bool(account) and not user)
    filled = bool(shown.get("email") if as_root else shown.get("account") and shown.get("username"))
    inputs += field("password", "Password", type="password", autocomplete="current-password", focus=filled)
    return (
        '<p class="lead">to the accounts of this Garrison</p>'
        + alert(wrong, PAUSE if wrong == WRONG else "")
        + f'<nav class="ways" aria-label="Who signs in">{ways}</nav>'
        + visitor.form("/signin", inputs, "Sign in", {"who": "root" if as_root else "user", "next": next})
    )


def _claimed(visitor: Visitor, reader: Reader, step: Step | None = None) -> Claim:
    runtime, typed = visitor.house.runtime, visitor.fields
    if step is not None:
        if step.root:
            return people.root_claim(runtime, reader, step.account)
        return people.user_claim(runtime, reader, step.account, step.typed)
    if typed.get("who") == "root":
        return people.root_claim(runtime, reader, typed.get("email", ""))
    return people.user_claim(runtime, reader, typed.get("account", ""), typed.get("username", ""))


def _keys(visitor: Visitor, claim: Claim) -> tuple[backoff.Key, backoff.Key]:
    if claim.root:
        # One root user has two names here: its e-mail address and its account's id.
        name = backoff.by_name(claim.account or "", "\0root" if claim.account else claim.typed)
    else:
        name = backoff.by_name(claim.account or visitor.fields.get("account", ""), claim.typed)
    return name, backoff.by_source(visitor.request.source_ip)


async def password(visitor: Visitor) -> Answer:
    """The first page comes back."""
    house, now = visitor.house, visitor.now
    claim = await house.runtime.store.read(lambda reader: _claimed(visitor, reader))
    keys = _keys(visitor, claim)
    admitted = await house.runtime.store.write(lambda tx: backoff.charge(tx, keys, now))
    given = visitor.fields.get("password", "")
    # Verified even if it cannot count, so that the time it takes tells nothing.
    right = await house.slowly(lambda: people.is_right(claim, given)) and admitted
    if not right or claim.principal is None or claim.profile is None or claim.account is None:
        _failed(visitor, claim)
        return await ask(visitor, WRONG)
    principal = claim.principal

    def admit(tx: Transaction) -> list[str]:
        backoff.pay_back(tx, keys, now)
        serials = people.devices(tx, principal)
        if serials:
            additional = {"MfaType": "Virtual MFA"}
            entry = events.step(house.runtime, visitor.request, principal, "CheckMfa", now, additional=additional)
            house.trail.record_change(tx, entry)
        return serials

    serials = await house.runtime.store.write(admit)
    step = Step(
        account=claim.account,
        typed=claim.typed,
        root=claim.root,
        stamp=digest(claim.profile.password_hash),
        next=safe_next(visitor.fields.get("next", "")),
    )
    if serials:
        return _ask_code(visitor, step)
    return await _proved(visitor, claim, step)


def _failed(visitor: Visitor, claim: Claim, *, asked_mfa: bool = False) -> None:
    house = visitor.house
    entry = events.login(
        house.runtime,
        visitor.request,
        claim,
        to=visitor.origin + "/",
        now=visitor.now,
        asked_mfa=asked_mfa,
        succeeded=False,
    )
    log.info("sign-in from %s failed", visitor.request.source_ip)
    if entry is not None:
        # Queued, and not written with a commit to wait for: names nobody has take no longer than others.
        house.trail.record_read(entry)


def _ticket(visitor: Visitor, purpose: str, step: Step) -> str:
    return visitor.house.tickets.issue(visitor.visit, purpose, _encode(step), visitor.now + STEP_SECONDS)


def _opened(visitor: Visitor, purpose: str) -> Step | None:
    plain = visitor.house.tickets.open(visitor.visit, purpose, visitor.fields.get("step", ""), visitor.now)
    return None if plain is None else _decode(plain)


def _ask_code(visitor: Visitor, step: Step, wrong: str | None = None) -> Answer:
    who = f"the root user of {step.account}" if step.root else f"{step.typed} in {step.account}"
    body = (
        f'<p class="lead">Signing in as <strong>{esc(who)}</strong>.</p>'
        + alert(wrong, PAUSE if wrong else "")
        + visitor.form(
            "/signin/mfa",
            field(
                "code",
                "MFA code",
                hint="The six digits your authenticator shows now. Each code is good once.",
                autocomplete="one-time-code",
                focus=True,
                extra='class="code" inputmode="numeric" pattern="[0-9 ]{6,7}" maxlength="7"',
            ),
            "Continue",
            {"step": _ticket(visitor, "mfa", step)},
        )
        + '<p class="apart"><a href="/signin">Sign in as somebody else</a></p>'
    )
    return visitor.page("One more step", body, status=403 if wrong else 200)


async def _again(visitor: Visitor, step: Step | None) -> Claim | None:
    """Whose password was right a moment ago, if it still is the password."""
    if step is None:
        return None
    claim = await visitor.house.runtime.store.read(lambda reader: _claimed(visitor, reader, step))
    right = claim.profile is not None and digest(claim.profile.password_hash) == step.stamp
    return claim if right and claim.principal is not None else None


async def code(visitor: Visitor) -> Answer:
    """The page for the code comes back."""
    house, now = visitor.house, visitor.now
    step = _opened(visitor, "mfa")
    claim = await _again(visitor, step)
    if step is None or claim is None or claim.principal is None:
        visitor.fields = {}
        return await ask(visitor, "That took too long. Please sign in again.")
    principal, keys = claim.principal, _keys(visitor, claim)
    typed = visitor.fields.get("code", "").replace(" ", "")
    admitted = await house.runtime.store.write(lambda tx: backoff.charge(tx, keys, now))

    def verify(tx: Transaction) -> str | None:
        for serial in people.devices(tx, principal) if admitted else ():
            if verify_mfa(house.runtime, tx, principal, serial, typed, now):
                backoff.pay_back(tx, keys, now)
                return serial
        return None

    serial = await house.runtime.store.write(verify)
    if serial is None:
        _failed(visitor, claim, asked_mfa=True)
        return _ask_code(visitor, step, WRONG)
    return await _proved(visitor, claim, msgspec.structs.replace(step, mfa=serial, mfa_at=now))


async def _proved(visitor: Visitor, claim: Claim, step: Step) -> Answer:
    """All that was asked for is right."""
    good = await visitor.house.runtime.store.read(lambda reader: people.standing(reader, claim, visitor.now))
    if good is Standing.BLOCKED:
        _failed(visitor, claim, asked_mfa=step.mfa is not None)
        body = alert("Your password has expired. Please contact your administrator to reset it.")
        return visitor.page("Password expired", body + '<p><a href="/signin">Back to sign-in</a></p>', status=403)
    if good is Standing.MUST_CHANGE:
        return _ask_new(visitor, step)
    return await _enter(visitor, claim, step)


def _ask_new(visitor: Visitor, step: Step, wrong: str | None = None) -> Answer:
    who = f"the root user of {step.account}" if step.root else f"{step.typed} in {step.account}"
    body = (
        f'<p class="lead">You must change your password to continue as <strong>{esc(who)}</strong>.</p>'
        + alert(wrong)
        + visitor.form(
            "/signin/reset", new_password_fields(), "Confirm password change", {"step": _ticket(visitor, "reset", step)}
        )
    )
    return visitor.page("Choose a new password", body, status=403 if wrong else 200)


def new_password_fields() -> str:
    """Old, new, and new again."""
    return (
        field("old", "Old password", type="password", autocomplete="current-password", focus=True)
        + field("new", "New password", type="password", autocomplete="new-password", extra='maxlength="128"')
        + field("again", "Retype new password", type="password", autocomplete="new-password", extra='maxlength="128"')
    )


async def reset(visitor: Visitor) -> Answer:
    """The page for a new password comes back."""
    step = _opened(visitor, "reset")
    claim = await _again(visitor, step)
    if step is None or claim is None or claim.principal is None:
        visitor.fields = {}
        return await ask(visitor, "That took too long. Please sign in again.")
    session = sessions.login_session(visitor.now, step.mfa)
    caller = Caller(claim.principal, None, msgspec.structs.replace(session, mfa_at=step.mfa_at if step.mfa else None))
    wrong = await change(visitor, caller, claim)
    if wrong is not None:
        return _ask_new(visitor, step, wrong)
    fresh = await visitor.house.runtime.store.read(lambda reader: _claimed(visitor, reader, step))
    return await _enter(visitor, fresh, step)


async def change(visitor: Visitor, caller: Caller, claim: Claim) -> str | None:
    """Change the password as the form asks; what is wrong, or None if it is done."""
    house, typed = visitor.house, visitor.fields
    old, new = typed.get("old", ""), typed.get("new", "")
    if new != typed.get("again"):
        return "The two new passwords are not the same."
    try:
        if isinstance(caller.principal, User):
            params = {"OldPassword": old, "NewPassword": new}
            await house.perform(caller, "iam", "ChangePassword", params, visitor.request)
        else:
            keys = _keys(visitor, claim)
            admitted = await house.runtime.store.write(lambda tx: backoff.charge(tx, keys, visitor.now))
            if not (await house.slowly(lambda: people.is_right(claim, old)) and admitted):
                return WRONG
            assert claim.account is not None
            number = claim.account
            await house.slowly(lambda: root.set_root_password(house.runtime, number, new))
            await house.runtime.store.write(lambda tx: backoff.pay_back(tx, keys, visitor.now))
    except AwsError as e:
        if e.code == "AccessDenied" and e.message.startswith("The old password"):
            return WRONG
        return NOT_ALLOWED if e.code in ("AccessDenied", "PasswordPolicyViolation", "ValidationError") else e.message
    # CloudTrail documents PasswordUpdated for root users; that it is told of others too is ours.
    house.trail.record_read(
        events.step(house.runtime, visitor.request, caller.principal, "PasswordUpdated", visitor.now)
    )
    return None


async def _enter(visitor: Visitor, claim: Claim, step: Step) -> Answer:
    """In."""
    house, now = visitor.house, visitor.now
    principal = claim.principal
    assert principal is not None
    session = sessions.login_session(now, step.mfa)
    entry = events.login(
        house.runtime, visitor.request, claim, to=visitor.origin + step.next, now=now, mfa=step.mfa, succeeded=True
    )
    keys = _keys(visitor, claim)

    def write(tx: Transaction) -> str:
        backoff.forget(tx, keys[0], now)
        people.note_password_use(tx, principal, now)
        if entry is not None:
            house.trail.record_change(tx, entry)
        return sessions.begin(house.runtime, tx, principal, session, now)

    cookie = await house.runtime.store.write(write)
    visitor.renew()
    visitor.headers.append(set_cookie(SESSION, cookie, sessions.SECONDS))
    return visitor.redirect(step.next)

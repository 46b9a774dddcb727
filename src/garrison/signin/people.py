"""Who somebody says to be, and whether the password is theirs.

Whoever does not exist, has no password, or has another one costs the same: one Argon2 verification.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec

from garrison.access import accounts
from garrison.access.runtime import Runtime
from garrison.policy.principal import Root, User
from garrison.services.iam import login_profiles, mfa_devices, owners, password
from garrison.services.iam.account_alias import account_called
from garrison.services.iam.owners import USERS
from garrison.services.iam.password import Standing
from garrison.services.iam.password_policy import policy_of
from garrison.services.iam.resources import LOGIN_PROFILE, USER, LoginProfile
from garrison.store import Reader, Transaction

_ACCOUNT_ID = re.compile(r"\d{12}")


class Claim(msgspec.Struct, frozen=True):
    """What somebody typed, and what is known of it."""

    account: str | None
    """The account meant, if there is one."""
    typed: str
    """The name or e-mail address attempts are counted under."""
    root: bool
    principal: User | Root | None = None
    profile: LoginProfile | None = None


def user_claim(runtime: Runtime, reader: Reader, account: str, name: str) -> Claim:
    """A user of an account, which is given by id or alias."""
    number = account_id(reader, account)
    claim = Claim(account=number, typed=name, root=False)
    row = None if number is None else reader.get(USER, number, name)
    if number is None or row is None:
        return claim
    principal = User(number, owners.arn_of(runtime.partition, USERS, row), row.id)
    profile = login_profiles.profile_of(reader, row.id)
    return msgspec.structs.replace(claim, principal=principal, profile=None if profile is None else profile.body)


def root_claim(runtime: Runtime, reader: Reader, email: str) -> Claim:
    """A root user by its e-mail address, or by account id: an account of ours need not have an address."""
    wanted = email.strip().lower()
    if _ACCOUNT_ID.fullmatch(wanted):
        found = [number] if (number := account_id(reader, wanted)) else []
    else:
        rows = reader.page(accounts.ACCOUNT, accounts.ACCOUNTS)
        found = [row.id for row in rows if wanted and row.body.email.lower() == wanted and _open(row.body)]
    claim = Claim(account=found[0] if len(found) == 1 else None, typed=wanted, root=True)
    if claim.account is None:
        return claim
    profile = login_profiles.profile_of(reader, claim.account)
    principal = Root(claim.account, runtime.partition)
    return msgspec.structs.replace(claim, principal=principal, profile=None if profile is None else profile.body)


def account_id(reader: Reader, given: str) -> str | None:
    """The open account with that id or alias, or None."""
    name = given.strip()
    number = name if _ACCOUNT_ID.fullmatch(name) else account_called(reader, name.lower())
    row = None if number is None else accounts.account(reader, number)
    return number if row is not None and _open(row.body) else None


def _open(body: accounts.Account) -> bool:
    return body.status == "ACTIVE"


@cache
def _nobodys() -> str:
    return password.hashed("the password of nobody")


def is_right(claim: Claim, given: str) -> bool:
    """Whether it is the password. Slow: not for the event loop."""
    held = claim.profile.password_hash if claim.profile is not None else ""
    if claim.principal is None or not held or len(given) > password.MAXIMUM_LENGTH:
        password.matches(_nobodys(), given[: password.MAXIMUM_LENGTH])
        return False
    return password.matches(held, given)


def standing(reader: Reader, claim: Claim, now: float) -> Standing:
    """What the right password is good for. The account's policy does not bind its root user."""
    assert claim.profile is not None
    assert claim.account is not None
    policy = None if claim.root else policy_of(reader, claim.account)
    return password.standing(claim.profile, policy, now)


def devices(reader: Reader, principal: User | Root) -> list[str]:
    """Serial numbers of the MFA devices a code may come from."""
    return [row.id for row in mfa_devices.devices_of(reader, principal.user_id)]


def note_password_use(tx: Transaction, principal: User | Root, now: float) -> None:
    """`PasswordLastUsed`, to the second as AWS tells it."""
    second = float(int(now))
    if isinstance(principal, User):
        user = tx.by_id(USER, principal.id)
        if user is not None:
            tx.update(user, msgspec.structs.replace(user.body, password_last_used=second))
    else:
        profile = tx.by_id(LOGIN_PROFILE, principal.account)
        if profile is not None:
            tx.update(profile, msgspec.structs.replace(profile.body, last_used=second))

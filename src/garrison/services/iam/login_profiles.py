"""Console passwords of users: given, changed by administrators, changed by the users themselves, taken away.

Argon2 is slow, so it runs in the `prepare` step, on what the store said then. The transaction looks again: if the
password has changed in between, what was found about it is worth nothing.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import msgspec

from garrison.access import accounts
from garrison.access.call import Call
from garrison.access.passwords import provide_password_stamp
from garrison.aws.errors import AwsError
from garrison.policy.principal import AssumedRoot, Principal, Root
from garrison.policy.principal import User as UserPrincipal
from garrison.services.iam import password
from garrison.services.iam.password_policy import policy_of
from garrison.services.iam.resources import LOGIN_PROFILE, LoginProfile
from garrison.services.iam.subject import Subject, subject
from garrison.services.operation import operation
from garrison.store import AlreadyExists, Reader, Resource, Transaction

_NAME = "login"


class Checked(NamedTuple):
    """What the slow step found out."""

    hash: str
    """Of the new password."""
    against: LoginProfile | None
    """The profile the answers below are about."""
    reused: bool = False
    """The new password is one the user may not choose again."""
    old_is_right: bool = False


def profile_of(reader: Reader, owner_id: str) -> Resource[LoginProfile] | None:
    """The password of a user, or of root (by account id)."""
    return reader.by_id(LOGIN_PROFILE, owner_id)


def store_profile(tx: Transaction, account: str, owner_id: str, body: LoginProfile, now: float) -> None:
    """Give a user or root a first password. Raises `AlreadyExists`."""
    tx.insert(LOGIN_PROFILE, account, _NAME, body, id=owner_id, parent=owner_id, created=now)


def check_conforms(reader: Reader, account: str, new: str) -> None:
    """Raises `PasswordPolicyViolation` unless a user of the account may choose that password."""
    if not password.conforms(new, policy_of(reader, account), forbidden=names_of(reader, account)):
        raise password.violation()


def names_of(reader: Reader, account: str) -> tuple[str, ...]:
    """The account's name and e-mail address, which are nobody's password."""
    row = accounts.account(reader, account)
    return () if row is None else (row.body.name, row.body.email)


def _shown(who: Subject, row: Resource[LoginProfile]) -> dict[str, Any]:
    return {
        "LoginProfile": {
            **who.named,
            "CreateDate": row.created,
            "PasswordResetRequired": row.body.reset_required,
        }
    }


def _who(call: Call, reader: Reader) -> Subject:
    if "UserName" not in call.params and isinstance(call.caller.principal, Root):
        # Root's own password is not for the API, but in an AssumeRoot session (IAM API reference). The text is a guess.
        raise AwsError("ValidationError", "Must specify userName when calling with root user credentials", status=400)
    return subject(call, reader)


def _existing(reader: Reader, who: Subject) -> Resource[LoginProfile]:
    row = profile_of(reader, who.id)
    if row is None:
        raise AwsError("NoSuchEntity", f"Login Profile for User {who.name or 'root'} cannot be found.")
    return row


def _hash_new(call: Call, reader: Reader) -> Checked | None:
    new = call.params.get("Password")
    if new is None:
        return None
    who = _who(call, reader)
    row = profile_of(reader, who.id)
    policy = policy_of(reader, call.account)
    known = () if row is None else password.remembered(row.body, policy)
    return Checked(
        hash=password.hashed(new),
        against=None if row is None else row.body,
        reused=any(password.matches(hash, new) for hash in known),
    )


@operation("iam", "CreateLoginProfile", access="write", prepare=_hash_new)
def create_login_profile(call: Call, tx: Transaction) -> dict[str, Any]:
    checked: Checked | None = call.prepared
    who = _who(call, tx)
    assumed_root = who.row is None and isinstance(call.caller.principal, AssumedRoot)
    if assumed_root != (checked is None):
        # IAM API reference: left out by AssumeRoot sessions, which only let root recover it; else required. A guess.
        raise AwsError("ValidationError", "Password must be given, but not in an AssumeRoot session.", status=400)
    if profile_of(tx, who.id) is not None:
        raise _already(who)
    if checked is not None:
        check_conforms(tx, call.account, call.params["Password"])
    body = LoginProfile(
        password_hash="" if checked is None else checked.hash,
        reset_required=call.params.get("PasswordResetRequired", False),
        changed=call.now,
    )
    try:
        store_profile(tx, call.account, who.id, body, call.now)
    except AlreadyExists:
        raise _already(who) from None
    return _shown(who, _existing(tx, who))


def _already(who: Subject) -> AwsError:
    return AwsError("EntityAlreadyExists", f"Login Profile for user {who.name or 'root'} already exists.")


@operation("iam", "GetLoginProfile", access="read")
def get_login_profile(call: Call, reader: Reader) -> dict[str, Any]:
    who = _who(call, reader)
    return _shown(who, _existing(reader, who))


@operation("iam", "UpdateLoginProfile", access="write", prepare=_hash_new)
def update_login_profile(call: Call, tx: Transaction) -> None:
    checked: Checked | None = call.prepared
    row = _existing(tx, _who(call, tx))
    body = row.body
    if checked is not None:
        _refuse_stale(checked, row)
        check_conforms(tx, call.account, call.params["Password"])
        if checked.reused:
            raise password.reuse()
        body = password.replaced(body, checked.hash, call.now, reset_required=body.reset_required)
    reset = call.params.get("PasswordResetRequired", body.reset_required)
    tx.update(row, msgspec.structs.replace(body, reset_required=reset), updated=call.now)


@operation("iam", "DeleteLoginProfile", access="write")
def delete_login_profile(call: Call, tx: Transaction) -> None:
    tx.delete(_existing(tx, _who(call, tx)))


def _check_change(call: Call, reader: Reader) -> Checked:
    who = _changing(call, reader)
    row = _existing(reader, who)
    old, new = call.params["OldPassword"], call.params["NewPassword"]
    if not password.matches(row.body.password_hash, old):
        return Checked(hash="", against=row.body)
    known = password.remembered(row.body, policy_of(reader, call.account))
    return Checked(
        hash=password.hashed(new),
        against=row.body,
        reused=any(password.matches(hash, new) for hash in known),
        old_is_right=True,
    )


def _changing(call: Call, reader: Reader) -> Subject:
    if not isinstance(call.caller.principal, UserPrincipal):
        # The code is documented; the text is recalled.
        raise AwsError("InvalidUserType", "Only IAM Users can change their own password.")
    return subject(call, reader)


@operation("iam", "ChangePassword", access="write", prepare=_check_change)
def change_password(call: Call, tx: Transaction) -> None:
    # Whether users may do this at all - by a policy, or by AllowUsersToChangePassword - was decided before.
    checked: Checked = call.prepared
    row = _existing(tx, _changing(call, tx))
    _refuse_stale(checked, row)
    if not checked.old_is_right:
        raise AwsError("AccessDenied", "The old password was incorrect.", status=403)  # Recalled.
    check_conforms(tx, call.account, call.params["NewPassword"])
    if checked.reused:
        raise password.reuse()
    tx.update(row, password.replaced(row.body, checked.hash, call.now, reset_required=False), updated=call.now)


def _refuse_stale(checked: Checked, row: Resource[LoginProfile]) -> None:
    if checked.against is None or checked.against.password_hash != row.body.password_hash:
        raise AwsError(
            "EntityTemporarilyUnmodifiable",
            "The password was changed by another request at the same time. Try again.",
        )


def stamp(reader: Reader, principal: Principal) -> str:
    """See `access.passwords`."""
    if not isinstance(principal, UserPrincipal | Root):
        return ""
    row = profile_of(reader, principal.user_id)
    return "" if row is None else hashlib.sha256(row.body.password_hash.encode()).hexdigest()[:32]


provide_password_stamp(stamp)

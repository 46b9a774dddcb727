"""Passwords of people: what one must look like, when it expires, and how it is kept. Pure.

An account without a policy of its own has the default one: 8 to 128 characters, three of the four classes, and not
the account's name or e-mail address. Source: IAM user guide, "Set an account password policy for IAM users".
"""

from __future__ import annotations

import string
from enum import Enum

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from garrison.aws.errors import AwsError
from garrison.services.iam.resources import LoginProfile, PasswordPolicy

SYMBOLS = frozenset("!@#$%^&*()_+-=[]{}|'")
"""What counts as a symbol. Source: IAM API reference, UpdateAccountPasswordPolicy."""
MAXIMUM_LENGTH = 128
HISTORY = 24
"""The longest reuse prevention a policy can ask for; so many earlier hashes are kept, current one included."""
DAY = 86_400

_UPPER = frozenset(string.ascii_uppercase)
_LOWER = frozenset(string.ascii_lowercase)
_DIGITS = frozenset(string.digits)
_DEFAULT_MINIMUM = 8
_DEFAULT_CLASSES = 3

# Argon2id at the strength OWASP's password storage cheat sheet asks for: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)


class Standing(Enum):
    """What a right password is good for at sign-in."""

    GOOD = "good"
    MUST_CHANGE = "must-change"
    """It opens nothing but the choice of a new one."""
    BLOCKED = "blocked"
    """It expired under a policy with hard expiry: an administrator must set a new one."""


def hashed(password: str) -> str:
    """The Argon2id hash to keep. Takes some 20 ms: not for transactions or the event loop."""
    return _hasher.hash(password)


def matches(hash: str, password: str) -> bool:
    """Whether it is the password of that hash. As slow as hashing; an empty hash matches nothing."""
    try:
        return _hasher.verify(hash, password)
    except (VerificationError, InvalidHashError):
        return False


def conforms(password: str, policy: PasswordPolicy | None, *, forbidden: tuple[str, ...] = ()) -> bool:
    """Whether a password may be chosen under a policy (None: the default one, which knows `forbidden` words too)."""
    letters = frozenset(password)
    upper, lower, digits, symbols = (bool(letters & of) for of in (_UPPER, _LOWER, _DIGITS, SYMBOLS))
    if len(password) > MAXIMUM_LENGTH:
        return False
    if policy is None:
        if len(password) < _DEFAULT_MINIMUM or upper + lower + digits + symbols < _DEFAULT_CLASSES:
            return False
        return password.lower() not in {word.lower() for word in forbidden if word}
    return (
        len(password) >= policy.minimum_length
        and (upper or not policy.require_uppercase)
        and (lower or not policy.require_lowercase)
        and (digits or not policy.require_numbers)
        and (symbols or not policy.require_symbols)
    )


def remembered(profile: LoginProfile, policy: PasswordPolicy | None) -> tuple[str, ...]:
    """Hashes a new password must not match: the current one and those before it, as many as the policy says."""
    count = policy.reuse_prevention if policy is not None else None
    return () if count is None else (profile.password_hash, *profile.history)[:count]


def replaced(profile: LoginProfile, hash: str, now: float, *, reset_required: bool) -> LoginProfile:
    """The profile with another password, the old one moved into its history."""
    history = (profile.password_hash, *profile.history)[: HISTORY - 1] if profile.password_hash else profile.history
    return LoginProfile(
        password_hash=hash, reset_required=reset_required, changed=now, history=history, last_used=profile.last_used
    )


def expires_at(profile: LoginProfile, policy: PasswordPolicy | None) -> float | None:
    """When the password expires (seconds since the epoch); None if never."""
    if policy is None or policy.max_age is None:
        return None
    return profile.changed + policy.max_age * DAY


def standing(profile: LoginProfile, policy: PasswordPolicy | None, now: float) -> Standing:
    """What the right password is good for now."""
    end = expires_at(profile, policy)
    if end is not None and now >= end:
        assert policy is not None
        return Standing.BLOCKED if policy.hard_expiry else Standing.MUST_CHANGE
    return Standing.MUST_CHANGE if profile.reset_required else Standing.GOOD


def violation() -> AwsError:
    """The error for a password that does not conform."""
    return AwsError("PasswordPolicyViolation", "Password does not conform to the account password policy.")


def reuse() -> AwsError:
    """The error for a password used before. Text recalled."""
    return AwsError(
        "PasswordPolicyViolation", "Policy constraint violation with password reuse prevention during password change."
    )

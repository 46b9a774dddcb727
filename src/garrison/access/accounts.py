"""The accounts of this Garrison. Each has a root user, whose password and MFA live in IAM's rows like a user's."""

from __future__ import annotations

import msgspec

from garrison.store import Kind, Reader, Resource, Transaction

ACCOUNTS = ""
"""Account rows belong to no account: they are stored under the empty one."""


class Account(msgspec.Struct, frozen=True, omit_defaults=True):
    """One account. Its id is the row's name and id."""

    name: str = ""
    email: str = ""
    status: str = "ACTIVE"


ACCOUNT = Kind("account", Account)


def account(reader: Reader, account_id: str) -> Resource[Account] | None:
    """The account with that 12-digit id, or None."""
    return reader.get(ACCOUNT, ACCOUNTS, account_id)


def create_account(tx: Transaction, account_id: str, *, name: str, email: str, now: float) -> Resource[Account]:
    """Add an account. Raises `AlreadyExists`."""
    return tx.insert(ACCOUNT, ACCOUNTS, account_id, Account(name=name, email=email), id=account_id, created=now)

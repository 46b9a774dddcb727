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


SUSPENDED = "SUSPENDED"

ACCOUNT = Kind("account", Account)


def account(reader: Reader, account_id: str) -> Resource[Account] | None:
    """The account with that 12-digit id, or None."""
    return reader.get(ACCOUNT, ACCOUNTS, account_id)


def create_account(tx: Transaction, account_id: str, *, name: str, email: str, now: float) -> Resource[Account]:
    """Add an account. Raises `AlreadyExists`."""
    return tx.insert(ACCOUNT, ACCOUNTS, account_id, Account(name=name, email=email), id=account_id, created=now)


def by_email(reader: Reader, email: str) -> Resource[Account] | None:
    """The account with that e-mail address (in any case), or None."""
    folded = email.lower()
    rows = reader.page(ACCOUNT, ACCOUNTS) if folded else []
    return next((row for row in rows if row.body.email.lower() == folded), None)


def suspended(reader: Reader, account_id: str) -> bool:
    """Whether the account is closed: its credentials are worth nothing."""
    row = account(reader, account_id)
    return row is not None and row.body.status == SUSPENDED


def suspend(tx: Transaction, account_id: str) -> None:
    """Close an account: from the very next call on nobody of it is let in."""
    row = account(tx, account_id)
    if row is not None:
        tx.update(row, msgspec.structs.replace(row.body, status=SUSPENDED))
        # What its principals may do is remembered by this epoch.
        tx.bump("iam", account_id)

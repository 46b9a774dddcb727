"""The account's alias: one name, unique among all accounts, under which users sign in."""

from __future__ import annotations

import re
from typing import Any

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.iam.paging import page_of
from garrison.services.operation import operation
from garrison.store import AlreadyExists, Reader, Transaction

BY_ALIAS = "account-alias"
"""Lookup space: alias -> account id."""
BY_ACCOUNT = "alias-of-account"
"""Lookup space: account id -> alias."""

_ACCOUNT_ID = re.compile(r"\d{12}")


def alias(reader: Reader, account: str) -> str | None:
    """The account's alias, or None."""
    return reader.lookup(BY_ACCOUNT, account)


def account_called(reader: Reader, name: str) -> str | None:
    """The id of the account with that alias, or None."""
    return reader.lookup(BY_ALIAS, name)


@operation("iam", "CreateAccountAlias", access="write")
def create_account_alias(call: Call, tx: Transaction) -> None:
    name = call.params["AccountAlias"]
    if _ACCOUNT_ID.fullmatch(name):
        # IAM user guide, "Your AWS account ID and its alias": not 12 digits. The error is a guess.
        raise AwsError("ValidationError", "The account alias cannot be a 12-digit number.", status=400)
    old = alias(tx, call.account)
    if old == name:
        return
    try:
        tx.set_lookup(BY_ALIAS, name, call.account)
    except AlreadyExists:
        raise AwsError("EntityAlreadyExists", f"The account alias {name} already exists.") from None
    if old is not None:
        # An account has one alias: a new one takes the place of the old (IAM API reference, CreateAccountAlias).
        _forget(tx, call.account, old)
    tx.set_lookup(BY_ACCOUNT, call.account, name)


@operation("iam", "DeleteAccountAlias", access="write")
def delete_account_alias(call: Call, tx: Transaction) -> None:
    name = call.params["AccountAlias"]
    if alias(tx, call.account) != name:
        raise AwsError("NoSuchEntity", f"The Account Alias with name {name} cannot be found.")
    _forget(tx, call.account, name)


def _forget(tx: Transaction, account: str, name: str) -> None:
    tx.delete_lookup(BY_ALIAS, name)
    tx.delete_lookup(BY_ACCOUNT, account)


@operation("iam", "ListAccountAliases", access="read")
def list_account_aliases(call: Call, reader: Reader) -> dict[str, Any]:
    name = alias(reader, call.account)
    names, end = page_of(call, [] if name is None else [name], lambda item: item)
    return {"AccountAliases": names, **end}

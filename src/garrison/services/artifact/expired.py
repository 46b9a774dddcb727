"""Tokens nobody can use any more, taken away whenever a new one is given."""

from __future__ import annotations

from typing import TypeVar

from garrison.access.call import Call
from garrison.services.artifact.resources import AgreementToken, TermToken
from garrison.store import Kind, Transaction

_AT_ONCE = 100
Token = TypeVar("Token", TermToken, AgreementToken)


def forget(call: Call, tx: Transaction, kind: Kind[Token]) -> None:
    """Delete the account's expired tokens of a kind, some at a time."""
    for row in tx.page(kind, call.account, limit=_AT_ONCE):
        if row.body.expires < call.now:
            tx.delete(row)

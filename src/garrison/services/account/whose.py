"""Which account a call is about: the caller's own, or a member of its organization.

Source: Account Management API reference, parameter `AccountId`: only the management account, and the delegated
administrator of Account Management, name another account, one of their organization, which has all features and trusted
access for Account Management; the management account does not name itself. AWS does not document the sentences.
"""

from __future__ import annotations

from garrison.access.accounts import account as account_row
from garrison.access.call import Call
from garrison.access.organization import Membership, membership
from garrison.aws.errors import AwsError
from garrison.store import Reader

SERVICE = "account.amazonaws.com"


def whose(call: Call, reader: Reader) -> str:
    """The account's id. Raises `AccessDeniedException` for one the caller's account may not name."""
    named: str | None = call.params.get("AccountId")
    if named is None:
        return call.account
    mine, theirs = (membership(call.runtime, reader, one) for one in (call.account, named))
    if mine is None or theirs is None or mine.id != theirs.id or account_row(reader, named) is None:
        raise _denied("The account is not one of the caller's organization.")
    if not (mine.management or SERVICE in mine.administers):
        raise _denied("Only the management account or a delegated administrator may name an account.")
    if mine.management and named == call.account:
        raise _denied("The management account manages its own contacts without naming itself.")
    _enabled(mine)
    return named


def _enabled(mine: Membership) -> None:
    if not mine.all_features:
        raise _denied("The organization must have all features enabled.")
    if SERVICE not in mine.trusted:
        raise _denied("Account Management has no trusted access to the organization.")


def _denied(text: str) -> AwsError:
    return AwsError("AccessDeniedException", text, status=403)

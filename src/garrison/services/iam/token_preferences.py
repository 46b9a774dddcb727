"""Which version of session tokens the account wants from the global endpoint of STS.

Garrison's own tokens are of one kind, valid in every region; the choice is kept and shown (GetAccountSummary).
"""

from __future__ import annotations

import msgspec

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.store import Kind, Reader, Transaction

_NAME = "token-preferences"


class TokenPreferences(msgspec.Struct, frozen=True, omit_defaults=True):
    """The account's choice."""

    version: int = 1


TOKEN_PREFERENCES = Kind("iam.token-preferences", TokenPreferences)


def token_version(reader: Reader, account: str) -> int:
    """1 until the account chose otherwise."""
    row = reader.get(TOKEN_PREFERENCES, account, _NAME)
    return 1 if row is None else row.body.version


@operation("iam", "SetSecurityTokenServicePreferences", access="write")
def set_security_token_service_preferences(call: Call, tx: Transaction) -> None:
    body = TokenPreferences(2 if call.params["GlobalEndpointTokenVersion"] == "v2Token" else 1)
    row = tx.get(TOKEN_PREFERENCES, call.account, _NAME)
    if row is None:
        tx.insert(TOKEN_PREFERENCES, call.account, _NAME, body, id=f"{_NAME}:{call.account}", created=call.now)
    else:
        tx.update(row, body, updated=call.now)

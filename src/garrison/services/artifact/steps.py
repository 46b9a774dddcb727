"""Tokens that lead from reading an agreement to entering it: each for one step, one principal, one revision, once."""

from __future__ import annotations

from garrison.access.call import Call
from garrison.services.artifact.errors import bad_token, conflict
from garrison.services.artifact.expired import forget
from garrison.services.artifact.ids import hashed, new_id
from garrison.services.artifact.resources import AGREEMENT_TOKEN, AgreementToken
from garrison.store import Transaction

LIFE = 3600
"""Seconds a token is good for; AWS names no time (a guess)."""
_PREFIX = {"accept-nda": "nda-token-", "get": "nda-token-"}
"""Step -> how its token begins; the others begin with `agreement-token-`."""


def give(call: Call, tx: Transaction, step: str, agreement: str, revision: str) -> str:
    """A new token for a step."""
    token = new_id(_PREFIX.get(step, "agreement-token-"), 24)
    body = AgreementToken(step, call.caller.principal.arn, agreement, revision, call.now + LIFE)
    forget(call, tx, AGREEMENT_TOKEN)
    tx.insert(AGREEMENT_TOKEN, call.account, hashed(token), body, id=hashed(token), created=call.now)
    return token


def take(call: Call, tx: Transaction, token: str, field: str, step: str, agreement: str, revision: str) -> None:
    """Use a token up. Raises `ValidationException` for one that is not for this, `ConflictException` for one of a
    revision that is not the newest any more: what was read is not what would be agreed to."""
    row = tx.get(AGREEMENT_TOKEN, call.account, hashed(token))
    told = None if row is None else row.body
    if row is None or told is None or told.expires < call.now:
        raise bad_token(field)
    if (told.step, told.principal, told.agreement) != (step, call.caller.principal.arn, agreement):
        raise bad_token(field)
    if told.revision != revision:
        text = "The agreement has been revised since it was read. Read it again."
        raise conflict(text, "agreement", agreement)
    tx.delete(row)

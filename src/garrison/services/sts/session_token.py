"""GetSessionToken: the caller's own rights as temporary credentials, with MFA proved if a code is given."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.access.caller import Session
from garrison.aws.errors import AwsError
from garrison.policy.principal import Root, User
from garrison.services.operation import operation
from garrison.services.sts import mfa
from garrison.services.sts.credentials import issue
from garrison.store import Transaction

DEFAULT_SECONDS = 43_200
ROOT_SECONDS = 3_600
"""Sessions of root users last an hour at most, whatever they ask for (STS API reference, GetSessionToken)."""


@operation("sts", "GetSessionToken", access="write")
def get_session_token(call: Call, tx: Transaction) -> dict[str, Any]:
    """Temporary credentials of the calling user or root user."""
    caller = call.caller
    if caller.session is not None or not isinstance(caller.principal, (User, Root)):
        raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", status=403)
    seconds = call.params.get("DurationSeconds", DEFAULT_SECONDS)
    if isinstance(caller.principal, Root):
        seconds = min(seconds, ROOT_SECONDS)
    proof = mfa.proved(call, tx)
    session = Session(
        kind="session-token",
        issued=float(int(call.now)),
        expires=float(int(call.now) + seconds),
        mfa_at=proof and proof[0],
        mfa_serial=proof and proof[1],
        issuer_key=caller.access_key_id,
    )
    return issue(call, caller.principal, session)

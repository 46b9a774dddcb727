"""The second factor of a request for a session: a device's serial number and its current code, given together."""

from __future__ import annotations

from garrison.access.call import Call
from garrison.access.mfa import verify_mfa
from garrison.aws.errors import AwsError
from garrison.policy.principal import Root, User
from garrison.store import Transaction


def proved(call: Call, tx: Transaction) -> tuple[float, str] | None:
    """When and with which device MFA was proved in this very call; None if the call offers none.

    Raises `AwsError` if what it offers proves nothing. A right code is burnt.
    """
    serial, code = call.params.get("SerialNumber"), call.params.get("TokenCode")
    if serial is None and code is None:
        return None
    if serial is None or code is None:
        raise AwsError(
            "AccessDenied",
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
            status=403,
        )
    principal = call.caller.principal
    # Only users and root have devices; a role session has none of its own.
    if not isinstance(principal, (User, Root)) or not verify_mfa(call.runtime, tx, principal, serial, code, call.now):
        raise AwsError(
            "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.", status=403
        )
    return call.now, serial

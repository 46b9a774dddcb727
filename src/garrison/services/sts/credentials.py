"""The `Credentials` and size members every session operation answers with."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.access.caller import Session
from garrison.access.tokens import mint
from garrison.policy.principal import Principal

_LARGEST_TOKEN = 4096
"""Characters; the bound of MinimumSessionTokenSize in the STS model, taken as what a token may grow to."""


def issue(call: Call, principal: Principal, session: Session) -> dict[str, Any]:
    """Mint credentials for a session; the `Credentials`, `SessionTokenSize` and `SessionTokenUtilization` members."""
    minted = mint(call.runtime, principal, session, minimum_size=call.params.get("MinimumSessionTokenSize", 0))
    size = len(minted.session_token)
    return {
        "Credentials": {
            "AccessKeyId": minted.access_key_id,
            "SecretAccessKey": minted.secret_access_key,
            "SessionToken": minted.session_token,
            "Expiration": minted.expires,
        },
        "SessionTokenSize": size,
        "SessionTokenUtilization": min(100, -(-size * 100 // _LARGEST_TOKEN)),
    }

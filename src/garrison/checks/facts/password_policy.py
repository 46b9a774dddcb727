"""What the account demands of passwords."""

from __future__ import annotations

from typing import Any

from garrison.checks.api import Api, Refused
from garrison.checks.fact import fact


@fact("password-policy", "iam:GetAccountPasswordPolicy")
def password_policy(api: Api) -> dict[str, Any] | None:
    """As GetAccountPasswordPolicy has it; None where the account has none."""
    try:
        found: dict[str, Any] = api.call("iam", "GetAccountPasswordPolicy")["PasswordPolicy"]
    except Refused as e:
        if e.code == "NoSuchEntity":
            return None
        raise
    return found

"""Counts and switches of an account."""

from __future__ import annotations

from typing import Any

from garrison.checks.api import Api
from garrison.checks.fact import fact


@fact("account-summary", "iam:GetAccountSummary")
def account_summary(api: Api) -> dict[str, Any]:
    """`AccountMFAEnabled`, `AccountAccessKeysPresent`, ...: numbers."""
    found: dict[str, Any] = api.call("iam", "GetAccountSummary")["SummaryMap"]
    return found

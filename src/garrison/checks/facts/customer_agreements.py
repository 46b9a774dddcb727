"""Agreements that cover an account."""

from __future__ import annotations

from typing import Any

from garrison.checks.api import Api
from garrison.checks.fact import fact


@fact("customer-agreements", "artifact:ListCustomerAgreements")
def customer_agreements(api: Api) -> list[dict[str, Any]]:
    """As ListCustomerAgreements has them: those of the account, and those of its organization."""
    found: list[dict[str, Any]] = []
    params: dict[str, Any] = {}
    while True:
        answer = api.call("artifact", "ListCustomerAgreements", **params)
        found += answer.get("customerAgreements") or []
        if not answer.get("nextToken"):
            return found
        params = {"nextToken": answer["nextToken"]}

"""Agreements that cover an account."""

from __future__ import annotations

from typing import Any

from garrison.checks.api import Api, pages
from garrison.checks.fact import fact


@fact("customer-agreements", "artifact:ListCustomerAgreements")
def customer_agreements(api: Api) -> list[dict[str, Any]]:
    """As ListCustomerAgreements has them: those of the account, and those of its organization."""
    return list(pages(api, "artifact", "ListCustomerAgreements", "customerAgreements"))

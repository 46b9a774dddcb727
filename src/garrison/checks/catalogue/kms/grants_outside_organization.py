"""Grants are for the organization's own principals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.aws.arn import Arn
from garrison.checks.check import Fix, Outcome, aws, check, each, failed
from garrison.checks.reasoning.keys import unread
from garrison.checks.snapshot import Snapshot


@check(
    "kms.grants-outside-organization",
    "No grant of a key is for somebody outside the organization",
    severity="high",
    cells=("kms/encryption/customer",),
    needs=("keys",),
    why="A grant stands in no policy, and outlives who made it.",
)
def grants_outside_organization(account: Snapshot) -> Iterator[Outcome]:
    def test(key: dict[str, Any]) -> Iterator[Outcome]:
        for grant in key["Grants"]:
            arn = Arn.parse(str(grant.get("GranteePrincipal", "")))
            if arn is None or not arn.account.isdigit() or account.inside(arn.account):
                continue
            command = aws("kms", "revoke-grant", region=key["Region"], key_id=key["KeyId"], grant_id=grant["GrantId"])
            observed = {"grantee": str(arn), "operations": sorted(grant.get("Operations") or ())}
            reason = f"a grant lets in {arn}"
            yield failed(key["Arn"], reason, observed, fix=Fix((command,), account.account))

    yield from unread(account, "Grants")
    yield from each(account, [key for key in account.fact("keys") if key["Grants"] is not None], test, "keys")

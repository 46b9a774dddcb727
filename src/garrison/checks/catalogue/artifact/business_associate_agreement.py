"""Protected health information is kept under an agreement."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Fix, Outcome, check, failed, passed
from garrison.checks.snapshot import Snapshot

_NAME = "business associate"
"""In the names of AWS's agreements of this kind: the account's, and the organization's."""


@check(
    "artifact.business-associate-agreement",
    "A business associate agreement covers the account",
    severity="high",
    cells=("artifact/data/customer",),
    needs=("customer-agreements",),
    why="Protected health information may not be kept with a provider that has not agreed to protect it.",
    on_request=True,
)
def business_associate_agreement(account: Snapshot) -> Iterator[Outcome]:
    held = [one for one in account.fact("customer-agreements") if _NAME in str(one.get("name", "")).lower()]
    active = [one for one in held if one.get("state") == "ACTIVE"]
    if active:
        of = "its organization" if active[0].get("organizationArn") else "the account"
        yield passed(account.root, f"an agreement of {of} is active", {"agreement": str(active[0].get("id", ""))})
        return
    reason = "the last one has ended" if held else "there is none"
    fix = Fix(
        account=account.account, note="Accept one in Artifact: read it first, and have whoever may bind you do it."
    )
    yield failed(account.root, f"no business associate agreement is active: {reason}", fix=fix)

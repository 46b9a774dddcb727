"""What changed between two audits."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import msgspec

from garrison.assess.audit.read import Audited
from garrison.assess.audit.standing import Attestation, ItemStanding, Standing, standing

Change = Literal["better", "worse", "changed", "unchanged", "new", "gone"]


class ItemChange(msgspec.Struct, frozen=True):
    """One item of one account."""

    change: Change
    """`better` and `worse` are about whether it is good; `changed`: another standing, or other evidence."""
    item: str
    account: str
    before: str
    after: str
    """Standings; "" where there was no such item."""
    reason: str
    """Why it stands so now."""
    digest_before: str
    digest_after: str


def difference(before: Audited, after: Audited, attestations: Collection[Attestation], now: float) -> list[ItemChange]:
    """Each item of either audit; of `before` as it stood when `after` was made, at the latest."""
    then = [one for one in attestations if one.when <= after.run.when]
    first = {_key(one): one for one in standing(before, then, after.run.when)}
    second = {_key(one): one for one in standing(after, attestations, now)}
    return [_one(key, first.get(key), second.get(key)) for key in dict.fromkeys([*second, *first])]


def _key(one: ItemStanding) -> tuple[str, str]:
    return one.evidence.item, one.evidence.account


def _one(key: tuple[str, str], before: ItemStanding | None, after: ItemStanding | None) -> ItemChange:
    change: Change
    if before is None:
        change = "new"
    elif after is None:
        change = "gone"
    elif before.standing.good != after.standing.good:
        change = "better" if after.standing.good else "worse"
    elif before.standing is not after.standing or before.evidence.digest != after.evidence.digest:
        change = "worse" if after.standing is Standing.NOT_MET and before.standing is not after.standing else "changed"
    else:
        change = "unchanged"
    last = after or before
    assert last is not None
    return ItemChange(
        change, *key, before.standing.value if before else "", after.standing.value if after else "", last.reason,
        before.evidence.digest if before else "", after.evidence.digest if after else "",
    )  # fmt: skip

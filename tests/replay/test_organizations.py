"""A world may have several organizations: each account is bound by its own."""

from __future__ import annotations

import json
from typing import Any

from garrison.replay.changes import Change, apply
from garrison.replay.exports import world_of
from tests.replay.accounts import PROD, organization, policy

OTHER, THEIRS, THEIR_ROOT = "555500001111", "555500002222", "r-zz99"


def other() -> dict[str, Any]:
    """A second organization: another account manages another one."""
    made = json.dumps(organization())
    for mine, its in (
        ("o-example123", "o-other45678"), ("999900001111", OTHER), (PROD, THEIRS), ("444455556666", "555500003333"),
        ("ab12", "zz99"),
    ):  # fmt: skip
        made = made.replace(mine, its)
    found: dict[str, Any] = json.loads(made)
    return found


def test_each_account_has_its_place_and_a_change_moves_one_tree_alone() -> None:
    world = world_of([("live", {"Organization": [organization(), other()]})])
    places = {account: world.membership(account) for account in (PROD, THEIRS)}
    assert [place.id for place in places.values() if place is not None] == ["o-example123", "o-other45678"]
    text = json.dumps(policy({"Effect": "Deny", "Action": "s3:*"}))
    after = apply(world, [Change("scp", "no-s3.json", THEIRS, text)])
    assert after.organization_of(PROD) is world.organization_of(PROD)
    before, now = world.organization_of(THEIRS), after.organization_of(THEIRS)
    assert before is not None
    assert now is not None
    assert len(now.attached[THEIRS]) == len(before.attached[THEIRS]) + 1
    assert {one.root for one in after.organizations} == {"r-ab12", THEIR_ROOT}

"""An attack as a page."""

from __future__ import annotations

from typing import Any

from garrison.cli.shield_report import markdown
from garrison.shield import Event


def _attack(**explained: Any) -> dict[str, Any]:
    event = Event(
        100,
        103,
        5.0,
        {"user_agent": 0.9, "errors of the application": 0.47, "time the application takes": 1.5},
        "normal",
    )
    return {
        "id": "a-1", "resource": "arn:aws:shield::1:protection-group/all", "started": 100, "ended": None,
        "vectors": ["REQUEST_FLOOD"], "detail": event.detail([]), "explained": event.explained() | explained,
    }  # fmt: skip


def test_what_moved_is_told_as_a_distance_and_trouble_as_it_was() -> None:
    lines = markdown(_attack(history=[])).splitlines()
    assert "- user_agent: 0.90 from normal" in lines
    assert "- errors of the application: 47%" in lines
    assert "- time the application takes: 1.50 s" in lines
    assert "Nothing was found that separates the attack from normal traffic." in lines


def test_of_a_group_its_members_are_told_and_that_nothing_is_done_for_it() -> None:
    said = markdown(_attack(history=[], aggregation="SUM", members=["arn:aws:x"]))
    assert "## The group (SUM of its members' traffic)" in said
    assert "`arn:aws:x`" in said
    assert "Nothing was found" not in said

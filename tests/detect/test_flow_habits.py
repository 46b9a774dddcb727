"""What is said of connections an instance never made: the same when asked again, and how much."""

from __future__ import annotations

from garrison.detect.baseline.memory import Remembered
from garrison.detect.events import Event
from tests.detect.cases.flow_habits import week
from tests.detect.network import HERE, asked, flow

HABITS = ["unusual_connections", "spambot"]


def many(n: int, port: int) -> list[Event]:
    return [flow(i * 20.0, HERE, "203.0.113.9", port=port) for i in range(n)]


def test_asked_again_it_says_the_same_and_the_next_hour_is_as_unusual() -> None:
    memory = Remembered()
    events = [*week(), *many(6, 6667)]
    once, again = (asked(events, memory=memory, names=HABITS) for _ in range(2))
    assert [(d.key, d.occurrence) for d in once] == [(d.key, d.occurrence) for d in again] != []
    later = [flow(3700 + i, HERE, "203.0.113.9", port=6667) for i in range(6)]
    assert len({d.occurrence for d in asked([*events, *later], memory=memory, names=HABITS)}) == 2


def test_how_much_was_sent_is_said() -> None:
    usual: list[Event] = [flow(-h * 3600, octets=2_000_000 + h % 5 * 10_000) for h in range(1, 24 * 8)]
    copied = flow(60, HERE, "203.0.113.9", octets=900_000_000, packets=600_000)
    [said] = asked([*usual, copied], names=["unusual_volume"])
    assert said.additional["outBytes"] == "900000000"
    assert said.anomaly is not None

"""Protection groups: what several resources get, seen as one."""

from __future__ import annotations

import random

import pytest

from garrison.shield import Event, Learning, Model, Sample, attributes
from garrison.shield.groups import combined
from garrison.shield.model import Second

from .simulation import START
from .traffic import SHAPES, Make, people

ONE = Sample(("a",))


def _members(*requests: int) -> list[Second]:
    return [Second(7, n, n // 2, 10 * n, [(ONE, float(n))]) for n in requests]


@pytest.mark.parametrize(
    ("aggregation", "requests", "weights"),
    [("SUM", 100, [10.0, 30.0, 60.0]), ("MEAN", 33, [10 / 3, 10.0, 20.0]), ("MAX", 60, [60.0])],
)
def test_members_are_put_together_as_the_group_says(aggregation: str, requests: int, weights: list[float]) -> None:
    found = combined(aggregation, _members(10, 30, 60))
    assert (found.second, found.requests) == (7, requests)
    assert [weight for _, weight in found.samples] == pytest.approx(weights)


class Group:
    """Members with a model each, and a group's of all of them."""

    def __init__(self, members: int, aggregation: str) -> None:
        self._rng = random.Random(4)
        self._aggregation = aggregation
        self.now = START
        self.members = [Model(f"member-{n}", Learning.FAST, mitigates=False) for n in range(members)]
        self.group = Model("group", Learning.FAST, mitigates=False)
        self.events: dict[str, list[Event]] = {}

    def run(self, seconds: int, rate: float, hostile: list[float], attack: Make | None = None) -> None:
        """Each member gets the same rate of people's requests, and its own of an attack's."""
        like = people(80)
        for _ in range(seconds):
            looked = []
            for model, more in zip(self.members, hostile, strict=True):
                asked = [like(self._rng) for _ in range(self._count(rate))]
                asked += [] if attack is None else [attack(self._rng) for _ in range(self._count(more))]
                samples = [(Sample(attributes(request, request.location)), 1.0) for request in asked]
                model.take(Second(self.now, len(asked), samples=samples))
                looked.append((model, model.tick(self.now + 1)))
            self.group.take(combined(self._aggregation, [one for _, step in looked for one in step.seconds]))
            for model, step in (*looked, (self.group, self.group.tick(self.now + 1))):
                if step.opened is not None:
                    self.events.setdefault(model.resource, []).append(step.opened)
            self.now += 1

    def _count(self, rate: float) -> int:
        return max(0, round(self._rng.gauss(rate, rate**0.5)))


def test_a_flood_that_is_little_for_every_member_is_found_in_their_sum() -> None:
    spread = Group(6, "SUM")
    spread.run(60, 2, [0.0] * 6)
    spread.run(20, 2, [9.0] * 6, SHAPES["botnet"](random.Random(3), 80))
    assert spread.events.keys() == {"group"}
    (event,) = spread.events["group"]
    assert "user_agent" in event.because
    assert event.requests.most > 50
    assert not spread.group.rules


@pytest.mark.parametrize(("aggregation", "found"), [("MAX", {"member-0", "group"}), ("MEAN", {"member-0"})])
def test_a_flood_of_one_member_stands_out_in_the_highest_and_not_in_the_mean(aggregation: str, found: set[str]) -> None:
    one = Group(8, aggregation)
    one.run(60, 10, [0.0] * 8)
    one.run(15, 10, [150.0, *[0.0] * 7], SHAPES["one_source"](random.Random(3), 80))
    assert one.events.keys() == found

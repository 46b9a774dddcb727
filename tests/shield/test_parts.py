"""Counting with bounded memory, and baselines that nobody moves far."""

from __future__ import annotations

import math
import random
from collections import Counter

from garrison.shield.baseline import Rates
from garrison.shield.sketches import Distinct, SpaceSaving


def test_the_heaviest_of_a_hundred_thousand_sources_are_found_in_bounded_memory() -> None:
    rng = random.Random(1)
    stream = [f"source {rng.randrange(100_000)}" for _ in range(100_000)] + ["loud"] * 3000 + ["louder"] * 5000
    rng.shuffle(stream)
    counts: SpaceSaving[str] = SpaceSaving(1000)
    distinct = Distinct()
    for source in stream:
        counts.add(source)
        distinct.add(source)
    exact = Counter(stream)
    assert len(counts) <= 2000
    assert [source for source, _ in counts.top(2)] == ["louder", "loud"]
    for source, count in counts.top(2):
        assert exact[source] <= count <= exact[source] + len(stream) / 1000
    assert abs(distinct.count() - len(exact)) < 0.07 * len(exact)


def test_few_sources_are_counted_nearly_exactly() -> None:
    distinct = Distinct()
    for number in range(100):
        distinct.add(str(number % 50))
    assert abs(distinct.count() - 50) <= 2


def test_an_hour_of_the_week_is_remembered_and_an_afternoon_moves_it_little() -> None:
    rates = Rates()
    week = 168 * 3600
    for start in (0, week):
        for second in range(start, start + 3600):
            rates.add(second, 100)
        rates.add(start + 3600, 5)
    expected, _ = rates.expected(2 * week)
    assert 45 < expected < 101, "what was of late was 5, but the hour of the week is known"
    for second in range(2 * week, 2 * week + 1200):
        rates.add(second, 1000)
    assert rates.expected(2 * week + 1200)[0] <= 210
    assert math.isclose(rates.hours[0].centre, math.log1p(100), rel_tol=0.01)
    assert rates.hours[0].weeks == 2

"""Floods drawn at random meet the engine and, through it, WAF's own rules; crowds do not."""

from __future__ import annotations

import os
import random

import pytest

from garrison.shield import Learning
from garrison.shield.response import URGENT

from .simulation import Simulation
from .traffic import PATHS, SHAPES, people

DRAWN = int(os.environ.get("GARRISON_SHIELD_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)


@pytest.mark.parametrize("seed", [21, pytest.param(DRAWN, marks=pytest.mark.soak, id="drawn")])
def test_eight_attacks_drawn_at_random_are_detected_and_refused_while_people_are_served(seed: int) -> None:
    print(f"GARRISON_SHIELD_SEED={seed}")
    worst: dict[str, tuple[float, str]] = {}

    def note(what: str, value: float, shape: str, better: int) -> None:
        if what not in worst or better * value < better * worst[what][0]:
            worst[what] = (value, shape)

    for number, (name, shape) in enumerate(SHAPES.items()):
        rng = random.Random(seed * 100 + number)
        rate = rng.choice([4, 12, 40])
        crowd = people(sources=rng.choice([30, 150]))
        flood = max(80, rng.uniform(5, 12) * rate)
        trial = Simulation(seed * 100 + number)
        trial.run(60, rate, crowd)
        begin = trial.now
        trial.run(40, rate, crowd, flood, shape(rng, 150))
        tally, end = trial.tally, trial.now
        about = f"{name}: {rate}/s of people, {flood:.0f}/s of attack"
        assert tally.detected is not None, f"{about}: not detected (seed {seed})"
        assert tally.mitigated is not None, f"{about}: no rule acted (seed {seed})"
        history = trial.model.response.history
        print(
            f"{about}: detected {tally.detected - begin} s, mitigated {tally.mitigated - begin} s, then refused "
            f"{tally.share(1, tally.mitigated, end):.2%} of attack, {tally.share(0, begin, end):.2%} of people; "
            f"{[one['rule'] for one in history if one['became'] == 'promoted']}"
        )
        note("seconds to detection", tally.detected - begin, about, -1)
        note("seconds to mitigation", tally.mitigated - begin, about, -1)
        note("attack refused", tally.share(1, tally.mitigated, end), about, 1)
        note("people refused", tally.share(0, begin, end), about, -1)
    for what, (value, shape_name) in worst.items():
        print(f"worst {what}: {value:.4g} ({shape_name})")
    assert worst["seconds to detection"][0] <= 10
    assert worst["seconds to mitigation"][0] <= 20
    assert worst["attack refused"][0] >= 0.95, worst["attack refused"]
    assert worst["people refused"][0] < 0.005, worst["people refused"]


@pytest.mark.parametrize("rate", [5, 50])
def test_a_crowd_ten_times_as_large_is_no_attack(rate: int) -> None:
    trial = Simulation(7)
    trial.run(60, rate, people(80))
    trial.run(30, 10 * rate, people(2000))
    assert not trial.tally.events
    assert not trial.model.rules


def test_a_crowd_that_the_application_cannot_bear_is_told_of_and_nobody_is_refused() -> None:
    trial = Simulation(7)
    trial.run(60, 20, people(80))
    trial.run(30, 200, people(2000), failing=0.5)
    (event,) = trial.tally.events
    assert event.because.keys() == {"errors of the application"}
    assert trial.tally.share(0, trial.now - 30, trial.now) == 0


@pytest.mark.parametrize(
    ("trouble", "because"), [("failing", "errors of the application"), ("unhealthy", "unhealthy targets")]
)
def test_half_a_flood_is_one_where_the_application_suffers(trouble: str, because: str) -> None:
    """Two and a half times what is normal: not enough by itself."""
    flood = SHAPES["botnet"](random.Random(3), 80)
    well, suffering = Simulation(3), Simulation(3)
    for trial in (well, suffering):
        trial.run(60, 40, people(80))
    well.run(15, 40, people(80), 60, flood)
    assert not well.tally.events
    suffering.run(15, 40, people(80), 60, flood, **{trouble: 0.5})
    (event,) = suffering.tally.events
    assert because in event.because
    assert "user_agent" in event.because
    assert suffering.tally.share(1, suffering.now - 3, suffering.now) > 0.9
    # Nobody waits for the whole of a rule's trial then.
    noted = {one["became"]: one["time"] for one in reversed(suffering.model.response.history)}
    assert noted["promoted"] - noted["counting"] == URGENT


def test_an_attack_ends_and_its_rules_go() -> None:
    trial = Simulation(3)
    trial.run(60, 20, people(80))
    trial.run(25, 20, people(80), 300, SHAPES["botnet"](random.Random(3), 80))
    assert trial.model.rules
    trial.run(25, 20, people(80))
    assert trial.model.event is None
    assert not trial.model.rules
    (event,) = trial.tally.events
    assert event.ended is not None
    assert event.started <= event.detected <= event.ended <= trial.now
    assert {one["became"] for one in trial.model.response.history} == {"counting", "promoted", "withdrawn"}


def test_an_attack_is_told_with_what_was_observed_and_no_more() -> None:
    trial = Simulation(5)
    trial.run(60, 20, people(80))
    trial.run(15, 20, people(80), 200, SHAPES["one_source"](random.Random(5), 80))
    (event,) = trial.tally.events
    assert event.vectors == ("REQUEST_FLOOD",)
    detail = event.detail(["a rule"])
    by = {one["AttackPropertyIdentifier"]: one for one in detail["AttackProperties"]}
    assert by["SOURCE_IP_ADDRESS"]["TopContributors"][0]["Name"] == "203.0.113.9"
    assert all(len(one["TopContributors"]) <= 5 for one in by.values())
    assert "REFERRER" not in by
    assert detail["SubResources"][0]["Id"] in PATHS
    (counter,) = detail["AttackCounters"]
    assert counter["Max"] > 150
    assert counter["Max"] >= counter["Average"] >= counter["Sum"] / (counter["N"] + 1)


def test_nothing_is_called_an_attack_before_there_is_a_baseline() -> None:
    trial = Simulation(9, Learning.NORMAL)
    trial.run(60, 20, people(80))
    trial.run(15, 20, people(80), 300, SHAPES["botnet"](random.Random(3), 80))
    assert not trial.model.ready
    assert not trial.tally.events

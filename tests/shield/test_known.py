"""Sources known from earlier attacks, and what they may still ask."""

from __future__ import annotations

import random

from garrison.shield import known
from garrison.waf import State, compile_web_acl
from garrison.waf.request import Request

from .simulation import Simulation
from .traffic import SHAPES, people

VISIBLE = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}


def _verdicts(addresses: dict[str, float], source: str, count: int) -> list[bool]:
    sets = known.address_sets(addresses, now=100.0)
    document = {
        "Name": "shop", "Rules": [known.rule("Block", 0, sets)], "DefaultAction": {"Allow": {}},
        "VisibilityConfig": VISIBLE,
    }  # fmt: skip
    resolved = {one.name: {"Addresses": one.addresses, "IPAddressVersion": one.version} for one in sets}
    acl, state = compile_web_acl(document, resolved.get), State()
    asked = Request(method="GET", target=b"/", headers=((b"host", b"a"),), source_ip=source)
    return [acl.inspect(asked, state, 100.0).blocked for _ in range(count)]


def test_a_known_source_may_ask_as_much_as_a_person_and_others_as_much_as_they_like() -> None:
    bad = {"203.0.113.9": 200.0, "2001:db8::1": 200.0, "203.0.113.8": 50.0}
    for source in ("203.0.113.9", "2001:db8::1"):
        assert _verdicts(bad, source, known.LIMIT + 5) == [False] * known.LIMIT + [True] * 5
    for source in ("203.0.113.8", "203.0.113.7"):
        assert not any(_verdicts(bad, source, known.LIMIT + 5))
    assert not any(_verdicts({}, "203.0.113.9", known.LIMIT + 5))


def test_who_attacked_is_known_for_a_while_and_the_latest_are_kept() -> None:
    first = known.remembered({}, ["203.0.113.1", "no address"], now=0.0)
    assert first.keys() == {"203.0.113.1"}
    later = known.remembered(first, [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(known.MOST)], now=10.0)
    assert len(later) == known.MOST
    assert "203.0.113.1" not in later
    assert known.remembered(first, [], now=known.KEPT + 1) == {}


def test_sources_of_an_attack_are_those_that_were_refused_and_none_that_people_have() -> None:
    trial = Simulation(5)
    trial.run(60, 20, people(80))
    trial.run(25, 20, people(80), 200, SHAPES["one_source"](random.Random(5), 80))
    (event,) = trial.tally.events
    assert trial.model.offenders(event) == ["203.0.113.9"]


def test_a_proxy_that_an_attack_came_through_is_none() -> None:
    trial = Simulation(5)
    trial.run(60, 20, people(80))
    trial.run(25, 20, people(80), 200, SHAPES["forwarded"](random.Random(5), 80))
    (event,) = trial.tally.events
    assert trial.model.rules
    assert trial.model.offenders(event) == []

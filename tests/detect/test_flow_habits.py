"""Connections an instance never made, amounts it never sent, and relays of Tor."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.detect.baseline.memory import DAY, Remembered
from garrison.detect.events import Event
from tests.detect.network import HERE, THERE, asked, flow, listed, types

HABITS = ["unusual_connections", "spambot"]


def week(days: int = 8, **other: Any) -> list[Event]:
    """Its usual traffic: web and time."""
    return [
        flow(-d * DAY + h * 7200, port=port, **other)
        for d in range(1, days + 1)
        for h in range(4)
        for port in (443, 123)
    ]


def many(n: int, port: int, **other: Any) -> list[Event]:
    destination = other.pop("destination", "203.0.113.9")
    return [flow(i * 20.0, HERE, destination, port=port, **other) for i in range(n)]


CASES = {
    "Behavior:EC2/NetworkPortUnusual": (many(6, 6667), many(4, 6667)),
    "DefenseEvasion:EC2/UnusualDNSResolver": (many(12, 53, protocol=17), many(8, 53, protocol=17)),
    "DefenseEvasion:EC2/UnusualDoTActivity": (many(1, 853), many(1, 853, destination="10.0.0.2")),
    "DefenseEvasion:EC2/UnusualDoHActivity": (many(1, 443, destination="1.1.1.1"), many(9, 443)),
    "Backdoor:EC2/Spambot": (many(60, 25), many(12, 25)),
}


@pytest.mark.parametrize("type", CASES)
def test_what_it_never_did(type: str) -> None:
    fires, near = CASES[type]
    assert types(asked([*week(), *fires], names=HABITS)) == {type}
    assert asked([*week(), *near], names=HABITS) == []
    assert asked([*week(days=5), *fires], names=HABITS) == []
    before = list(fires[:2])
    moved = [flow(-3 * DAY, HERE, e.destination, port=e.destination_port, protocol=e.protocol) for e in before]  # type: ignore[union-attr]
    assert asked([*week(), *moved, *fires], names=HABITS) == []


def test_asked_again_it_says_the_same_and_the_next_hour_is_as_unusual() -> None:
    memory = Remembered()
    events = [*week(), *many(6, 6667)]
    once, again = (asked(events, memory=memory, names=HABITS) for _ in range(2))
    assert [(d.key, d.occurrence) for d in once] == [(d.key, d.occurrence) for d in again] != []
    later = [flow(3700 + i, HERE, "203.0.113.9", port=6667) for i in range(6)]
    assert len({d.occurrence for d in asked([*events, *later], memory=memory, names=HABITS)}) == 2


def test_what_others_of_the_group_do_is_usual_for_a_port() -> None:
    others = [flow(-3 * DAY + i, HERE, THERE, port=6667, instance="i-0ff99") for i in range(6)]
    assert asked([*week(), *others, *many(6, 6667)], names=HABITS) == []


def test_far_more_is_sent_than_ever() -> None:
    names = ["unusual_volume"]
    usual: list[Event] = [flow(-h * 3600, octets=2_000_000 + h % 5 * 10_000) for h in range(1, 24 * 8)]
    copied = flow(60, HERE, "203.0.113.9", octets=900_000_000, packets=600_000)
    [said] = asked([*usual, copied], names=names)
    assert said.type == "Behavior:EC2/TrafficVolumeUnusual"
    assert said.additional["outBytes"] == "900000000"
    assert said.anomaly is not None
    assert asked([*usual, flow(60, HERE, "203.0.113.9", octets=20_000_000)], names=names) == []
    assert asked([*usual[: 24 * 5], copied], names=names) == []
    received = flow(60, "203.0.113.9", HERE, port=40001, source_port=443, octets=900_000_000)
    assert asked([*usual, received], names=names) == []


def test_a_relay_of_tor_is_talked_to_as_well_as_talking() -> None:
    names = ["tor_relay"]
    relays = [f"203.0.113.{n}" for n in range(1, 31)]
    intel = listed("tor", *relays)
    out: list[Event] = [flow(i * 10.0, HERE, relay, port=9001) for i, relay in enumerate(relays)]
    back: list[Event] = [
        flow(i * 10.0, relay, HERE, port=9001, source_port=40002) for i, relay in enumerate(relays[:9])
    ]
    function = {("interface", "eni-1"): {"function": {"functionName": "f"}}}
    assert types(asked([*out, *back], intel, names=names)) == {"UnauthorizedAccess:EC2/TorRelay"}
    assert types(asked([*out, *back], intel, names=names, known=function)) == {"UnauthorizedAccess:Lambda/TorRelay"}
    assert asked(out, intel, names=names) == []  # a client
    assert asked([*out[:9], *back], intel, names=names) == []
    assert asked([*out, *back], names=names) == []

"""Names that programs make up, and names that carry data."""

from __future__ import annotations

import base64
import random
import statistics

from garrison.detect.baseline.words import entropy, likeness, registrable
from garrison.detect.events import Event
from tests.detect.network import asked, dns, types

LETTERS = "abcdefghijklmnopqrstuvwxyz"
PEOPLE = [
    "wikipedia",
    "mozilla",
    "ubuntu",
    "stackoverflow",
    "postgresql",
    "weather",
    "openstreetmap",
    "newspaper",
    "library",
    "university",
    "gardening",
    "bookings",
    "theatre",
    "railways",
    "supermarket",
    "insurance",
]


def made_up(n: int, seed: int = 1) -> list[str]:
    chance = random.Random(seed)
    return ["".join(chance.choices(LETTERS, k=12)) + ".com" for _ in range(n)]


def missing(names: list[str], **other: object) -> list[Event]:
    return [dns(name, i * 30.0, rcode="NXDOMAIN", **other) for i, name in enumerate(names)]  # type: ignore[arg-type]


def test_names_of_people_are_told_from_noise() -> None:
    assert statistics.fmean(map(likeness, PEOPLE)) > 0.6
    assert max(likeness(name.removesuffix(".com")) for name in made_up(50)) < 0.3
    assert registrable("a.b.example.co.uk") == ("example.co.uk", "example")
    assert registrable("10.0.0.1") == ("", "")
    assert entropy("abcd") == 2.0


def test_many_made_up_names_that_do_not_exist() -> None:
    names = ["generated_names"]
    [said] = asked(missing(made_up(12)), names=names)
    assert said.type == "Trojan:EC2/DGADomainRequest.B"
    assert said.key == ("i-0aa11",)
    assert said.additional["count"] == 12
    other = asked(missing(made_up(12, 2), instance="i-0ff99", account="999988887777", region="ap-south-1"), names=names)
    assert [(d.account, d.region, d.key) for d in other] == [("999988887777", "ap-south-1", ("i-0ff99",))]
    assert asked(missing(made_up(9)), names=names) == []
    assert asked(missing([f"{name}.com" for name in PEOPLE]), names=names) == []  # mistyped, or moved
    answered: list[Event] = [dns(name, i * 30.0, "203.0.113.4") for i, name in enumerate(made_up(40))]
    assert asked([*answered, *missing(made_up(12, 3))], names=names) == []  # a content network's names exist
    below_one: list[str] = [f"{name.removesuffix('.com')}.example.com" for name in made_up(40)]
    assert asked(missing(below_one), names=names) == []


def carried(n: int, domain: str = "evil.example.com", size: int = 45) -> list[Event]:
    chance = random.Random(4)
    return [
        dns(base64.b32encode(chance.randbytes(40)).decode().lower()[:size] + f".{domain}", i * 0.5, type="TXT")
        for i in range(n)
    ]


def test_data_in_names() -> None:
    names = ["dns_exfiltration"]
    said = asked(carried(120), names=names)
    assert types(said) == {"Trojan:EC2/DNSDataExfiltration"}
    assert said[0].key == ("i-0aa11", "example.com")
    assert said[0].additional["octets"] > 4096
    assert asked(carried(40), names=names) == []
    assert asked(carried(120, size=12), names=names) == []
    assert asked(carried(120, "8.b.d.0.1.0.0.2.ip6.arpa"), names=names) == []
    same: list[Event] = [dns("a" * 40 + f"{i}.example.com", i * 1.0) for i in range(120)]
    assert asked(same, names=names) == []
    other = [*carried(60, "one.example.co.uk"), *carried(60, "two.example.org")]
    assert {d.key[1] for d in asked(other, names=names)} <= {"example.co.uk", "example.org"}

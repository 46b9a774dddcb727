"""Names that programs make up, and names that carry data: what is said of them."""

from __future__ import annotations

import base64
import random
import statistics

from garrison.detect.baseline.words import entropy, likeness, registrable
from tests.detect.network import asked, dns

LETTERS = "abcdefghijklmnopqrstuvwxyz"
PEOPLE = ["wikipedia", "mozilla", "ubuntu", "weather", "openstreetmap", "newspaper", "library", "theatre", "railways"]


def made_up(n: int) -> list[str]:
    chance = random.Random(1)
    return ["".join(chance.choices(LETTERS, k=12)) + ".com" for _ in range(n)]


def test_names_of_people_are_told_from_noise() -> None:
    assert statistics.fmean(map(likeness, PEOPLE)) > 0.6
    assert max(likeness(name.removesuffix(".com")) for name in made_up(50)) < 0.3
    assert registrable("a.b.example.co.uk") == ("example.co.uk", "example")
    assert registrable("10.0.0.1") == ("", "")
    assert entropy("abcd") == 2.0


def test_made_up_names_are_counted_and_told() -> None:
    events = [dns(name, i * 30.0, rcode="NXDOMAIN") for i, name in enumerate(made_up(12))]
    [said] = asked(events, names=["generated_names"])
    assert said.key == ("i-0aa11",)
    assert said.additional["count"] == 12
    assert said.additional["domain"] in made_up(12)


def test_data_in_names_is_told_with_its_domain() -> None:
    chance = random.Random(4)
    payloads = [base64.b32encode(chance.randbytes(40)).decode().lower()[:45] for _ in range(120)]
    events = [dns(f"{payload}.evil.example.co.uk", i * 0.5, type="TXT") for i, payload in enumerate(payloads)]
    [said] = asked(events, names=["dns_exfiltration"])
    assert said.key == ("i-0aa11", "example.co.uk")
    assert said.additional["octets"] > 4096

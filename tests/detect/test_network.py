"""What is said of traffic beside its type: severity, role, evidence, and that the same is told as the same."""

from __future__ import annotations

from garrison.detect.events import Event
from tests.detect.network import HERE, THERE, asked, flow, listed


def scan(ports: int) -> list[Event]:
    return [flow(i * 0.5, port=20 + i, packets=1, octets=60, source_port=50000 + i) for i in range(ports)]


def guesses(n: int, inbound: bool = False) -> list[Event]:
    ends = (THERE, HERE) if inbound else (HERE, THERE)
    return [flow(i * 20, *ends, port=22, packets=20, octets=3000 + i, source_port=45000 + i) for i in range(n)]


def test_thresholds_can_be_raised() -> None:
    flood = [flow(m * 60, port=9999, protocol=17, packets=30_000, octets=30_000_000, lasts=59) for m in range(5)]
    assert len(asked(flood, names=["denial_of_service"])) == 1
    assert asked(flood, settings={"dos.udp": 40_000}, names=["denial_of_service"]) == []


def test_severity_tells_victim_from_attacker() -> None:
    [victim] = asked(guesses(20, inbound=True), names=["brute_force"])
    [attacker] = asked(guesses(20), names=["brute_force"])
    assert (victim.severity, victim.role) == (2.0, "TARGET")
    assert (attacker.severity, attacker.role) == (8.0, "ACTOR")
    action = victim.action["networkConnectionAction"]
    assert action["connectionDirection"] == "INBOUND"
    assert action["localPortDetails"] == {"port": 22, "portName": "SSH"}
    assert action["remoteIpDetails"]["ipAddressV4"] == THERE


def test_told_again_with_more_it_is_the_same_occurrence() -> None:
    few, many = (asked(scan(n), names=["port_scan"])[0] for n in (20, 60))
    assert (few.key, few.occurrence) == (many.key, many.occurrence)
    assert few.additional["ports"] == 20
    assert many.additional["ports"] == 60


def test_evidence_names_the_list_and_its_file() -> None:
    [said] = asked([flow()], listed("c2", "198.51.100.0/24"), windows=False)
    assert said.evidence == ({"threatListName": "mine", "threatNames": ["c2"], "threatFileSha256": "ab" * 32},)
    assert said.key == ("i-0aa11", "mine", "198.51.100.0/24")

"""Threats in flows: scans, guessing of passwords, floods, and addresses on lists."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from garrison.detect import catalogue, detectors
from garrison.detect.catalogue import raised
from garrison.detect.events import Event, Flow
from garrison.detect.registry import EVENT_DETECTORS, WINDOW_DETECTORS
from tests.detect.network import HERE, THERE, asked, dns, flow, listed, types
from tests.detect.test_flow_habits import CASES as FLOW_HABITS


@dataclass
class Case:
    """Events, the types they show, and the lists they are judged by."""

    events: list[Event]
    fires: tuple[str, ...]
    category: str = ""
    entries: tuple[str, ...] = ()
    settings: dict[str, float] = field(default_factory=dict)
    known: dict[tuple[str, str], dict[str, object]] = field(default_factory=dict)


def scan(ports: int, **other: object) -> list[Event]:
    return [flow(i * 0.5, port=20 + i, packets=1, octets=60, source_port=50000 + i, **other) for i in range(ports)]  # type: ignore[arg-type]


def guesses(n: int, port: int, inbound: bool = False, packets: int = 20) -> list[Event]:
    ends = (THERE, HERE) if inbound else (HERE, THERE)
    return [flow(i * 20, *ends, port=port, packets=packets, octets=3000 + i, source_port=45000 + i) for i in range(n)]


def flood(protocol: int, port: int, packets: int, octets: int, back: int = 0) -> list[Event]:
    there = [
        flow(m * 60, port=port, protocol=protocol, packets=packets, octets=packets * octets, lasts=59) for m in range(5)
    ]
    answers = flow(30, THERE, HERE, port=40001, source_port=port, protocol=protocol, packets=back, octets=back * 90)
    return [*there, *([answers] if back else [])]


REPLIES = [
    flow(i * 0.1, HERE, THERE, port=40000 + i, source_port=443, packets=3, octets=200) for i in range(200)
]  # answers of a web server to one busy client

CASES = {
    "scan": Case(scan(40), ("Recon:EC2/Portscan",)),
    "scan, refused": Case(scan(40, accepted=False), ("Recon:EC2/Portscan",)),
    "slow scan": Case(
        [flow(i * 5, port=20 + i, packets=2, source_port=50000) for i in range(110)], ("Recon:EC2/Portscan",)
    ),
    "few ports": Case(scan(14), ()),
    "a web server answers one client": Case(list(REPLIES), ()),
    "somebody scans the instance": Case(
        [flow(i * 0.5, THERE, HERE, port=20 + i, packets=1, source_port=50000) for i in range(60)], ()
    ),
    "long connections to many ports": Case(
        [flow(i * 0.5, port=20 + i, packets=400, source_port=50000) for i in range(60)], ()
    ),
    "sweep": Case(
        [flow(i, destination=f"198.51.{100 + i // 250}.{i % 250}", port=23, packets=1) for i in range(300)],
        ("Impact:EC2/PortSweep",),
    ),
    "many hosts that answer": Case(
        [flow(i, destination=f"198.51.{100 + i // 250}.{i % 250}", port=443, packets=30) for i in range(300)], ()
    ),
    "sweep of the network inside": Case(
        [flow(i, destination=f"10.1.{i // 250}.{i % 250}", port=23, packets=1) for i in range(300)], ()
    ),
    "ssh guessed at": Case(guesses(20, 22, inbound=True), ("UnauthorizedAccess:EC2/SSHBruteForce",)),
    "ssh guessing": Case(guesses(20, 22), ("UnauthorizedAccess:EC2/SSHBruteForce",)),
    "a few sign-ins": Case(guesses(14, 22), ()),
    "real sessions": Case([flow(i * 20, port=22, packets=20 + i, octets=90 * (i % 7) ** 4) for i in range(40)], ()),
    "rdp": Case(guesses(25, 3389), ("UnauthorizedAccess:EC2/RDPBruteForce",)),
    "winrm": Case(guesses(25, 5985), ("Impact:EC2/WinRMBruteForce",)),
    "winrm of https elsewhere": Case(guesses(25, 5443), ()),
    "flood of dns": Case(flood(17, 53, 30_000, 60), ("Backdoor:EC2/DenialOfService.Dns",)),
    "busy resolver": Case(flood(17, 53, 30_000, 60, back=140_000), ()),
    "flood of udp": Case(flood(17, 9999, 30_000, 1000), ("Backdoor:EC2/DenialOfService.Udp",)),
    "flood of udp to a tcp port": Case(flood(17, 3306, 30_000, 60), ("Backdoor:EC2/DenialOfService.UdpOnTcpPorts",)),
    "QUIC": Case(flood(17, 443, 30_000, 1000, back=60_000), ()),
    "flood of syn": Case(flood(6, 80, 60_000, 44), ("Backdoor:EC2/DenialOfService.Tcp",)),
    "upload": Case(flood(6, 443, 60_000, 1400, back=30_000), ()),
    "flood of an odd protocol": Case(flood(200, 0, 6_000, 60), ("Backdoor:EC2/DenialOfService.UnusualProtocol",)),
    "a tunnel": Case(flood(50, 0, 60_000, 900), ()),
    "raised threshold": Case(flood(17, 9999, 30_000, 1000), (), settings={"dos.udp": 40_000}),
    "c2": Case([flow()], ("Backdoor:EC2/C&CActivity.B",), "c2", (THERE,)),
    "c2 refused": Case([flow(accepted=False)], (), "c2", (THERE,)),
    "c2 knocks": Case([flow(0, THERE, HERE, port=22)], (), "c2", (THERE,)),
    "answer to a c2 that knocked": Case([flow(0, HERE, THERE, port=50000, source_port=22)], (), "c2", (THERE,)),
    "mining": Case([flow(port=3333)], ("CryptoCurrency:EC2/BitcoinTool.B",), "mining", (THERE,)),
    "sinkhole": Case([flow()], ("Trojan:EC2/BlackholeTraffic",), "sinkhole", (THERE,)),
    "drop point": Case([flow()], ("Trojan:EC2/DropPoint",), "droppoint", (THERE,)),
    "tor": Case([flow(port=9001)], ("UnauthorizedAccess:EC2/TorClient",), "tor", (THERE,)),
    "another address": Case([flow(destination="203.0.113.80")], (), "tor", (THERE,)),
    "custom, coming in": Case(
        [flow(0, THERE, HERE)], ("UnauthorizedAccess:EC2/MaliciousIPCaller.Custom",), "custom", (THERE,)
    ),
    "probe answered": Case(
        [flow(0, HERE, THERE, port=50000, source_port=9200)],
        ("Recon:EC2/PortProbeUnprotectedPort",),
        "scanner",
        (THERE,),
    ),
    "probe not answered": Case([flow(0, THERE, HERE, port=9200, source_port=50000)], (), "scanner", (THERE,)),
    "probe of a cluster": Case(
        [flow(0, HERE, THERE, port=50000, source_port=8088)],
        ("Recon:EC2/PortProbeEMRUnprotectedPort",),
        "scanner",
        (THERE,),
        known={("instance", "i-0aa11"): {"tags": [{"key": "aws:elasticmapreduce:job-flow-id", "value": "j-1"}]}},
    ),
    **{
        f"function's {category}": Case(
            [flow()],
            (type,),
            category,
            (THERE,),
            known={("interface", "eni-1"): {"function": {"functionName": "f", "functionArn": "arn:aws:lambda:f"}}},
        )
        for category, type in {
            "mining": "CryptoCurrency:Lambda/BitcoinTool.B",
            "sinkhole": "Trojan:Lambda/BlackholeTraffic",
            "droppoint": "Trojan:Lambda/DropPoint",
            "tor": "UnauthorizedAccess:Lambda/TorClient",
            "custom": "UnauthorizedAccess:Lambda/MaliciousIPCaller.Custom",
        }.items()
    },
    "function's c2": Case(
        [flow()],
        ("Backdoor:Lambda/C&CActivity.B",),
        "c2",
        (THERE,),
        known={("interface", "eni-1"): {"function": {"functionName": "f", "functionArn": "arn:aws:lambda:f"}}},
    ),
    "name of a c2": Case([dns("a.bad.example.com")], ("Backdoor:EC2/C&CActivity.B!DNS",), "c2", ("bad.example.com",)),
    "name beside a c2's": Case([dns("notbad.example.com")], (), "c2", ("bad.example.com",)),
    "phishing": Case([dns("p.example")], ("Trojan:EC2/PhishingDomainRequest!DNS",), "phishing", ("p.example",)),
    "mining name": Case([dns("p.example")], ("CryptoCurrency:EC2/BitcoinTool.B!DNS",), "mining", ("p.example",)),
    "drop point's name": Case([dns("p.example")], ("Trojan:EC2/DropPoint!DNS",), "droppoint", ("p.example",)),
    "known generated name": Case([dns("p.example")], ("Trojan:EC2/DGADomainRequest.C!DNS",), "dga", ("p.example",)),
    "drive-by": Case([dns("p.example")], ("Trojan:EC2/DriveBySourceTraffic!DNS",), "driveby", ("p.example",)),
    "malicious name": Case(
        [dns("p.example")], ("Impact:EC2/MaliciousDomainRequest.Reputation",), "malicious", ("p.example",)
    ),
    "own list": Case([dns("p.example")], ("Impact:EC2/MaliciousDomainRequest.Custom",), "custom", ("p.example",)),
    "abused": Case(
        [dns("x.dyn.example")], ("Impact:EC2/AbusedDomainRequest.Reputation",), "abused", ("*.dyn.example",)
    ),
    "test domain": Case([dns("guarddutyc2activityb.com")], ("Backdoor:EC2/C&CActivity.B!DNS",)),
    "rebinding": Case(
        [dns("r.example.com", 0, "169.254.169.254")], ("UnauthorizedAccess:EC2/MetadataDNSRebind",)
    ),
    "rebinding, IPv6": Case(
        [dns("r.example.com", 0, "fd00:ec2:0::254", type="AAAA")], ("UnauthorizedAccess:EC2/MetadataDNSRebind",)
    ),
    "the metadata service's own name": Case([dns("instance-data.ec2.internal", 0, "169.254.169.254")], ()),
    "black hole": Case([dns("r.example.com", 0, "0.0.0.0")], ("Trojan:EC2/BlackholeTraffic!DNS",)),
    "mail server asks a block list": Case([dns("2.0.0.127.zen.example.org", 0, "127.0.0.2")], ()),
    "ordinary answer": Case([dns("r.example.com", 0, "203.0.113.8")], ()),
}  # fmt: skip

TYPES = frozenset(type for case in CASES.values() for type in case.fires)
"""What cases here show; that every type that can be raised has one is asked at the end."""
ELSEWHERE = frozenset(
    {"Trojan:EC2/DGADomainRequest.B", "Trojan:EC2/DNSDataExfiltration", "Behavior:EC2/TrafficVolumeUnusual"}
    | {"UnauthorizedAccess:EC2/TorRelay", "UnauthorizedAccess:Lambda/TorRelay", *FLOW_HABITS}
)
"""Types shown in test_dns.py and test_flow_habits.py."""


def moved(event: Event, **changes: str) -> Event:
    fields = msgspec.structs.asdict(event)
    return type(event)(**{**fields, **{k: v for k, v in changes.items() if k in fields}})


def renamed(event: Event) -> Event:
    """Of another account, region, instance, and with other addresses of the instance and the remote host."""
    others = {HERE: "172.31.9.9", THERE: "203.0.113.99"}
    ends = {k: others.get(getattr(event, k, ""), getattr(event, k, "")) for k in ("source", "destination")}
    return moved(event, account="999988887777", region="ap-south-1", interface="eni-9", **ends)


def test_what_traffic_shows_and_shows_of_others() -> None:
    """Windows are asked once about the traffic of all cases, each on an instance of its own, and about the same
    traffic of others."""
    detectors.load()
    plain = [(name, case) for name, case in CASES.items() if not case.settings]
    events = [
        (moved(change(e), instance=f"{prefix}{n}"))
        for n, (_, case) in enumerate(plain)
        for prefix, change in (("i-", lambda e: e), ("i-other-", renamed))
        for e in case.events
    ]
    names = {d.name for d in WINDOW_DETECTORS}
    said = asked(events, names=names)
    singles = {d.name for d in EVENT_DETECTORS}
    for n, (name, case) in enumerate(plain):
        entries = {"203.0.113.99" if e == THERE else e for e in case.entries} | set(case.entries)
        intel = listed(case.category, *entries) if case.category else None
        alone = asked(case.events, intel, known=case.known, names=singles, windows=False)
        here = types(d for d in said if d.key[0] == f"i-{n}") | types(alone)
        assert here == set(case.fires), name
        if not case.known:
            alone = asked([renamed(e) for e in case.events], intel, names=singles, windows=False)
            of_others = [d for d in said if d.key[0] == f"i-other-{n}"] + alone
            assert types(of_others) == set(case.fires), name
            assert {(d.account, d.region) for d in of_others} <= {("999988887777", "ap-south-1")}


def test_thresholds_can_be_raised() -> None:
    case = CASES["raised threshold"]
    assert asked(case.events, settings=case.settings, names=["denial_of_service"]) == []


def test_severity_tells_victim_from_attacker() -> None:
    [victim] = asked(guesses(20, 22, inbound=True), names=["brute_force"])
    [attacker] = asked(guesses(20, 22), names=["brute_force"])
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


def test_without_a_direction_addresses_tell() -> None:
    event = flow(outbound=None)
    assert isinstance(event, Flow)
    assert types(asked([event], listed("c2", THERE), windows=False)) == {"Backdoor:EC2/C&CActivity.B"}


def test_every_type_over_flows_and_dns_has_a_case() -> None:
    detectors.load()
    mine = {name for name in raised() if catalogue.TYPES[name].source in {"flow", "dns"}}
    assert mine - TYPES - ELSEWHERE == set()

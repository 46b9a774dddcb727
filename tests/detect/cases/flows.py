"""Scans, guessing of passwords, and floods."""

from __future__ import annotations

from typing import Any

from garrison.detect.events import Flow
from tests.detect.case import Case, fires, near
from tests.detect.network import HERE, THERE, flow

SCAN = "Recon:EC2/Portscan"
SWEEP = "Impact:EC2/PortSweep"
SSH = "UnauthorizedAccess:EC2/SSHBruteForce"
RDP = "UnauthorizedAccess:EC2/RDPBruteForce"
WINRM = "Impact:EC2/WinRMBruteForce"
FLOODS = {
    kind: f"Backdoor:EC2/DenialOfService.{kind}" for kind in ("Dns", "Udp", "UdpOnTcpPorts", "Tcp", "UnusualProtocol")
}


def _scan(ports: int, every: float = 0.5, **other: Any) -> tuple[Flow, ...]:
    fields = {"packets": 1, "octets": 60, **other}
    return tuple(flow(i * every, port=20 + i, source_port=50000 + i, **fields) for i in range(ports))


def _hosts(n: int, port: int, network: str = "198.51", **other: Any) -> tuple[Flow, ...]:
    return tuple(flow(i, destination=f"{network}.{100 + i // 250}.{i % 250}", port=port, **other) for i in range(n))


def _guesses(n: int, port: int, *, inbound: bool = False, packets: int = 20, **other: Any) -> tuple[Flow, ...]:
    ends = (THERE, HERE) if inbound else (HERE, THERE)
    return tuple(
        flow(i * 20, *ends, port=port, packets=packets, octets=3000 + i, source_port=45000 + i, **other)
        for i in range(n)
    )


def _flood(protocol: int, port: int, packets: int, octets: int, back: int = 0, **other: Any) -> tuple[Flow, ...]:
    there = [
        flow(m * 60, port=port, protocol=protocol, packets=packets, octets=packets * octets, lasts=59, **other)
        for m in range(5)
    ]
    answers = flow(30, THERE, HERE, port=40001, source_port=port, protocol=protocol, packets=back, octets=back * 90)
    return (*there, *([answers] if back else []))


def _sessions(port: int) -> tuple[Flow, ...]:
    """Of people: no two are alike."""
    return tuple(flow(i * 20, port=port, packets=20 + i % 9, octets=90 * (i % 7) ** 4) for i in range(40))


CASES: tuple[Case, ...] = (
    fires("forty ports of a host in a few seconds", SCAN, *_scan(40)),
    fires("forty ports of a host, refused", SCAN, *_scan(40, accepted=False, packets=400)),
    fires("a hundred ports of a host in nine minutes", SCAN, *_scan(110, 5, packets=2)),
    near("fourteen ports", (SCAN,), *_scan(14)),
    near("ninety ports in eight minutes", (SCAN,), *_scan(90, 5)),
    near("a scan of somebody else's", (SCAN,), *_scan(60, source=THERE, destination=HERE)),
    near("long connections to many ports", (SCAN,), *_scan(60, packets=400, octets=90_000)),
    near(
        "a web server answers one busy client",
        (SCAN,),
        *(flow(i * 0.1, HERE, THERE, port=40000 + i, source_port=443, packets=3, octets=200) for i in range(200)),
    ),
    fires("one port of three hundred hosts", SWEEP, *_hosts(300, 23, packets=1)),
    near("three hundred hosts that answer", (SWEEP,), *_hosts(300, 443, packets=30)),
    near("two hundred hosts", (SWEEP,), *_hosts(200, 23, packets=1)),
    near("three hundred hosts of the network inside", (SWEEP,), *_hosts(300, 23, network="10.1", packets=1)),
    near("three hundred hosts asked by UDP", (SWEEP,), *_hosts(300, 123, packets=1, protocol=17)),
    fires("the password of a host is guessed", SSH, *_guesses(20, 22, inbound=True)),
    fires("a host guesses passwords", SSH, *_guesses(20, 22)),
    near("fourteen sign-ins", (SSH,), *_guesses(14, 22)),
    near("people work on a host", (SSH,), *_sessions(22)),
    near("a port is knocked on", (SSH,), *_guesses(30, 22, inbound=True, packets=3)),
    near("guesses that a wall refuses", (SSH, RDP, WINRM), *_guesses(30, 22, accepted=False),
         *_guesses(30, 3389, accepted=False), *_guesses(30, 5985, accepted=False)),
    near("long sessions, one like the other", (SSH,), *_guesses(30, 22, packets=61)),
    fires("a Windows password is guessed", RDP, *_guesses(25, 3389)),
    near("nineteen sign-ins to Windows", (RDP,), *_guesses(19, 3389)),
    near("people work on Windows", (RDP,), *_sessions(3389)),
    near("a Windows port is knocked on", (RDP,), *_guesses(29, 3389, inbound=True, packets=7)),
    fires("remote management is guessed at", WINRM, *_guesses(25, 5985)),
    fires("remote management is guessed at, encrypted", WINRM, *_guesses(25, 5986)),
    near("another port than that of remote management", (WINRM,), *_guesses(25, 5443)),
    near("nineteen sign-ins to remote management", (WINRM,), *_guesses(19, 5985)),
    near("remote management is knocked on", (WINRM,), *_guesses(29, 5985, packets=4)),
    near("people manage remotely", (WINRM,), *_sessions(5985)),
    fires("a flood of questions", FLOODS["Dns"], *_flood(17, 53, 30_000, 60)),
    near("a busy resolver is answered", (FLOODS["Dns"],), *_flood(17, 53, 30_000, 60, back=140_000)),
    near("many questions, but fewer", (FLOODS["Dns"],), *_flood(17, 53, 18_000, 60)),
    fires("a flood of UDP", FLOODS["Udp"], *_flood(17, 9999, 30_000, 1000)),
    near("a stream that is acknowledged", (FLOODS["Udp"],), *_flood(17, 9999, 30_000, 1000, back=60_000)),
    near("a flood inside", (*FLOODS.values(),), *(
        each for protocol, port in ((17, 53), (17, 9999), (17, 3306), (6, 80), (200, 0))
        for each in _flood(protocol, port, 70_000, 44, destination="10.0.9.9")
    )),
    near("a flood that a wall refuses", (*FLOODS.values(),), *(
        each for protocol, port in ((17, 53), (17, 9999), (17, 3306), (6, 80), (200, 0))
        for each in _flood(protocol, port, 70_000, 44, accepted=False)
    )),
    near("half a minute of UDP", (FLOODS["Udp"],), flow(0, port=9999, protocol=17, packets=50_000, octets=50_000_000)),
    fires("a flood of UDP to a database", FLOODS["UdpOnTcpPorts"], *_flood(17, 3306, 30_000, 60)),
    near("a web server is asked by QUIC", (FLOODS["UdpOnTcpPorts"],), *_flood(17, 443, 30_000, 1000, back=60_000)),
    fires("a flood of beginnings", FLOODS["Tcp"], *_flood(6, 80, 60_000, 44)),
    near("an upload", (FLOODS["Tcp"],), *_flood(6, 443, 60_000, 1400, back=30_000)),
    near("many beginnings, but fewer", (FLOODS["Tcp"],), *_flood(6, 80, 45_000, 44)),
    fires("a flood of an odd protocol", FLOODS["UnusualProtocol"], *_flood(200, 0, 6_000, 60)),
    near("a tunnel", (FLOODS["UnusualProtocol"],), *_flood(50, 0, 60_000, 900)),
    near("a little of an odd protocol", (FLOODS["UnusualProtocol"],), *_flood(200, 0, 4_000, 60)),
)  # fmt: skip

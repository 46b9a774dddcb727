"""What listens, which package it is, and what becomes of it in the form of Inspector's findings."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from garrison.scan.match import Severity
from garrison.scan.reachability.exposure import Exposure, Origin, exposures, paths
from garrison.scan.reachability.firewall import Firewall, iptables, nftables
from garrison.scan.reachability.identity import host_resource_id, machine_id
from garrison.scan.reachability.listeners import Listener, Process, Unreadable, listeners
from garrison.scan.reachability.owners import Owners
from tests.scan.inventory.rpm_databases import bdb, header, ndb, sqlite

NONE = Firewall(())


def firewall(text: str) -> Firewall:
    told = iptables.parse(text, 4)
    return Firewall(told.rulesets, told.forwards)


@contextmanager
def listening(family: int, kind: int, address: str) -> Iterator[int]:
    with socket.socket(family, kind) as s:
        s.bind((address, 0))
        if kind == socket.SOCK_STREAM:
            s.listen()
        yield s.getsockname()[1]


def mine(port: int) -> list[Listener]:
    return [x for x in listeners() if x.port == port and x.process and x.process.pid == os.getpid()]


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="there is no /proc/net here")
def test_sockets_of_this_process_are_found_and_gone_when_closed() -> None:
    with listening(socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1") as port:
        (found,) = mine(port)
        assert (found.protocol, found.address) == ("TCP", "127.0.0.1")
        assert found.process is not None
        assert found.process.executable == os.path.realpath("/proc/self/exe")
    assert not mine(port)
    with listening(socket.AF_INET, socket.SOCK_DGRAM, "0.0.0.0") as port:
        (found,) = mine(port)
        assert (found.protocol, found.address) == ("UDP", "0.0.0.0")


def test_a_machine_without_proc_is_said_to_be_unreadable(tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        listeners(str(tmp_path))


def proc(tmp_path: Path, **files: str) -> str:
    (tmp_path / "net").mkdir()
    head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    for name, lines in files.items():
        (tmp_path / "net" / name).write_text(head + lines)
    return str(tmp_path)


def test_addresses_states_and_garbage_of_proc(tmp_path: Path) -> None:
    rest = "00000000:0000 00000000 00:00000000 00000000     0        0"
    of = proc(
        tmp_path,
        tcp=f"0: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 11 1\n"
        f"1: 0100007F:0017 0100007F:0018 01 00000000:00000000 00:00000000 00000000 0 0 12 1\nrubbish {rest}\n",
        tcp6="0: 00000000000000000000000000000000:0050 0:0 0A 0:0 00:0 0 0 0 13 1\n"
        "1: 0000000000000000FFFF00000100007F:0051 0:0 0A 0:0 00:0 0 0 0 14 1\n",
    )
    found = {(x.protocol, x.address, x.port, x.dual) for x in listeners(of)}
    assert found == {("TCP", "127.0.0.1", 22, False), ("TCP", "::", 80, True), ("TCP", "127.0.0.1", 81, False)}


def listener(address: str, port: int, protocol: str = "TCP", *, dual: bool = False, name: str = "sshd") -> Listener:
    return Listener(protocol, address, port, port, Process(1, name, f"/usr/sbin/{name}"), dual)


@pytest.fixture
def owners(tmp_path: Path) -> Owners:
    info = tmp_path / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    (info / "openssh-server.list").write_text("/.\n/usr\n/usr/sbin/sshd\n")
    (info / "nginx-core:amd64.list").write_text("/usr/sbin/nginx-debug\n/sbin/nginx\n")
    apk = tmp_path / "lib/apk/db"
    apk.mkdir(parents=True)
    (apk / "installed").write_text("P:redis\nV:7\nF:usr/sbin\nR:redis-server\n\n")
    return Owners(str(tmp_path))


def test_the_package_behind_a_program(owners: Owners) -> None:
    assert owners.package("/usr/sbin/sshd") == "openssh-server"
    assert owners.package("/usr/sbin/nginx") == "nginx-core"  # listed by the folder's old name
    assert owners.package("/usr/sbin/redis-server") == "redis"
    assert owners.package("/usr/sbin/ssh") == ""
    assert owners.package("") == ""


@pytest.mark.parametrize("form", ["rpmdb.sqlite", "Packages.db", "Packages"])
def test_the_package_behind_a_program_of_rpm(form: str, tmp_path: Path) -> None:
    blobs = [
        header("nginx-core", "1", "1", files=("/etc/nginx/nginx.conf", "/usr/sbin/nginx")),
        header("httpd", "2", "1", files=("/usr/lib64/httpd", "/usr/sbin/httpd")),
        header("nginx", "1", "1"),
    ]
    place = tmp_path / "var/lib/rpm" / form
    place.parent.mkdir(parents=True)
    if form.endswith("sqlite"):
        sqlite(place, blobs)
    else:
        place.write_bytes(ndb(blobs) if form.endswith("db") else bdb(blobs))
    owners = Owners(str(tmp_path))
    assert owners.package("/usr/sbin/nginx") == "nginx-core"
    assert owners.package("/usr/sbin/httpd") == "httpd"
    assert owners.package("/etc/nginx") == owners.package("/usr/bin/nginx") == ""


@pytest.mark.parametrize(
    ("address", "rules", "behind", "expected"),
    [
        ("0.0.0.0", None, False, Origin.INTERNET),
        ("0.0.0.0", None, True, Origin.NETWORK),
        ("192.0.2.7", None, False, Origin.NETWORK),  # for documentation: nobody's on the internet
        ("8.8.8.8", None, False, Origin.INTERNET),
        ("10.1.2.3", None, False, Origin.NETWORK),
        ("127.0.0.1", None, False, Origin.LOOPBACK),
        ("0.0.0.0", "-A INPUT -s 10.0.0.0/8 -j ACCEPT", False, Origin.NETWORK),
        ("0.0.0.0", "-A INPUT -s 127.0.0.0/8 -j ACCEPT", False, Origin.BLOCKED),
        ("0.0.0.0", "-A INPUT -p udp -j ACCEPT", False, Origin.BLOCKED),
        ("10.1.2.3", "-A INPUT -s 8.8.8.0/24 -j ACCEPT", False, Origin.BLOCKED),
        ("10.1.2.3", "-A INPUT -d 10.1.2.3/32 -j ACCEPT", False, Origin.NETWORK),
        ("10.1.2.4", "-A INPUT -d 10.1.2.3/32 -j ACCEPT", False, Origin.BLOCKED),
    ],
)
def test_from_where_an_address_is_reached(
    address: str, rules: str | None, behind: bool, expected: Origin, owners: Owners
) -> None:
    told = NONE if rules is None else firewall(f"*filter\n:INPUT DROP [0:0]\n{rules}\nCOMMIT")
    (one,) = exposures([listener(address, 22)], told, owners, {}, behind=behind)
    assert one.origin is expected


def test_a_socket_for_both_families_is_as_open_as_the_more_open(owners: Owners) -> None:
    closed = firewall("*filter\n:INPUT DROP [0:0]\nCOMMIT")
    told = exposures([listener("::", 22, dual=True), listener("0.0.0.0", 80)], closed, owners, {})
    assert [(e.begin, e.origin) for e in told] == [(22, Origin.INTERNET), (80, Origin.BLOCKED)]


def test_neighbouring_ports_of_one_program_are_one_range(owners: Owners) -> None:
    found = [listener("0.0.0.0", p) for p in (7001, 7002, 7003, 7005)] + [listener("0.0.0.0", 7004, name="other")]
    told = exposures(found, NONE, owners, {"openssh-server": "1:9"})
    assert [(e.begin, e.end, e.package, e.version) for e in told] == [
        (7001, 7003, "openssh-server", "1:9"),
        (7004, 7004, "", ""),
        (7005, 7005, "openssh-server", "1:9"),
    ]


def test_clients_of_udp_are_no_servers(owners: Owners) -> None:
    found = [listener("0.0.0.0", 40000, "UDP"), listener("0.0.0.0", 53, "UDP")]
    assert [e.begin for e in exposures(found, NONE, owners, {})] == [53]


def severity(port: int, *, behind: bool = False) -> str:
    (one,) = paths(exposures([listener("0.0.0.0", port)], NONE, Owners("/nowhere"), {}, behind=behind))
    return str(one["severity"])


def test_how_bad_it_is() -> None:
    assert severity(23) == Severity.HIGH
    assert severity(443) == Severity.LOW
    assert severity(22) == severity(12345) == Severity.MEDIUM
    assert (severity(23, behind=True), severity(22, behind=True)) == ("MEDIUM", "LOW")


def test_a_path_says_how_and_changes_with_nothing_but_the_facts(owners: Owners) -> None:
    told = firewall("*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT")

    def made(pid: int) -> list[Exposure]:
        process = Process(pid, "sshd", "/usr/sbin/sshd")
        both = [Listener("TCP", "0.0.0.0", 22, pid, process), Listener("TCP", "127.0.0.1", 25, pid, process)]
        return list(exposures(both, told, owners, {"openssh-server": "1:9.2p1-2"}))

    (one,) = paths(made(10))
    assert paths(made(99)) == [one]
    assert (one["protocol"], one["begin"], one["end"], one["origin"]) == ("TCP", 22, 22, "INTERNET")
    assert one["title"] == "Port 22 (SSH) is reachable from the internet - TCP"
    steps = {s["componentType"]: s["componentId"] for s in one["steps"]}
    assert steps["PROCESS"] == "sshd (openssh-server 1:9.2p1-2)"
    assert "--dport 22 -j ACCEPT" in steps["FIREWALL"]


def test_the_same_machine_is_the_same_instance(tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        machine_id(str(tmp_path))
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/machine-id").write_text("uninitialized\n")
    with pytest.raises(LookupError):
        machine_id(str(tmp_path))
    (tmp_path / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    identity = host_resource_id(machine_id(str(tmp_path)))
    assert identity == host_resource_id("0123456789abcdef0123456789abcdef")
    assert len(identity) == 19
    assert "0123456789abcdef" not in identity


DOCKER = """*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
-A DOCKER -s 10.0.0.0/8 -p tcp -m tcp --dport 9000:9001 -j DNAT --to-destination 172.17.0.3
COMMIT
*filter
:INPUT DROP [0:0]
COMMIT
"""


def test_what_is_forwarded_to_containers_passes_by_the_input_chain(owners: Owners) -> None:
    proxy = listener("0.0.0.0", 8080, name="docker-proxy")
    told = exposures([proxy, listener("0.0.0.0", 22)], firewall(DOCKER), owners, {})
    assert [(e.begin, e.end, e.origin, e.program) for e in told] == [
        (8080, 8080, Origin.INTERNET, "docker-proxy"),
        (9000, 9001, Origin.NETWORK, "forwarded"),
        (22, 22, Origin.BLOCKED, "sshd"),
    ]
    assert "DNAT --to-destination 172.17.0.2:80" in told[0].admitted_by[0]


def test_nft_forwards_too(owners: Owners) -> None:
    rule = [{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 8080}}]
    rule.append({"dnat": {"family": "ip", "addr": "172.17.0.2", "port": 80}})
    chain = {"family": "ip", "table": "nat", "name": "pre", "type": "nat", "hook": "prerouting", "prio": -100}
    of = {"family": "ip", "table": "nat", "chain": "pre", "expr": rule}
    told = nftables.parse(json.dumps({"nftables": [{"chain": chain}, {"rule": of}]}))
    (one,) = exposures([], Firewall(told.rulesets, told.forwards), owners, {})
    assert (one.begin, one.origin, one.program) == (8080, Origin.INTERNET, "forwarded")

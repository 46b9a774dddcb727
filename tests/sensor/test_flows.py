"""The host's own connections, really made on loopback: a scan and a beacon are seen and become findings."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from garrison.detect.events import Flow
from garrison.detect.intel import IndicatorList, Lists
from garrison.sensor.flows import Flows
from garrison.sensor.flows_conntrack import Conntrack
from garrison.sensor.flows_packets import _ENDS, Packets
from garrison.sensor.flows_sockets import Sockets
from garrison.sensor.flows_table import FlowTable, Place
from garrison.sensor.local_addresses import Whose
from tests.detect.network import asked, types

PLACE = Place("111122223333", "eu-west-1", "host-1")
DEADLINE = 30.0


@contextmanager
def looking(*methods: str) -> Iterator[Flows]:
    flows = Flows("111122223333", "eu-west-1", "host-1", loopback=True, methods=methods)
    try:
        yield flows
    finally:
        flows.close()


@pytest.fixture
def packets() -> Iterator[Flows]:
    with looking("packets") as flows:
        if not flows.method:
            pytest.skip(flows.problem)
        yield flows


@contextmanager
def server(address: str) -> Iterator[int]:
    """Answers each connection with a line, and ends it."""
    with socket.create_server((address, 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        connection.recv(64)
                        connection.sendall(b"sleep\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(DEADLINE)


def report(address: str, port: int) -> None:
    with socket.create_connection((address, port), DEADLINE) as connection:
        connection.sendall(b"id=7 ready\n")
        connection.recv(64)


def seen(
    flows: Flows, count: int, port: int | None = None, remote: str = "", before: Sequence[Flow] = ()
) -> list[Flow]:
    """What is seen, with that `before`, until there are `count` requests (to a port or remote)."""
    found = list(before)
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        found += flows.read()
        wanted = [
            f for f in found if f.tcp_flags is not None and f.tcp_flags & 18 == 2
            and (port is None or f.destination_port == port) and (not remote or f.destination == remote)
        ]  # fmt: skip
        if len(wanted) >= count:
            return found
        time.sleep(0.1)
    raise AssertionError(f"only {len(found)} flows: {flows.problem}")


def test_a_real_scan_of_closed_ports_is_found(packets: Flows) -> None:
    target = "127.0.0.77"
    for port in range(20000, 20060):
        with socket.socket() as knocking, suppress(OSError):
            knocking.connect((target, port))
    flows = seen(packets, 50, remote=target)
    said = [d for d in asked(flows, names=["port_scan"]) if d.key == ("host-1", target)]
    assert {d.type for d in said} == {"Recon:EC2/Portscan"}
    assert max(d.additional["ports"] for d in said) >= 25  # a minute may end within the scan
    assert said[0].action["networkConnectionAction"]["remoteIpDetails"]["ipAddressV4"] == target


def test_a_real_beacon_to_a_listed_address_is_found(packets: Flows) -> None:
    address = "127.0.0.99"
    one = IndicatorList(
        name="c2 feed", category="c2", trusted=False, addresses=(f"{address}/32",), names=(), digest="", time=0
    )
    with server(address) as port:
        flows: list[Flow] = []
        for _ in range(30):
            report(address, port)
            time.sleep(0.1)
            flows += packets.read()
        flows = seen(packets, 28, port, before=flows)
    names = ["flow_with_listed_address", "beacon_to_listed_address"]
    settings = {"beacon.score": 0.5}  # this machine keeps bad time while others use it
    said = asked(flows, Lists([one], everywhere=True), names=names, settings=settings)
    assert types(said) == {"Backdoor:EC2/C&CActivity.B"}
    beacons = [d for d in said if "beacon" in d.additional]
    assert beacons
    assert sum(d.additional["beacon"]["connections"] for d in beacons) >= 24
    assert len({(d.account, d.region, d.type, d.key) for d in said}) == 1  # one finding
    assert asked(flows, Lists([one]), names=names) == []  # GuardDuty says nothing of what is not routed


def test_sizes_and_directions_are_counted(packets: Flows) -> None:
    with server("127.0.0.1") as port:
        report("127.0.0.1", port)
        flows = [f for f in seen(packets, 1, port) if port in {f.destination_port, f.source_port}]
    request = next(f for f in flows if f.destination_port == port)
    assert request.tcp_flags == 2 | 1
    if packets.problem:
        pytest.skip(packets.problem)
    assert 4 <= request.packets <= 8
    assert request.octets > 11 + 20 * request.packets
    assert request.accepted
    assert request.outbound


def test_with_more_packets_than_can_be_counted_beginnings_and_ends_are_seen(packets: Flows) -> None:
    source = packets._source
    assert isinstance(source, Packets)
    source._filter(_ENDS)
    source._ends_since = time.time()
    packets.read()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), DEADLINE) as connection:
            taking, _ = listening.accept()
            connection.sendall(b"x" * 50_000)
            taking.recv(50_000, socket.MSG_WAITALL)
        taking.close()
        flows = seen(packets, 1, port)
    request = next(f for f in flows if f.destination_port == port)
    assert request.packets <= 4
    assert request.octets > 50_000
    assert "beginning and end" in packets.problem


def test_without_the_rehearsal_the_host_talking_to_itself_is_not_seen() -> None:
    flows = Flows("111122223333", "eu-west-1", "host-1", methods=["packets"])
    if not flows.method:
        pytest.skip(flows.problem)
    with server("127.0.0.1") as port:
        for _ in range(3):
            report("127.0.0.1", port)
        time.sleep(1.5)
        assert [f for f in flows.read() if f.interface == "lo"] == []
    flows.close()
    assert flows.read() == []


def test_sockets_show_connections_that_last_and_say_what_they_do_not_show() -> None:
    with looking("sockets") as flows, server("127.0.0.1") as port:
        assert "only while they last" in flows.problem
        with socket.create_connection(("127.0.0.1", port)):
            found: list[Flow] = []
            end = time.monotonic() + DEADLINE
            while not found and time.monotonic() < end:
                found = [f for f in flows.read() if f.destination_port == port]
                time.sleep(0.2)
    assert found[0].destination == "127.0.0.1"


def test_nothing_is_seen_where_nothing_may_be(tmp_path: Path) -> None:
    with looking("conntrack") as flows:
        if flows.method:
            pytest.skip("connections are counted here")
        assert flows.read() == []
        assert "conntrack cannot be seen" in flows.problem or "may not be seen" in flows.problem


LINE = (
    "ipv4     2 tcp      6 {left} {state} src=127.0.0.1 dst=127.0.0.2 sport=40000 dport=22 packets={there} "
    "bytes={bytes} "
    "src=127.0.0.2 dst=127.0.0.1 sport=22 dport=40000 packets={back} bytes=900 [ASSURED] mark=0 use=1\n"
)


def test_the_kernels_own_table_gives_what_came_since(tmp_path: Path) -> None:
    """Its form as the kernel prints it; none is kept on machines without a firewall."""
    (tmp_path / "net").mkdir()
    (tmp_path / "sys/net/netfilter").mkdir(parents=True)
    (tmp_path / "sys/net/netfilter/nf_conntrack_acct").write_text("1\n")
    table = tmp_path / "net/nf_conntrack"
    table.write_text(LINE.format(left=100, state="ESTABLISHED", there=5, back=4, bytes=500))
    whose = Whose(loopback=True)
    source = Conntrack(FlowTable(PLACE, whose.outbound), whose, tmp_path)
    table.write_text(LINE.format(left=119, state="TIME_WAIT", there=15, back=14, bytes=2500))
    assert source.read(1000.0) == []
    there, back = source.read(1002.0)
    assert (there.packets, there.octets, there.destination_port, there.tcp_flags) == (10, 2000, 22, 3)
    assert (back.packets, back.tcp_flags) == (10, 19)
    (tmp_path / "sys/net/netfilter/nf_conntrack_acct").write_text("0\n")
    with pytest.raises(OSError, match="nf_conntrack_acct"):
        Conntrack(FlowTable(PLACE, whose.outbound), whose, tmp_path)


def test_sockets_are_read_in_the_kernels_form(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    head = "  sl  local_address rem_address   st\n"
    (tmp_path / "net/tcp").write_text(head)
    (tmp_path / "net/snmp").write_text("Tcp: RtoMin AttemptFails\nTcp: 200 7\n")
    whose = Whose(loopback=True)
    source = Sockets(FlowTable(PLACE, whose.outbound), whose, "packets may not be seen", tmp_path)
    rows = ["0100007F:0016 00000000:0000 0A", "0100007F:0016 0200007F:9C40 01", "0100007F:9C41 0300007F:01BB 02"]
    (tmp_path / "net/tcp").write_text(head + "".join(f"   {n}: {row} 0:0 0\n" for n, row in enumerate(rows)))
    (tmp_path / "net/snmp").write_text("Tcp: RtoMin AttemptFails\nTcp: 200 19\n")
    found = {(f.source, f.destination, f.destination_port, f.packets) for f in source.read(1000.0)}
    assert "12 attempts failed" in source.problem
    assert source.read(1001.0) == []
    assert found == {("127.0.0.2", "127.0.0.1", 22, 4), ("127.0.0.1", "127.0.0.3", 443, 1)}

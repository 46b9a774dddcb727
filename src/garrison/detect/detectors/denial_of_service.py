"""An instance that floods a public host.

AWS publishes no thresholds; these are ours, in packets a minute: `dos.dns`, `dos.tcp`, `dos.udp`, `dos.protocol`, and
`dos.replies`, the share of packets that come back at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.detect.addresses import public
from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.network import TCP, UDP
from garrison.detect.registry import on_window
from garrison.detect.tables import Tables
from garrison.detect.windows import bucketed, of_row, private, threshold

_TCP_SERVICES = frozenset({21, 22, 25, 80, 110, 143, 443, 445, 993, 995, 1433, 3306, 3389, 5432, 6379, 8080, 8443})
_USUAL_PROTOCOLS = frozenset({1, TCP, UDP, 47, 50, 51, 58})
_SMALL = 100
"""Octets a packet, below which packets of TCP carry nothing: SYN and ACK floods."""
_LASTING = 3
"""Minutes of a flood; records that already span several count as those."""
_PREFIX = "Backdoor:EC2/DenialOfService."
_WINDOW = 600


@on_window(
    *(_PREFIX + kind for kind in ("Dns", "Tcp", "Udp", "UdpOnTcpPorts", "UnusualProtocol")),
    reads=("flow",),
    window=2 * _WINDOW,
)
def denial_of_service(tables: Tables, context: Context) -> Iterator[Detection]:
    """Packets to one public host (of UDP: to one of its ports), with next to nothing coming back."""
    import ibis

    t = bucketed(tables, "flow", _WINDOW)
    t = t.filter(t.outbound.cast("boolean").notnull() & t.accepted)
    least = min(threshold(context, f"dos.{k}", d) for k, d in _LEAST.items())
    sent = t.filter(t.outbound)
    most = sent.group_by("account", "region", "instance", "slot", remote=sent.destination, protocol=sent.protocol)
    most = most.agg(packets=sent.packets.sum())
    most = most.filter((most.packets >= least) & ~private(most.remote))
    t = t.mutate(
        remote=ibis.ifelse(t.outbound, t.destination, t.source),
        port=ibis.ifelse(
            t.protocol == UDP, ibis.ifelse(t.outbound, t.destination_port, t.source_port), ibis.literal(0, "int64")
        ),
        minutes=((t.end - t.start) / 60).ceil().clip(lower=1),
        minute=(t.start / 60).floor(),
    )
    t = t.semi_join(most, ["account", "region", "instance", "slot", "remote", "protocol"])
    sent = t.outbound
    found = t.group_by("account", "region", "instance", "remote", "port", "protocol", "slot").agg(
        packets=t.packets.sum(where=sent),
        octets=t.octets.sum(where=sent),
        back=t.packets.sum(where=~sent).fill_null(0),
        spans=t.minutes.max(where=sent),
        minutes=t.minute.nunique(where=sent),
        some_port=t.destination_port.min(where=sent),
        local=t.source.min(where=sent),
        interface=t.interface.min(),
        first=t.start.min(where=sent),
        last=t.end.max(where=sent),
    )
    for row in tables.rows(found.filter(found.packets >= least)):
        if public(row["remote"]):
            yield from _judge(row, context)


_LEAST = {"dns": 20_000, "tcp": 50_000, "udp": 20_000, "protocol": 5_000}


def _judge(row: dict[str, Any], context: Context) -> Iterator[Detection]:
    minutes = max(row["minutes"], row["spans"], 1)
    rate, protocol, port = row["packets"] / minutes, row["protocol"], row["port"]
    unanswered = row["back"] < threshold(context, "dos.replies", 0.01) * row["packets"]
    if minutes < min(_LASTING, threshold(context, "dos.minutes", _LASTING)):
        # Shorter than that it must be as many packets as three minutes of it.
        rate = row["packets"] / _LASTING

    def over(name: str) -> bool:
        return bool(rate > threshold(context, f"dos.{name}", _LEAST[name]))

    if protocol == UDP and port == 53:
        kind = "Dns" if over("dns") and unanswered else ""
    elif protocol == UDP:
        kind = ("UdpOnTcpPorts" if port in _TCP_SERVICES else "Udp") if over("udp") and unanswered else ""
    elif protocol == TCP:
        kind = "Tcp" if over("tcp") and row["octets"] / row["packets"] < _SMALL else ""
    else:
        kind = "UnusualProtocol" if protocol not in _USUAL_PROTOCOLS and over("protocol") else ""
    if not kind:
        return
    instance, remote = row["instance"], row["remote"]
    what = {"Dns": "the DNS protocol", "Tcp": "TCP", "Udp": "UDP", "UdpOnTcpPorts": "UDP on a TCP port"}
    name = what.get(kind, f"the unusual protocol {protocol}")
    yield of_row(
        _PREFIX + kind,
        row,
        context,
        key=(instance, remote),
        occurrence=(row["slot"], port),
        severity=8.0,
        title=f"EC2 instance {instance} is behaving as if in a denial of service attack using {name}.",
        description=f"EC2 instance {instance} is behaving in a manner that may indicate it is being used to perform a "
        f"denial of service attack on {remote} using {name}: about {rate:.0f} packets a minute.",
        remote=remote,
        remote_port=port if protocol == UDP else row["some_port"] if protocol == TCP else 0,
        outbound=True,
        protocol=protocol,
        local=row["local"],
        additional={"outBytes": str(row["octets"]), "packets": row["packets"], "packetsBack": row["back"]},
    )

"""Many ports of one host, or one port of many hosts.

AWS publishes no thresholds; these are ours, and each can be set: `portscan.ports`, `portscan.slow_ports`,
`portsweep.hosts`, `portsweep.failed`.
"""

from __future__ import annotations

from collections.abc import Iterator

from garrison.detect.addresses import public
from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.network import TCP
from garrison.detect.registry import on_window
from garrison.detect.tables import Tables
from garrison.detect.windows import bucketed, of_row, private, requests, threshold

_KNOCKS = 3
"""Packets of an attempt, at most: SYN, or SYN, ACK and RST."""


@on_window("Recon:EC2/Portscan", reads=("flow",), window=1200)
def port_scan(tables: Tables, context: Context) -> Iterator[Detection]:
    """An instance tries many ports of one host: at least 15 in a minute, or 100 in ten."""
    for seconds, name, default in ((60, "portscan.ports", 15), (600, "portscan.slow_ports", 100)):
        least = threshold(context, name, default)
        t = requests(bucketed(tables, "flow", seconds))
        t = t.filter(t.outbound & (~t.accepted | (t.packets <= _KNOCKS)))
        found = t.group_by("account", "region", "instance", "destination", "protocol", "slot").agg(
            ports=t.destination_port.nunique(),
            low=t.destination_port.min(),
            high=t.destination_port.max(),
            local=t.source.min(),
            interface=t.interface.min(),
            first=t.start.min(),
            last=t.end.max(),
            flows=t.count(),
        )
        for row in tables.rows(found.filter(found.ports >= least)):
            instance, target = row["instance"], row["destination"]
            yield of_row(
                "Recon:EC2/Portscan",
                row,
                context,
                key=(instance, target),
                occurrence=(seconds, row["slot"], row["protocol"]),
                severity=5.0,
                title=f"Outbound portscan from EC2 instance {instance}.",
                description=f"EC2 instance {instance} is performing outbound port scans against remote host {target}: "
                f"{row['ports']} ports in {seconds} seconds.",
                remote=target,
                outbound=True,
                protocol=row["protocol"],
                local=row["local"],
                additional={
                    "portsScannedSample": [row["low"], row["high"]],
                    "ports": row["ports"],
                    "connections": row["flows"],
                },
            )


@on_window("Impact:EC2/PortSweep", reads=("flow",), window=1200)
def port_sweep(tables: Tables, context: Context) -> Iterator[Detection]:
    """An instance tries one port of many public hosts, and most do not answer."""
    least, failed = threshold(context, "portsweep.hosts", 250), threshold(context, "portsweep.failed", 0.7)
    t = requests(bucketed(tables, "flow", 600))
    t = t.filter(t.outbound & (t.protocol == TCP) & ~private(t.destination))
    found = t.group_by("account", "region", "instance", "destination_port", "slot").agg(
        hosts=t.destination.nunique(),
        share=(~t.accepted | (t.packets <= _KNOCKS)).cast("float64").mean(),
        sample=t.destination.max(),
        local=t.source.min(),
        interface=t.interface.min(),
        first=t.start.min(),
        last=t.end.max(),
    )
    for row in tables.rows(found.filter((found.hosts >= least) & (found.share > failed))):
        instance, port = row["instance"], row["destination_port"]
        if not public(row["sample"]):
            continue
        yield of_row(
            "Impact:EC2/PortSweep",
            row,
            context,
            key=(instance, str(port)),
            occurrence=(row["slot"],),
            severity=8.0,
            title=f"EC2 instance {instance} is probing a port on a large number of IP addresses.",
            description=f"EC2 instance {instance} is probing port {port} on {row['hosts']} publicly routable hosts.",
            remote=row["sample"],
            remote_port=port,
            outbound=True,
            protocol=TCP,
            local=row["local"],
            additional={"hosts": row["hosts"], "failedShare": round(row["share"], 3)},
        )

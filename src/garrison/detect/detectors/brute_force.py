"""Many short, equally large connections to a service that asks for a password: SSH, RDP, WinRM.

AWS publishes no thresholds; these are ours: `NAME.flows` and `NAME.spread` (of sizes: deviation by mean) with NAME one
of `ssh`, `rdp`, `winrm`. That a connection was a failed sign-in is inferred from its size: no record tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.network import TCP
from garrison.detect.registry import on_window
from garrison.detect.tables import Tables
from garrison.detect.windows import bucketed, of_row, requests, threshold


class _Service(NamedTuple):
    type: str
    name: str
    ports: tuple[int, ...]
    least: int
    """Connections."""
    seconds: int
    packets: tuple[int, int]
    """Of the client, in one connection."""


_SERVICES = (
    _Service("UnauthorizedAccess:EC2/SSHBruteForce", "SSH", (22,), 15, 3600, (8, 60)),
    _Service("UnauthorizedAccess:EC2/RDPBruteForce", "RDP", (3389,), 20, 600, (8, 80)),
    _Service("Impact:EC2/WinRMBruteForce", "WinRM", (5985, 5986), 20, 600, (5, 80)),
)


@on_window(*(s.type for s in _SERVICES), reads=("flow",), window=7200)
def brute_force(tables: Tables, context: Context) -> Iterator[Detection]:
    """Severe where the instance is the one that attacks. One finding per instance attacked, as AWS has it: attackers
    replace each other in its detail."""
    for service in _SERVICES:
        t = requests(bucketed(tables, "flow", service.seconds))
        low, high = service.packets
        t = t.filter(
            t.accepted
            & (t.protocol == TCP)
            & t.destination_port.isin(list(service.ports))
            & (t.packets >= low)
            & (t.packets <= high)
        )
        keys = ("account", "region", "instance", "source", "destination", "destination_port", "outbound", "slot")
        found = t.group_by(*keys).agg(
            flows=t.count(),
            mean=t.octets.cast("float64").mean(),
            deviation=t.octets.cast("float64").std(how="pop"),
            interface=t.interface.min(),
            first=t.start.min(),
            last=t.end.max(),
        )
        least = threshold(context, f"{service.name.lower()}.flows", service.least)
        spread = threshold(context, f"{service.name.lower()}.spread", 0.5)
        found = found.filter((found.flows >= least) & (found.deviation < spread * found.mean))
        for row in tables.rows(found):
            instance, outbound = row["instance"], bool(row["outbound"])
            remote = row["destination"] if outbound else row["source"]
            local = row["source"] if outbound else row["destination"]
            attacker, victim = (instance, remote) if outbound else (remote, instance)
            yield of_row(
                service.type,
                row,
                context,
                key=(instance, "ACTOR", remote) if outbound else (instance, "TARGET"),
                occurrence=(remote, row["slot"]),
                severity=8.0 if outbound else 2.0,
                title=f"{attacker} is performing {service.name} brute force attacks against {victim}.",
                description=f"{attacker} is performing {service.name} brute force attacks against {victim}: "
                f"{row['flows']} short connections of like size. Brute force attacks are used to gain unauthorized "
                "access by guessing the password.",
                remote=remote,
                outbound=outbound,
                protocol=TCP,
                remote_port=row["destination_port"] if outbound else 0,
                local_port=0 if outbound else row["destination_port"],
                local=local,
                additional={"connections": row["flows"]},
            )

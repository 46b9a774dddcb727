"""An instance that sends far more than it ever did: `Behavior:EC2/TrafficVolumeUnusual`."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.detect.addresses import public
from garrison.detect.baseline.rarity import far_above
from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.network import TCP, UDP
from garrison.detect.registry import on_window
from garrison.detect.tables import Tables
from garrison.detect.windows import bucketed, of_row, private, threshold

_HOUR = 3600
_VOLUME = "Behavior:EC2/TrafficVolumeUnusual"


@on_window(_VOLUME, reads=("flow",), window=2 * _HOUR)
def unusual_volume(tables: Tables, context: Context) -> Iterator[Detection]:
    """An instance sends one remote host far more in an hour than it sends all hosts in its other hours:
    `volume.z` (6) robust deviations, and `volume.octets` (100 MB) at least."""
    t = bucketed(tables, "flow", _HOUR)
    t = t.filter(
        t.outbound.cast("boolean").fill_null(False) & t.accepted & ~private(t.destination) & t.protocol.isin([TCP, UDP])
    )
    hours = t.group_by("account", "region", "instance", "slot").agg(octets=t.octets.sum(), first=t.start.min())
    remotes = t.group_by("account", "region", "instance", "destination", "slot").agg(
        octets=t.octets.sum(), local=t.source.min(), interface=t.interface.min(), first=t.start.min(), last=t.end.max(),
        port=t.destination_port.max(), protocol=t.protocol.max(),
    )  # fmt: skip
    unusual = {}
    for row in tables.rows(hours.order_by("slot", "region")):
        scope = f"{row['account']}|{row['instance']}"
        z = context.memory.volume(scope, "sent", row["first"], row["octets"])
        if z > threshold(context, "volume.z", 6):
            unusual[row["account"], row["instance"], row["slot"]] = z
    if not unusual:
        return
    floor = threshold(context, "volume.octets", 100e6)
    for row in tables.rows(remotes.filter(remotes.octets >= floor)):
        z = unusual.get((row["account"], row["instance"], row["slot"]), 0.0)
        if not z or not public(row["destination"]):
            continue
        remote = row["destination"]
        title = f"EC2 instance {row['instance']} is generating unusual amounts of traffic to {remote}."
        yield of_row(
            _VOLUME, row, context, key=(row["instance"], remote), occurrence=(row["slot"],), severity=5.0, title=title,
            description=f"{title[:-1]}: {row['octets'] / 1e6:.0f} MB in an hour, {z:.1f} deviations above what it "
            "sends in all.",
            remote=remote, outbound=True, protocol=row["protocol"], local=row["local"],
            additional={"outBytes": str(row["octets"]), "z": round(z, 1)},
            anomaly=far_above("instance", "bytesOut", row["octets"], z),
        )  # fmt: skip

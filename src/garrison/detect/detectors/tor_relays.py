"""An instance that is a relay of the Tor network: `UnauthorizedAccess:EC2/TorRelay`, and the same of a function."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.listed import evidence
from garrison.detect.network import TCP, function_of
from garrison.detect.registry import on_window
from garrison.detect.tables import Tables
from garrison.detect.windows import bucketed, of_row, threshold

_HOUR = 3600
_RELAYS = 20


@on_window(*(f"UnauthorizedAccess:{r}/TorRelay" for r in ("EC2", "Lambda")), reads=("flow",), window=2 * _HOUR)
def tor_relay(tables: Tables, context: Context) -> Iterator[Detection]:
    """With `tor.relays` (20) of them in an hour, some of which began the connection: a client only begins."""
    import ibis

    if not context.intel.has("tor"):
        return
    t = bucketed(tables, "flow", _HOUR)
    t = t.filter(t.accepted & (t.protocol == TCP) & t.outbound.cast("boolean").notnull())
    t = t.mutate(
        remote=ibis.ifelse(t.outbound, t.destination, t.source),
        to_us=~t.outbound & (t.destination_port < t.source_port),
        local=ibis.ifelse(t.outbound, t.source, t.destination),
    )
    remotes = [row["remote"] for row in tables.rows(t.select("remote").distinct())]
    relays = sorted(r for r in remotes if any(m.category == "tor" for m in context.intel.address(r)))
    least = threshold(context, "tor.relays", _RELAYS)
    if len(relays) < least:
        return
    t = t.filter(t.remote.isin(relays))
    found = t.group_by("account", "region", "instance", "slot", "remote").agg(
        came=t.to_us.any(), went=(t.outbound & (t.destination_port < t.source_port)).any(), local=t.local.min(),
        interface=t.interface.min(), first=t.start.min(), last=t.end.max(),
    )  # fmt: skip
    by_host: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in tables.rows(found.order_by("remote")):
        by_host.setdefault((row["account"], row["instance"], row["slot"]), []).append(row)
    for (_, instance, slot), rows in by_host.items():
        if len(rows) < least or not any(r["came"] for r in rows) or not any(r["went"] for r in rows):
            continue
        row = {**rows[0], "first": min(r["first"] for r in rows), "last": max(r["last"] for r in rows)}
        function = function_of(context, row["interface"])
        title = f"{'Lambda function' if function else 'EC2 instance'} {instance} is communicating as a Tor relay."
        one = of_row(
            f"UnauthorizedAccess:{'Lambda' if function else 'EC2'}/TorRelay", row, context, key=(instance,),
            occurrence=(slot,), severity=8.0, title=title,
            description=f"{title[:-1]}: with {len(rows)} other relays in an hour, in both directions.",
            remote=row["remote"], outbound=True, protocol=TCP, local=row["local"], additional={"relays": len(rows)},
        )  # fmt: skip
        matches = [m for m in context.intel.address(row["remote"]) if m.category == "tor"]
        yield msgspec.structs.replace(one, evidence=evidence(matches))

"""What window detectors share: times cut into buckets, which flows are requests, a detection out of a row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.network import SYN, SYN_ACK, TCP, UDP, connection, resource
from garrison.detect.tables import Tables

if TYPE_CHECKING:
    import ibis


def bucketed(tables: Tables, name: str, seconds: float) -> ibis.Table:
    """A table with a column `slot`: how many times `seconds` its rows' times are after 1970. What straddles two
    buckets is judged in each by itself; a bucket that began before the rows are complete was judged before."""
    t = tables.table(name)
    t = t.mutate(slot=(t["start" if name == "flow" else "time"] / seconds).floor().cast("int64"))
    return t.filter(t.slot >= math.ceil(tables.since / seconds))


def requests(t: ibis.Table) -> ibis.Table:
    """Flows of TCP and UDP that the beginner of the connection sent: a SYN without ACK where flags are known, else to
    the lower port. Those whose direction nobody knows are left out."""
    import ibis

    flags = t.tcp_flags.cast("int64").fill_null(0)
    began = ibis.ifelse((flags & SYN) != 0, (flags & SYN_ACK) == SYN, t.destination_port < t.source_port)
    return t.filter(t.outbound.cast("boolean").notnull() & t.protocol.isin([TCP, UDP]) & began)


def threshold(context: Context, name: str, default: float) -> float:
    """What the user set, else the default."""
    return context.settings.get(name, default)


def private(column: Any) -> Any:
    """An expression: an address of IPv4 is of a private, loopback, link-local or shared range, or no public one of
    IPv6. `addresses.public` decides about what is found: this only narrows what is looked at."""
    return column.re_search(
        r"^(10\.|127\.|192\.168\.|169\.254\.|172\.(1[6-9]|2[0-9]|3[01])\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\."
        r"|22[4-9]\.|23[0-9]\.|0\.|255\.|::|f[cdef])"
    )


def of_row(
    type: str, row: Mapping[str, Any], context: Context, *, key: tuple[str, ...], occurrence: tuple[object, ...],
    severity: float, title: str, description: str, remote: str, outbound: bool, protocol: int, remote_port: int = 0,
    local_port: int = 0, local: str = "", role: str = "", additional: dict[str, Any] | None = None,
    anomaly: dict[str, Any] | None = None,
) -> Detection:  # fmt: skip
    """A detection of a connection, from a row with `account`, `region`, `instance`, `interface`, `first`, `last`."""
    interface = str(row.get("interface") or "")
    return Detection(
        type=type, account=row["account"], region=row["region"], key=key,
        occurrence="/".join(map(str, (type, *key, *occurrence))), first=row["first"], last=row["last"],
        severity=severity, title=title, description=description,
        resource=resource(context, row["instance"], interface, local),
        action=connection(
            context, remote=remote, outbound=outbound, protocol=protocol, remote_port=remote_port,
            local_port=local_port, local=local,
        ),
        role=role or ("ACTOR" if outbound else "TARGET"), additional=additional or {}, anomaly=anomaly,
    )  # fmt: skip

"""Connections by the clock with an address that is on a list: no chance contact, but a program that reports.

Regularity alone is no type of GuardDuty's: time synchronisation and health checks are as regular. It makes a finding
of a listed address surer, and says so in its details.
"""

from __future__ import annotations

from collections.abc import Iterator

from garrison.detect.baseline.beacon import LEAST, beacon
from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.detectors.flow_lists import CUSTOM, TALKED_TO, TYPES, said_of
from garrison.detect.events import Flow
from garrison.detect.network import Ends
from garrison.detect.registry import on_window
from garrison.detect.tables import Tables
from garrison.detect.windows import bucketed, requests, threshold

_DAY = 86400
_KINDS = {**TALKED_TO, "custom": CUSTOM}


@on_window(*TYPES, reads=("flow",), window=_DAY)
def beacon_to_listed_address(tables: Tables, context: Context) -> Iterator[Detection]:
    """At least 24 connections a day, with a score above `beacon.score` (0.8)."""
    t = requests(bucketed(tables, "flow", _DAY))
    t = t.filter(t.outbound & t.accepted)
    pair = ("account", "region", "instance", "destination", "destination_port", "slot")
    found = t.group_by(*pair).agg(n=t.count())
    listed = {}
    for row in tables.rows(found.filter(found.n >= LEAST)):
        matches = [m for m in context.intel.address(row["destination"]) if m.category in _KINDS]
        if matches:
            listed[tuple(row[name] for name in pair)] = matches[0]
    if not listed:
        return
    flows = t.filter(t.destination.isin(sorted({key[3] for key in listed}))).order_by("start", "id")
    rows = tables.rows(flows)
    for key, match in listed.items():
        own = [row for row in rows if tuple(row[name] for name in pair) == key]
        score = beacon([row["start"] for row in own], [row["octets"] for row in own])
        if score.score <= threshold(context, "beacon.score", 0.8):
            continue
        last = own[-1]
        flow = Flow(**{name: last[name] for name in Flow.__struct_fields__})
        side = Ends(flow.source, flow.source_port, flow.destination, flow.destination_port, True, True)
        beaconing = {"score": round(score.score, 2), "connections": score.connections}
        beaconing["intervalSeconds"] = round(score.interval, 1)
        yield said_of(
            _KINDS[match.category],
            flow,
            side,
            match,
            context,
            beaconing={"beacon": beaconing},
            occurrence=f"beacon/{flow.instance}/{flow.destination}/{flow.destination_port}/{key[-1]}",
            first=own[0]["start"],
        )

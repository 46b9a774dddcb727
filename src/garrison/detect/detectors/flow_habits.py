"""Connections that an instance, and those like it, never made before.

Ports, resolvers and mail: `Behavior:EC2/NetworkPortUnusual`, `DefenseEvasion:EC2/UnusualDNSResolver`, `.UnusualDoH...`,
`.UnusualDoT...` and `Backdoor:EC2/Spambot`. Nothing is said in the first seven days. What an hour shows is learned when
the hour is over, so that its later connections count as new as its first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from garrison.detect.addresses import public
from garrison.detect.baseline.learning import watched
from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.network import EPHEMERAL, TCP
from garrison.detect.registry import on_window
from garrison.detect.tables import Tables
from garrison.detect.windows import bucketed, of_row, private, requests, threshold

_PORT = "Behavior:EC2/NetworkPortUnusual"
_RESOLVER = "DefenseEvasion:EC2/UnusualDNSResolver"
_DOH = "DefenseEvasion:EC2/UnusualDoHActivity"
_DOT = "DefenseEvasion:EC2/UnusualDoTActivity"
_SPAM = "Backdoor:EC2/Spambot"
_HOUR = 3600


class _Habit(NamedTuple):
    """Of what a connection is one."""

    type: str
    kind: str
    value: str
    least: int
    """Connections an hour."""
    title: str
    everybody: bool
    """New to all instances of its group, not only to this one."""


@on_window(_PORT, _RESOLVER, _DOH, _DOT, reads=("flow",), window=2 * _HOUR)
def unusual_connections(tables: Tables, context: Context) -> Iterator[Detection]:
    """By instance and port each hour; of those that ask names of somebody, by instance and whom."""
    t = requests(bucketed(tables, "flow", _HOUR))
    t = t.filter(t.outbound & t.accepted & (t.destination_port < EPHEMERAL) & ~private(t.destination))
    https = tables.rows(t.filter(t.destination_port == 443).select("destination").distinct())
    doh = sorted(r["destination"] for r in https if _answers_https(r["destination"], context))
    asks = t.destination_port.isin([53, 853]) | ((t.destination_port == 443) & t.destination.isin(doh or [""]))
    where = ("slot", "account", "region", "instance", "destination_port", "protocol")
    for some, keys in ((t.filter(~asks), where), (t.filter(asks), (*where, "destination"))):
        remote = {} if "destination" in keys else {"destination": some.destination.max()}
        found = some.group_by(*keys).agg(
            n=some.count(), local=some.source.min(), interface=some.interface.min(), first=some.start.min(),
            last=some.end.max(), **remote,
        )  # fmt: skip
        for row in tables.rows(found.order_by(*keys)):
            if public(row["destination"]):
                yield from _habits(row, context)


def _answers_https(address: str, context: Context) -> bool:
    return any(match.category == "doh" for match in context.intel.address(address))


def _habits(row: Mapping[str, Any], context: Context) -> Iterator[Detection]:
    account, instance, memory = row["account"], row["instance"], context.memory
    learned = watched(context, account, "flow", row["first"])
    begin, over = row["slot"] * _HOUR, (row["slot"] + 1) * _HOUR
    group = str(context.known("instance", instance).get("group", "")) or "all"
    own, peers = f"{account}|{instance}", f"{account}|group|{group}"
    for habit in _of(row, context):
        new = not memory.known(own, habit.kind, habit.value, begin)
        if habit.everybody:
            new = new and not memory.known(peers, habit.kind, habit.value, begin)
        if new and learned and row["n"] >= habit.least:
            memory.quarantine(own, habit.kind, habit.value, over)
            yield _said(habit, row, context)
        else:
            memory.learn(own, habit.kind, habit.value, over)
            memory.learn(peers, habit.kind, habit.value, over)


def _of(row: Mapping[str, Any], context: Context) -> Iterator[_Habit]:
    port, protocol, remote = row["destination_port"], row["protocol"], row["destination"]
    instance = row["instance"]
    if port == 53:
        if remote not in context.known("network", row["account"]).get("resolvers", ()):
            least = int(threshold(context, "resolver.connections", 10))
            title = f"EC2 instance {instance} is communicating with an unusual public DNS resolver."
            yield _Habit(_RESOLVER, "resolver", remote, least, title, False)
    elif port == 853:
        title = f"EC2 instance {instance} is performing unusual DNS over TLS communication."
        yield _Habit(_DOT, "dot", remote, 1, title, False)
    elif port == 443 and _answers_https(remote, context):
        title = f"EC2 instance {instance} is performing unusual DNS over HTTPS communication."
        yield _Habit(_DOH, "doh", remote, 1, title, False)
    elif port != 25:
        title = f"EC2 instance {instance} is communicating with a remote host on an unusual port {port}."
        least = int(threshold(context, "port.connections", 5))
        yield _Habit(_PORT, "port", f"{port}/{'tcp' if protocol == TCP else 'udp'}", least, title, True)


def _said(habit: _Habit, row: Mapping[str, Any], context: Context) -> Detection:
    key = (row["instance"], habit.value)
    profile = {
        "profileType": "FREQUENCY", "profileSubtype": "UNSEEN", "observations": {"text": [habit.value]}
    }  # fmt: skip
    return of_row(
        habit.type,
        row,
        context,
        key=key,
        occurrence=(row["slot"],),
        severity=5.0,
        title=habit.title,
        description=f"{habit.title[:-1]}: {row['n']} connections with {row['destination']} in an hour, and none in the "
        "time before that is known.",
        remote=row["destination"],
        remote_port=row["destination_port"],
        outbound=True,
        protocol=row["protocol"],
        local=row["local"],
        additional={"connections": row["n"]},
        anomaly={
            "profiles": {"instance": {f"{habit.kind}s": [profile]}},
            "unusual": {"behavior": {"instance": {f"{habit.kind}s": profile}}},
        },
    )


@on_window(_SPAM, reads=("flow",), window=2 * _HOUR)
def spambot(tables: Tables, context: Context) -> Iterator[Detection]:
    """An instance that never sent mail sends it to many: `spam.hosts` (20) or `spam.connections` (50) an hour."""
    t = requests(bucketed(tables, "flow", _HOUR))
    t = t.filter(t.outbound & t.accepted & (t.destination_port == 25) & ~private(t.destination))
    found = t.group_by("account", "region", "instance", "slot").agg(
        n=t.count(), hosts=t.destination.nunique(), remote=t.destination.max(), local=t.source.min(),
        interface=t.interface.min(), first=t.start.min(), last=t.end.max(),
    )  # fmt: skip
    for row in tables.rows(found.order_by("slot", "region")):
        learned = watched(context, row["account"], "flow", row["first"])
        own, begin, over = f"{row['account']}|{row['instance']}", row["slot"] * _HOUR, (row["slot"] + 1) * _HOUR
        many = row["hosts"] >= threshold(context, "spam.hosts", 20) or row["n"] >= threshold(
            context, "spam.connections", 50
        )
        if not learned or not many or context.memory.known(own, "mail", "25", begin):
            if not many or not learned:
                context.memory.learn(own, "mail", "25", over)
            continue
        context.memory.quarantine(own, "mail", "25", over)
        title = f"EC2 instance {row['instance']} is exhibiting spam sending behavior."
        yield of_row(
            _SPAM, row, context, key=(row["instance"],), occurrence=(row["slot"],), severity=5.0, title=title,
            description=f"{title[:-1]}: {row['n']} connections with {row['hosts']} hosts on port 25 in an hour.",
            remote=row["remote"], remote_port=25, outbound=True, protocol=TCP, local=row["local"],
            additional={"connections": row["n"], "hosts": row["hosts"]},
        )  # fmt: skip

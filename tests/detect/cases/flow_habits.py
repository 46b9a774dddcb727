"""Connections an instance never made, and amounts it never sent."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.detect.baseline.memory import DAY
from garrison.detect.events import Flow
from tests.detect.case import Case
from tests.detect.network import HERE, flow

_PORT = "Behavior:EC2/NetworkPortUnusual"
_RESOLVER = "DefenseEvasion:EC2/UnusualDNSResolver"
_DOT = "DefenseEvasion:EC2/UnusualDoTActivity"
_DOH = "DefenseEvasion:EC2/UnusualDoHActivity"
_SPAM = "Backdoor:EC2/Spambot"
_VOLUME = "Behavior:EC2/TrafficVolumeUnusual"


def week(days: int = 8) -> tuple[Flow, ...]:
    """Its usual traffic: web and time."""
    return tuple(
        flow(-d * DAY + h * 7200, port=port) for d in range(1, days + 1) for h in range(4) for port in (443, 123)
    )


def _many(n: int, port: int, **other: Any) -> tuple[Flow, ...]:
    destination = other.pop("destination", "203.0.113.9")
    return tuple(flow(i * 20.0, HERE, destination, port=port, **other) for i in range(n))


def _hosts(n: int) -> tuple[Flow, ...]:
    return tuple(flow(i * 20.0, HERE, f"203.0.113.{i + 10}", port=25) for i in range(n))


_NEW: dict[str, tuple[tuple[Flow, ...], ...]] = {
    _PORT: (_many(6, 6667), _many(4, 6667), _many(6, 6667, destination="10.0.7.7"), _many(6, 6667, accepted=False),
            _many(6, 40123)),
    _RESOLVER: (_many(12, 53, protocol=17), _many(8, 53, protocol=17),
                _many(12, 53, protocol=17, destination="10.0.0.2")),
    _DOT: (_many(1, 853), _many(1, 853, destination="10.0.0.2"), _many(1, 853, accepted=False)),
    _DOH: (_many(1, 443, destination="1.1.1.1"), _many(9, 443), _many(1, 80, destination="1.1.1.1")),
    _SPAM: (_many(60, 25), _many(12, 25), _many(60, 25, destination="10.0.7.7"), _many(60, 25, accepted=False)),
}  # fmt: skip
"""What is new, and things near to it."""


def _earlier(event: Flow) -> Flow:
    return msgspec.structs.replace(event, id=f"{event.id}-b", start=event.start - 3 * DAY, end=event.end - 3 * DAY)


CASES: tuple[Case, ...] = tuple(
    Case(name=f"what an instance never did: {type}", before=week(), events=new, fires=(type,))
    for type, (new, *_) in _NEW.items()
)
CASES += tuple(
    Case(name=f"near to {type}: {n}", before=week(), events=events, near=(type,))
    for type, (_, *others) in _NEW.items()
    for n, events in enumerate(others, 1)
)
CASES += tuple(
    Case(name=f"after five days only: {type}", before=week(5), events=new, near=(type,))
    for type, (new, *_) in _NEW.items()
)
CASES += tuple(
    Case(
        name=f"it did so three days ago: {type}",
        before=(*week(), *map(_earlier, new[:2])),
        events=new,
        near=(type,),
    )
    for type, (new, *_) in _NEW.items()
)
CASES += (
    Case(name="mail to twenty-five hosts", before=week(), events=_hosts(25), fires=(_SPAM,)),
    Case(
        name="a mail now and then, and one day many",
        before=(*week(), *(flow(-DAY / 2 + i, destination="203.0.113.9", port=25) for i in range(2))),
        events=_many(60, 25),
        near=(_SPAM,),
    ),
    Case(
        name="others come to a port of the instance's public address",
        before=week(),
        events=tuple(flow(i * 20.0, "203.0.113.9", "198.51.100.200", port=6667, outbound=False) for i in range(6)),
        near=(_PORT,),
    ),
    Case(name="mail to nineteen hosts", before=week(), events=_hosts(19), near=(_SPAM,)),
    Case(
        name="another instance of the group uses the port",
        before=(*week(), *(flow(-3 * DAY + i, port=6667, instance="i-0ee77") for i in range(6))),
        events=_many(6, 6667),
        near=(_PORT,),
    ),
    Case(
        name="the account's own resolver",
        before=week(),
        events=_many(12, 53, protocol=17),
        near=(_RESOLVER,),
        known={("network", "111122223333"): {"resolvers": ["203.0.113.9"]}},
    ),
)

_USUAL = tuple(flow(-h * 3600, octets=2_000_000 + h % 5 * 10_000) for h in range(1, 24 * 8))
_COPIED: dict[str, Any] = {"destination": "203.0.113.9", "octets": 900_000_000, "packets": 600_000}
CASES += (
    Case(
        name="far more is sent than ever",
        before=_USUAL,
        events=(flow(60, **_COPIED),),
        fires=(_VOLUME,),
    ),
    Case(
        name="more is sent than ever, but not much",
        before=_USUAL,
        events=(flow(60, **{**_COPIED, "octets": 20_000_000, "packets": 15_000}),),
        near=(_VOLUME,),
    ),
    Case(name="much is sent after five days", before=_USUAL[: 24 * 5], events=(flow(60, **_COPIED),), near=(_VOLUME,)),
    Case(
        name="much is received, sent inside, or refused",
        before=_USUAL,
        events=(
            flow(60, "203.0.113.9", HERE, port=40001, source_port=443, octets=900_000_000),
            flow(60, **{**_COPIED, "destination": "10.0.7.7"}),
            flow(60, **_COPIED, accepted=False),
        ),
        near=(_VOLUME,),
    ),
    Case(
        name="as much is sent as in other hours",
        before=tuple(flow(-h * 3600, octets=700_000_000 + h % 5 * 90_000_000) for h in range(1, 24 * 8)),
        events=(flow(60, **_COPIED),),
        near=(_VOLUME,),
    ),
)

"""Connections with addresses on lists: of instances and of functions, once and by the clock, and relays of Tor."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.detect.events import Flow
from tests.detect.case import Case
from tests.detect.network import HERE, THERE, flow

_TALKED_TO = {
    "c2": "Backdoor:{}/C&CActivity.B",
    "mining": "CryptoCurrency:{}/BitcoinTool.B",
    "sinkhole": "Trojan:{}/BlackholeTraffic",
    "droppoint": "Trojan:{}/DropPoint",
    "tor": "UnauthorizedAccess:{}/TorClient",
}
_CUSTOM = "UnauthorizedAccess:{}/MaliciousIPCaller.Custom"
_PROBE = "Recon:EC2/PortProbeUnprotectedPort"
_EMR = "Recon:EC2/PortProbeEMRUnprotectedPort"
_ELSEWHERE = "203.0.113.80"
_FUNCTION: dict[tuple[str, str], dict[str, Any]] = {
    ("interface", "eni-fn"): {"function": {"functionName": "resize", "functionArn": "arn:aws:lambda:resize"}}
}
_CLUSTER: dict[tuple[str, str], dict[str, Any]] = {
    ("instance", "i-0bb22"): {"tags": [{"key": "aws:elasticmapreduce:job-flow-id", "value": "j-1"}]}
}
_OF = {"EC2": "eni-1", "Lambda": "eni-fn"}


def _known(of: str) -> dict[tuple[str, str], dict[str, Any]]:
    return _FUNCTION if of == "Lambda" else {}


CASES: tuple[Case, ...] = tuple(
    Case(
        name=f"{of} talks to an address of {category}", events=(flow(interface=interface),), fires=(type.format(of),),
        intel={THERE: (category,)}, known=_known(of),
    )
    for category, type in (*_TALKED_TO.items(), ("custom", _CUSTOM))
    for of, interface in _OF.items()
)  # fmt: skip
CASES += tuple(
    Case(
        name=f"{of}: an address of {category} is refused, knocks, is answered, is trusted, and another is talked to",
        events=(
            flow(accepted=False, interface=interface),
            flow(1, THERE, HERE, port=22, interface=interface),
            flow(2, HERE, THERE, port=50000, source_port=22, interface=interface),
            flow(3, destination=_ELSEWHERE, interface=interface),
            flow(4, destination="203.0.113.81", interface=interface),
        ),
        near=(type.format(of),),
        intel={THERE: (category,), "203.0.113.81": (category, "trusted")},
        known=_known(of),
    )
    for category, type in _TALKED_TO.items()
    for of, interface in _OF.items()
)
CASES += tuple(
    Case(
        name=f"{of}: an address on a list of one's own is refused, and others are on none or trusted",
        events=(
            flow(accepted=False, interface=interface),
            flow(1, destination=_ELSEWHERE, interface=interface),
            flow(2, destination="203.0.113.81", interface=interface),
        ),
        near=(_CUSTOM.format(of),),
        intel={THERE: ("custom",), "203.0.113.81": ("custom", "trusted")},
        known=_known(of),
    )
    for of, interface in _OF.items()
)
CASES += (
    Case(
        name="an address on a list of one's own comes in",
        events=(flow(0, THERE, HERE),),
        fires=(_CUSTOM.format("EC2"),),
        intel={THERE: ("custom",)},
    ),
    Case(
        name="where no record tells the direction, addresses do",
        events=(flow(outbound=None),),
        fires=(_TALKED_TO["c2"].format("EC2"),),
        intel={THERE: ("c2",)},
    ),
    Case(
        name="an open port answers a scanner",
        events=(flow(0, HERE, THERE, port=50000, source_port=9200),),
        fires=(_PROBE,),
        intel={THERE: ("scanner",)},
    ),
    Case(
        name="an open port of a cluster answers a scanner",
        events=(flow(0, HERE, THERE, port=50000, source_port=8088, instance="i-0bb22"),),
        fires=(_EMR,),
        intel={THERE: ("scanner",)},
        known=_CLUSTER,
    ),
    Case(
        name="a scanner is not answered, is refused, or is asked itself",
        events=tuple(
            flow(at, *ends, instance="i-0bb22", port=port, source_port=source, accepted=accepted)
            for at, own in enumerate((9200, 8088))
            for ends, port, source, accepted in (
                ((THERE, HERE), own, 50000, True),
                ((HERE, THERE), 50000, own, False),
                ((HERE, THERE), own, 50000, True),
            )
        ),
        near=(_PROBE, _EMR),
        intel={THERE: ("scanner",)},
        known=_CLUSTER,
    ),
)


def _clock(remote: str, n: int, every: float = 600.0, **other: Any) -> tuple[Flow, ...]:
    return tuple(flow(i * every, HERE, remote, octets=900, **other) for i in range(n))


def _by_chance(remote: str, n: int) -> tuple[Flow, ...]:
    """Squares: no gap is like another."""
    return tuple(flow(i * i * 40.0, HERE, remote, octets=300 + i * i * 90) for i in range(n))


CASES += tuple(
    Case(
        name=f"connections {what}",
        events=events,
        fires=(_TALKED_TO["c2"].format("EC2"),),
        times=times,
        intel={remote: ("c2",)},
        for_windows=True,
    )
    for what, remote, events, times in (
        ("by the clock with a listed address: each is said, and all together", "192.0.2.200",
         _clock("192.0.2.200", 40), 41),
        ("by the clock, but too few", "192.0.2.201", _clock("192.0.2.201", 20), 20),
        ("by chance", "192.0.2.202", _by_chance("192.0.2.202", 40), 40),
    )
)  # fmt: skip

_RELAY = "UnauthorizedAccess:{}/TorRelay"
_CLIENT = "UnauthorizedAccess:{}/TorClient"


def _relays(last: int, n: int, back: int, interface: str, there: bool = True, accepted: bool = True) -> Case:
    relays = [f"192.0.2.{last + i}" for i in range(n)]
    went = [flow(i * 10.0, HERE, relay, port=9001, interface=interface) for i, relay in enumerate(relays)]
    came = [
        flow(i * 10.0, relay, HERE, port=9001, source_port=40002, interface=interface)
        for i, relay in enumerate(relays[:back])
    ]
    of = "Lambda" if interface == "eni-fn" else "EC2"
    if not accepted:
        went, came = ([msgspec.structs.replace(each, accepted=False) for each in some] for some in (went, came))
    enough = n >= 20 and back and there and accepted
    client = there and accepted
    return Case(
        name=f"{of}: {n} relays, {back} of which come, and {'they are begun with' if there else 'only come'}"
        f"{'' if accepted else ', but a wall refuses'}",
        events=(*(went if there else ()), *came),
        fires=(*((_RELAY.format(of),) if enough else ()), *((_CLIENT.format(of),) if client else ())),
        near=() if client else (_RELAY.format(of),),
        intel=dict.fromkeys(relays, ("tor",)),
        known=_known(of),
        for_windows=True,
    )


CASES += tuple(
    _relays(first, *others)
    for first, others in (
        (1, (25, 9, "eni-1")), (26, (25, 0, "eni-1")), (51, (19, 9, "eni-1")), (71, (25, 25, "eni-1", False)),
        (100, (25, 9, "eni-fn")), (125, (25, 25, "eni-fn", False)), (150, (25, 9, "eni-1", True, False)),
    )
)  # fmt: skip
_ANSWERING = [f"192.0.2.{n}" for n in range(205, 230)]
CASES += (
    Case(
        name="a client talks to 25 relays, and they answer",
        events=tuple(
            each
            for n, relay in enumerate(_ANSWERING)
            for each in (
                flow(n * 10.0, HERE, relay, port=9001),
                flow(n * 10.0 + 1, relay, HERE, port=40001, source_port=9001),
            )
        ),
        fires=(_CLIENT.format("EC2"),),
        intel=dict.fromkeys(_ANSWERING, ("tor",)),
        for_windows=True,
    ),
)

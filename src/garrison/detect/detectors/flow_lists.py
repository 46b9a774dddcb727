"""Connections with addresses on lists of threats: EC2 instances and Lambda functions.

Source: GuardDuty user guide, "EC2 finding types" and "Lambda Protection finding types".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from garrison.detect.context import Context, Match
from garrison.detect.detection import Detection
from garrison.detect.events import Flow
from garrison.detect.listed import evidence
from garrison.detect.network import Ends, ends, function_of, of_flow, port_details, resource
from garrison.detect.place import remote_ip
from garrison.detect.registry import on_event


class Kind(NamedTuple):
    """What a list's category means for a connection."""

    type: str
    """With `{}` where the resource goes: `EC2` or `Lambda`."""
    severity: float
    what: str


TALKED_TO = {
    "c2": Kind("Backdoor:{}/C&CActivity.B", 8.0, "a known command and control server"),
    "mining": Kind("CryptoCurrency:{}/BitcoinTool.B", 8.0, "an address associated with cryptocurrency mining"),
    "sinkhole": Kind("Trojan:{}/BlackholeTraffic", 5.0, "an address that is a known black hole"),
    "droppoint": Kind("Trojan:{}/DropPoint", 5.0, "a remote host known to hold stolen credentials and other data"),
    "tor": Kind("UnauthorizedAccess:{}/TorClient", 8.0, "a Tor guard or authority node"),
}
CUSTOM = Kind("UnauthorizedAccess:{}/MaliciousIPCaller.Custom", 5.0, "an address on a threat list of yours")
_MINING_PORTS = frozenset({3333, 4444, 5555, 7777, 14444})
_EMR_PORTS = frozenset({8088, 8042, 50070, 9870, 19888, 8998})
_SEARCH_PORTS = frozenset({9200, 9300})

TYPES = [kind.type.format(r) for kind in (*TALKED_TO.values(), CUSTOM) for r in ("EC2", "Lambda")]
_PROBES = ["Recon:EC2/PortProbeUnprotectedPort", "Recon:EC2/PortProbeEMRUnprotectedPort"]


@on_event(Flow, *TYPES, *_PROBES)
def flow_with_listed_address(flow: Flow, context: Context) -> Iterator[Detection]:
    """Refused connections count for nothing: a listed address that knocks says nothing about the instance."""
    if not flow.accepted:
        return
    side = ends(flow)
    if side is None:
        return
    for match in context.intel.address(side.remote):
        if match.category == "scanner":
            yield from _probe(flow, side, match, context)
        elif match.category == "custom":
            yield said_of(CUSTOM, flow, side, match, context)
        elif match.category in TALKED_TO and side.began:
            yield said_of(TALKED_TO[match.category], flow, side, match, context)


def said_of(
    kind: Kind,
    flow: Flow,
    side: Ends,
    match: Match,
    context: Context,
    *,
    beaconing: dict[str, Any] | None = None,
    occurrence: str = "",
    first: float = 0.0,
) -> Detection:
    """A detection of a connection with a listed address. `beaconing`, `occurrence`, `first`: of many by the clock."""
    function = function_of(context, flow.interface)
    who = function.get("functionName", "") if function else flow.instance
    noun = "Lambda function" if function else "EC2 instance"
    additional: dict[str, Any] = {"threatListName": match.list_name} | (beaconing or {})
    if match.category == "mining" and side.remote_port in _MINING_PORTS:
        additional["portHint"] = "usual of mining pools"
    one = of_flow(
        kind.type.format("Lambda" if function else "EC2"),
        flow,
        side,
        context,
        key=(who, match.list_name, match.entry),
        severity=kind.severity,
        title=f"{noun} {who} is communicating with {kind.what}.",
        description=f"{noun} {who} is communicating with the remote host {side.remote}, {kind.what}.",
        matches=[match],
        additional=additional,
    )
    return msgspec.structs.replace(one, occurrence=occurrence, first=first) if occurrence else one


def _probe(flow: Flow, side: Ends, match: Match, context: Context) -> Iterator[Detection]:
    """An open port answered a known scanner. What the instance sends back is what shows that it is open."""
    if side.began or not side.outbound or function_of(context, flow.interface):
        return
    known = context.known("instance", flow.instance)
    tags = {t.get("key", ""): t.get("value", "") for t in known.get("tags", ())}
    emr = side.local_port in _EMR_PORTS and any(k.startswith("aws:elasticmapreduce") for k in tags)
    severe = side.local_port in _SEARCH_PORTS or emr
    port = side.local_port
    detail = {"localPortDetails": port_details(port), "remoteIpDetails": remote_ip(side.remote, context.place)}
    detail["localIpDetails"] = {("ipAddressV6" if ":" in side.local else "ipAddressV4"): side.local}
    yield Detection(
        type=_PROBES[1] if emr else _PROBES[0],
        account=flow.account,
        region=flow.region,
        key=(flow.instance, str(port)),
        occurrence=flow.id,
        first=flow.start,
        last=flow.end,
        severity=8.0 if severe else 2.0,
        title=f"Unprotected port on EC2 instance {flow.instance} is being probed.",
        description=f"EC2 instance {flow.instance} has an unprotected port {port} which is being probed by a known "
        f"scanner, {side.remote}.",
        resource=resource(context, flow.instance, flow.interface, side.local),
        action={"actionType": "PORT_PROBE", "portProbeAction": {"blocked": False, "portProbeDetails": [detail]}},
        evidence=evidence([match]),
        additional={"threatListName": match.list_name},
        events=(flow.id,),
    )

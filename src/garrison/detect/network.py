"""Who of a flow is whom, and a finding's words for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from garrison.detect.addresses import public
from garrison.detect.context import Context, Match
from garrison.detect.detection import Detection
from garrison.detect.events import DnsQuery, Flow
from garrison.detect.listed import evidence
from garrison.detect.place import remote_ip

TCP, UDP = 6, 17
EPHEMERAL = 32768
"""Ports from here on are what clients send from (Linux; RFC 6335 says 49152)."""
SYN, SYN_ACK = 2, 18

_PROTOCOLS = {1: "ICMP", TCP: "TCP", UDP: "UDP", 58: "ICMPv6"}
_PORTS = {
    20: "FTP-DATA", 21: "FTP", 22: "SSH", 23: "TELNET", 25: "SMTP", 53: "DNS", 80: "HTTP", 110: "POP3", 143: "IMAP",
    389: "LDAP", 443: "HTTPS", 445: "SMB", 993: "IMAPS", 995: "POP3S", 1433: "MSSQL", 3306: "MYSQL", 3389: "RDP",
    5432: "POSTGRESQL", 5900: "VNC", 6379: "REDIS", 9200: "ELASTICSEARCH", 27017: "MONGODB",
}  # fmt: skip


class Ends(NamedTuple):
    """A flow as its instance sees it."""

    local: str
    local_port: int
    remote: str
    remote_port: int
    outbound: bool
    """The instance sent it."""
    began: bool
    """The instance began the connection: what it sends is no answer, what it gets is one."""


def ends(flow: Flow) -> Ends | None:
    """Sides of a flow; None where neither the record nor the addresses tell which is the instance's."""
    outbound = flow.outbound
    if outbound is None:
        inside, outside = not public(flow.source), not public(flow.destination)
        if inside == outside:
            return None
        outbound = inside
    if flow.tcp_flags is not None and flow.tcp_flags & SYN:
        request = flow.tcp_flags & SYN_ACK == SYN
    else:
        request = flow.destination_port < flow.source_port
    if outbound:
        return Ends(flow.source, flow.source_port, flow.destination, flow.destination_port, True, request)
    return Ends(flow.destination, flow.destination_port, flow.source, flow.source_port, False, not request)


def resource(context: Context, instance: str, interface: str = "", address: str = "") -> dict[str, Any]:
    """`resource` of a finding: the Lambda function behind an interface, else the instance."""
    function = function_of(context, interface)
    if function:
        details = {k: v for k, v in function.items() if k in {"functionArn", "functionName", "functionVersion", "role"}}
        return {"resourceType": "Lambda", "lambdaDetails": details}
    details = {"instanceId": instance}
    known = context.known("instance", instance)
    details.update({k: v for k, v in known.items() if k in _INSTANCE})
    if interface and "networkInterfaces" not in details:
        one: dict[str, Any] = {"networkInterfaceId": interface}
        if address:
            one |= {"ipv6Addresses": [address]} if ":" in address else {"privateIpAddress": address}
        details["networkInterfaces"] = [one]
    return {"resourceType": "Instance", "instanceDetails": details}


_INSTANCE = frozenset(
    {"availabilityZone", "iamInstanceProfile", "imageDescription", "imageId", "instanceState", "instanceType"}
    | {"launchTime", "networkInterfaces", "platform", "productCodes", "tags", "outpostArn"}
)


def function_of(context: Context, interface: str) -> Any:
    """What is known of the Lambda function whose network interface it is: {} where it is none's."""
    return context.known("interface", interface).get("function", {}) if interface else {}


def port_details(port: int) -> dict[str, Any]:
    return {"port": port, "portName": _PORTS.get(port, "Unknown")}


def connection(
    context: Context, *, remote: str, outbound: bool, protocol: int, remote_port: int = 0, local_port: int = 0,
    local: str = "", blocked: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """`service.action` of the kind NETWORK_CONNECTION. Ports of 0 are many, or not known, and left out."""
    found: dict[str, Any] = {
        "blocked": blocked,
        "connectionDirection": "OUTBOUND" if outbound else "INBOUND",
        "protocol": _PROTOCOLS.get(protocol, str(protocol)),
        "remoteIpDetails": remote_ip(remote, context.place),
    }
    if remote_port:
        found["remotePortDetails"] = port_details(remote_port)
    if local_port:
        found["localPortDetails"] = port_details(local_port)
    if local:
        found["localIpDetails"] = {("ipAddressV6" if ":" in local else "ipAddressV4"): local}
    return {"actionType": "NETWORK_CONNECTION", "networkConnectionAction": found}


def question(query: DnsQuery, suffix: str = "") -> dict[str, Any]:
    """`service.action` of the kind DNS_REQUEST."""
    found: dict[str, Any] = {"domain": query.name, "protocol": "UDP", "blocked": False}
    if suffix:
        found["domainWithSuffix"] = suffix
    return {"actionType": "DNS_REQUEST", "dnsRequestAction": found}


def of_flow(
    type: str, flow: Flow, side: Ends, context: Context, *, key: tuple[str, ...], severity: float, title: str,
    description: str, matches: Sequence[Match] = (), additional: dict[str, Any] | None = None,
) -> Detection:  # fmt: skip
    """What one flow shows."""
    return Detection(
        type=type, account=flow.account, region=flow.region, key=key, occurrence=flow.id, first=flow.start,
        last=flow.end, severity=severity, title=title, description=description,
        resource=resource(context, flow.instance, flow.interface, side.local),
        action=connection(
            context, remote=side.remote, remote_port=side.remote_port, local=side.local, local_port=side.local_port,
            outbound=side.began, protocol=flow.protocol, blocked=not flow.accepted,
        ),
        role="ACTOR" if side.began else "TARGET",
        evidence=evidence(matches), additional=additional or {}, events=(flow.id,),
    )  # fmt: skip


def of_query(
    type: str, query: DnsQuery, context: Context, *, key: tuple[str, ...], severity: float, title: str,
    description: str, matches: Sequence[Match] = (), additional: dict[str, Any] | None = None,
) -> Detection:  # fmt: skip
    """What one question shows."""
    return Detection(
        type=type, account=query.account, region=query.region, key=key, occurrence=query.id, first=query.time,
        last=query.time, severity=severity, title=title, description=description,
        resource=resource(context, query.instance), action=question(query), role="ACTOR",
        evidence=evidence(matches), additional={"domain": query.name} | (additional or {}), events=(query.id,),
    )  # fmt: skip

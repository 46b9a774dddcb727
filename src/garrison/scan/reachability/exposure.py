"""What of a host can be reached from where: listeners, through the firewall, with the package behind each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import msgspec

from garrison.scan.match.finding import Severity
from garrison.scan.reachability import intervals, well_known
from garrison.scan.reachability.firewall import Firewall, Packet, admitted, forwarded
from garrison.scan.reachability.intervals import Intervals
from garrison.scan.reachability.listeners import Listener, Process
from garrison.scan.reachability.owners import Owners

_NOBODY = {4: ("127.0.0.0/8", "0.0.0.0/8", "224.0.0.0/3"), 6: ("::/127", "ff00::/8")}
_MOST_TOLD = 6
_MOST_FORWARDED = 1023
_FORWARDED = Process(0, "forwarded", "")


class Origin(StrEnum):
    """The widest place something can be reached from."""

    INTERNET = "INTERNET"
    """Anywhere, as far as this host decides it."""
    NETWORK = "NETWORK"
    """Private addresses alone."""
    LOOPBACK = "LOOPBACK"
    """This host itself."""
    BLOCKED = "BLOCKED"
    """It listens to others, and the firewall lets none in."""


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """A run of ports that one program listens on and that can be reached alike."""

    protocol: str
    begin: int
    end: int
    origin: Origin
    address: str
    """What is listened on; `0.0.0.0` and `::` are all addresses."""
    program: str
    """Name of the process; empty: not to be seen."""
    package: str
    version: str
    service: str
    """What the port is known for; empty: nothing."""
    severity: Severity
    admitted_by: tuple[str, ...]
    """Rules of the firewall that let it in; empty where there are none."""
    firewall: str
    """`none`, `rules`, or why it is not known."""

    @property
    def reachable(self) -> bool:
        return self.origin in (Origin.INTERNET, Origin.NETWORK)


def exposures(
    found: Iterable[Listener],
    firewall: Firewall,
    owners: Owners,
    versions: dict[str, str],
    *,
    behind: bool = False,
    ephemeral: tuple[int, int] = (32768, 60999),
) -> tuple[Exposure, ...]:
    """All of them, the widest first.

    `behind`: a router or firewall in front of the host lets nothing in from the internet; then the host's own network
    is the widest there is. UDP sockets at `ephemeral` ports are left out: they are clients' waiting for an answer."""
    made: dict[tuple[object, ...], list[Exposure]] = {}
    listed = list(found)
    for listener in (*listed, *_elsewhere(listed, firewall)):
        if listener.protocol == "UDP" and ephemeral[0] <= listener.port <= ephemeral[1]:
            continue
        one = _exposure(listener, firewall, owners, versions, behind)
        key = (one.protocol, one.origin, one.program, one.package, one.severity, one.admitted_by, one.service)
        made.setdefault(key, []).append(one)
    merged = [joined for group in made.values() for joined in _joined(group)]
    order = list(Origin)
    return tuple(sorted(merged, key=lambda e: (order.index(e.origin), e.protocol, e.begin, e.address)))


def _elsewhere(found: list[Listener], firewall: Firewall) -> Iterator[Listener]:
    """Ports that are forwarded to somewhere else, and that nothing here listens on."""
    known = {(x.protocol, x.port) for x in found if not ip_address(x.address).is_loopback}
    for rule in firewall.forwards:
        for protocol in sorted({"tcp", "udp"} & (rule.protocols or {"tcp", "udp"})):
            for low, high in rule.ports or ():
                for port in range(low, min(high, low + _MOST_FORWARDED) + 1):
                    if (protocol.upper(), port) not in known:
                        known.add((protocol.upper(), port))
                        address = "::" if rule.family == 6 else "0.0.0.0"  # noqa: S104 (a name, nothing is bound)
                        yield Listener(protocol.upper(), address, port, 0, _FORWARDED)


def _exposure(
    listener: Listener, firewall: Firewall, owners: Owners, versions: dict[str, str], behind: bool
) -> Exposure:
    address = ip_address(listener.address)
    process = listener.process
    package = owners.package(process.executable) if process else ""
    origin: Origin = Origin.LOOPBACK
    by: tuple[str, ...] = ()
    if not address.is_loopback:
        origin, by = _origin(listener, address, firewall)
        if behind and origin is Origin.INTERNET:
            origin = Origin.NETWORK
    return Exposure(
        protocol=listener.protocol,
        begin=listener.port,
        end=listener.port,
        origin=origin,
        address=listener.address,
        program=process.name if process else "",
        package=package,
        version=versions.get(package, ""),
        service=well_known.name(listener.protocol, listener.port),
        severity=well_known.severity(
            listener.protocol, listener.port, listener.port, from_internet=origin is Origin.INTERNET
        ),
        admitted_by=by,
        firewall="rules" if firewall.rulesets or firewall.forwards else "; ".join(firewall.unread) or "none",
    )


def _origin(
    listener: Listener, address: IPv4Address | IPv6Address, firewall: Firewall
) -> tuple[Origin, tuple[str, ...]]:
    families = (4, 6) if listener.dual else (address.version,)
    widest, by = Origin.BLOCKED, []
    for family in families:
        everywhere = address.is_unspecified
        destination = None if everywhere else int(address)
        packet = Packet(family, listener.protocol.lower(), listener.port, destination)
        told = admitted(firewall.rulesets, packet)
        elsewhere = forwarded(firewall.forwards, packet)
        sources = intervals.without(intervals.of((*told.sources, *elsewhere.sources)), _nobody(family))
        if not everywhere and not address.is_global:
            sources = intervals.both(sources, intervals.PRIVATE[family])
        if not sources:
            continue
        by += [rule for rule in (*elsewhere.by, *(told.by if told.sources else ())) if rule not in by]
        if intervals.has_public(sources, family):
            widest = Origin.INTERNET
        elif widest is Origin.BLOCKED:
            widest = Origin.NETWORK
    return widest, tuple(by[:_MOST_TOLD])


def _nobody(family: int) -> Intervals:
    """Addresses no packet of another host has."""
    return intervals.of(pair for text in _NOBODY[family] for pair in intervals.network(text)[1])


def _joined(group: list[Exposure]) -> list[Exposure]:
    """Neighbouring ports as one; of several addresses of one port the first stands for all."""
    made: list[Exposure] = []
    for one in sorted(group, key=lambda e: (e.begin, e.address)):
        if made and one.begin <= made[-1].end + 1:
            made[-1] = msgspec.structs.replace(made[-1], end=max(made[-1].end, one.end))
        else:
            made.append(one)
    return made


def paths(found: Iterable[Exposure]) -> list[dict[str, Any]]:
    """What can be reached, in the form of Inspector's network reachability: one path per port range, the widest origin
    of it, without anything that changes from one start of the program to the next."""
    made: dict[tuple[str, int, int], dict[str, Any]] = {}
    for one in found:
        if one.reachable:
            made.setdefault((one.protocol, one.begin, one.end), _path(one))
    return list(made.values())


def _path(one: Exposure) -> dict[str, Any]:
    ports = f"Port {one.begin}" if one.begin == one.end else f"Ports {one.begin}-{one.end}"
    named = f"{ports} ({one.service})" if one.service else ports
    where = "the internet" if one.origin is Origin.INTERNET else "private networks"
    owner = f"{one.package} {one.version}".strip() if one.package else "no package"
    behind = f"{one.program or 'a process that cannot be seen'} ({owner})"
    through = {"rules": "; ".join(one.admitted_by), "none": "none has rules"}.get(
        one.firewall, f"not known: {one.firewall}"
    )
    verb = "is" if one.begin == one.end else "are"
    return {
        "protocol": one.protocol,
        "begin": one.begin,
        "end": one.end,
        "origin": one.origin.value,
        "severity": one.severity.value,
        "title": f"{named} {verb} reachable from {where} - {one.protocol}",
        "description": f"{named} of {one.protocol} {verb} reachable from {where} on this host: {behind} listens on "
        f"{one.address}. Firewall: {through}."[:1024],
        "steps": [
            {"componentId": where, "componentType": "NETWORK"},
            {"componentId": through[:512] or "no rule", "componentType": "FIREWALL"},
            {"componentId": one.address, "componentType": "NETWORK_INTERFACE"},
            {"componentId": behind, "componentType": "PROCESS"},
        ],
    }

"""Targets: registered, deregistered, and how they are.

An `ip` target is where it says; AWS takes addresses of private networks, and here those of this machine too
(127.0.0.0/8, ::1), which is where most applications are that one tries. An `instance` target is on this machine, or
where `garrison up --instance i-...=HOST` says. What the edge's health checks find out is read from the store.
Source: ELB API reference, "TargetDescription", "TargetHealth"; Application Load Balancers guide, "Register targets".
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

import msgspec

from garrison.access import sites
from garrison.access.call import Call
from garrison.access.sites import Health
from garrison.services.elbv2 import find, quotas
from garrison.services.elbv2.errors import error, validation
from garrison.services.elbv2.resources import FORWARDS, HEALTH, TargetGroup, TargetRow
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

_INSTANCE = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_NETWORKS = [
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "::1/128", "fc00::/7")
]

NOT_IN_USE = Health(
    "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"
)
REGISTERING = Health("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
NOT_REGISTERED = Health("unused", "Target.NotRegistered", "Target is not registered to the target group")


def key(target: TargetRow) -> str:
    """By which a target's health is kept."""
    return f"{target.id}:{target.port}"


def _check(group: Resource[TargetGroup], id: str) -> str:
    if group.body.target_type == "instance":
        if _INSTANCE.fullmatch(id) is None:
            raise error("InvalidTarget", f"Instance ID '{id}' is not valid")
        return id
    try:
        address = ipaddress.ip_address(id)
    except ValueError:
        raise validation(f"The IP address '{id}' is not a valid IPv4 or IPv6 address") from None
    if f"ipv{address.version}" != group.body.ip_address_type:
        raise error("InvalidTarget", f"The IP address '{id}' must be of type '{group.body.ip_address_type}'")
    if not any(address.version == network.version and address in network for network in _NETWORKS):
        raise error("InvalidTarget", f"The IP address '{id}' is not within a valid range for target groups")
    return str(address)


@operation("elbv2", "RegisterTargets", access="write")
def register_targets(call: Call, tx: Transaction) -> dict[str, Any]:
    group = find.target_group(call, tx)
    there = {key(target): target for target in group.body.targets}
    for one in call.params["Targets"]:
        if "QuicServerId" in one:
            raise error("InvalidTarget", "QUIC server IDs are for network load balancers")
        port = one.get("Port", group.body.port)
        target = TargetRow(_check(group, one["Id"]), port, one.get("AvailabilityZone"), call.now)
        there.setdefault(key(target), target)
    if len(there) > quotas.limit(call, "targets-per-target-group"):
        raise error("TooManyTargets", "The maximum number of targets in the target group has been reached")
    tx.update(group, msgspec.structs.replace(group.body, targets=tuple(there.values())), updated=call.now)
    sites.changed(tx)
    return {}


@operation("elbv2", "DeregisterTargets", access="write")
def deregister_targets(call: Call, tx: Transaction) -> dict[str, Any]:
    group = find.target_group(call, tx)
    left = list(group.body.targets)
    for one in call.params["Targets"]:
        gone = [t for t in left if t.id == one["Id"] and ("Port" not in one or t.port == one["Port"])]
        if not gone:
            raise error("InvalidTarget", f"The following targets are not registered: '{one['Id']}'")
        left = [t for t in left if t not in gone]
    tx.update(group, msgspec.structs.replace(group.body, targets=tuple(left)), updated=call.now)
    sites.changed(tx)
    return {}


@operation("elbv2", "DescribeTargetHealth", access="read")
def describe_target_health(call: Call, reader: Reader) -> dict[str, Any]:
    group = find.target_group(call, reader)
    known = reader.by_id(HEALTH, group.id)
    health = {} if known is None else known.body.targets
    used = bool(reader.sources(FORWARDS, group.id))
    registered = {key(target): target for target in group.body.targets}
    wanted = call.params.get("Targets")
    if wanted:
        shown = []
        for one in wanted:
            target = TargetRow(one["Id"], one.get("Port", group.body.port))
            shown.append(registered.get(key(target), target))
    else:
        shown = list(registered.values())
    found = []
    for target in shown:
        if key(target) not in registered:
            state = NOT_REGISTERED
        else:
            state = health.get(key(target), REGISTERING) if used else NOT_IN_USE
        found.append(_described(group, target, state))
    return {"TargetHealthDescriptions": found}


def _described(group: Resource[TargetGroup], target: TargetRow, health: Health) -> dict[str, Any]:
    said = {"Id": target.id, "Port": target.port}
    if target.zone is not None:
        said["AvailabilityZone"] = target.zone
    state = {"State": health.state}
    if health.reason is not None:
        state["Reason"] = health.reason
    if health.description is not None:
        state["Description"] = health.description
    port = group.body.check_port
    return {
        "Target": said,
        "HealthCheckPort": str(target.port) if port == "traffic-port" else port,
        "TargetHealth": state,
    }

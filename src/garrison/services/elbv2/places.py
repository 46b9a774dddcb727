"""Subnets, zones, VPCs and security groups that load balancers name.

There is no EC2 here, so nobody knows which exist: whatever has the form of an id is taken, and the subnets of a load
balancer are in zones a, b, c, ... in the order they were given. All subnets of an account in a region are of one VPC,
whose id follows from the two; target groups keep the VPC they were given. Security groups are recorded and filter
nothing: who reaches the edge is decided by the address it listens on.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from garrison.access.call import Call
from garrison.services.elbv2.errors import error, validation
from garrison.services.elbv2.resources import Place

_ID = "(?:[0-9a-f]{8}|[0-9a-f]{17})"
_SUBNET = re.compile(f"subnet-{_ID}")
_GROUP = re.compile(f"sg-{_ID}")
_VPC = re.compile(f"vpc-{_ID}")


def _derived(prefix: str, *parts: str) -> str:
    return f"{prefix}-0{hashlib.sha256('/'.join(parts).encode()).hexdigest()[:16]}"


def vpc(account: str, region: str) -> str:
    """The one VPC of an account in a region."""
    return _derived("vpc", account, region)


def check_vpc(id: str) -> str:
    if _VPC.fullmatch(id) is None:
        raise validation(f"The VPC ID '{id}' is not found")
    return id


def default_security_group(account: str, region: str) -> str:
    """That of the VPC."""
    return _derived("sg", account, region)


def security_groups(call: Call) -> tuple[str, ...]:
    """Those the call names, or the VPC's own. Raises `InvalidSecurityGroup`."""
    wanted = tuple(dict.fromkeys(call.params.get("SecurityGroups") or ()))
    for id in wanted:
        if _GROUP.fullmatch(id) is None:
            raise error("InvalidSecurityGroup", f"Security group ID '{id}' is not valid")
    return wanted or (default_security_group(call.account, call.region),)


def places(call: Call, before: tuple[Place, ...] = ()) -> tuple[Place, ...]:
    """The call's subnets with their zones; those in `before` keep theirs. Raises what the service would."""
    params = call.params
    mappings: list[dict[str, Any]] = params.get("SubnetMappings") or []
    if params.get("Subnets") and mappings:
        raise validation("You must specify either subnets or subnet mappings, not both")
    if any(set(one) - {"SubnetId"} for one in mappings):
        raise error("InvalidConfigurationRequest", "Addresses cannot be chosen for application load balancers")
    wanted = list(params.get("Subnets") or [one.get("SubnetId", "") for one in mappings])
    if len(set(wanted)) < 2:
        raise validation("At least two subnets in two different Availability Zones must be specified")
    for id in wanted:
        if _SUBNET.fullmatch(id) is None:
            raise error("SubnetNotFound", f"The subnet ID '{id}' does not exist")
    return _zoned(call.region, wanted, {place.subnet: place.zone for place in before})


def _zoned(region: str, subnets: list[str], known: dict[str, str]) -> tuple[Place, ...]:
    """Each subnet with a zone of its own: the one it had, or the first that no other has."""
    taken = {known[id] for id in subnets if id in known}
    free = [zone for zone in (f"{region}{letter}" for letter in "abcdef") if zone not in taken]
    found = []
    for id in dict.fromkeys(subnets):
        if id not in known and not free:
            raise error(
                "InvalidConfigurationRequest",
                "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
            )
        found.append(Place(id, known.get(id) or free.pop(0)))
    return tuple(found)

"""Application load balancers: made, described, changed, deleted.

One is `active` as soon as it is made: what serves it is already running, or starts within a second.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

import msgspec

from garrison.access import protected, roles, sites
from garrison.access.call import Call
from garrison.access.ports import give_port_back
from garrison.aws.partitions import dns_suffix
from garrison.services.elbv2 import arns, attributes, find, quotas, tags
from garrison.services.elbv2.errors import error, validation
from garrison.services.elbv2.paging import page
from garrison.services.elbv2.places import places, security_groups, vpc
from garrison.services.elbv2.resources import FORWARDS, LISTENER, LOAD_BALANCER, RULE, LoadBalancer, Place
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

# General reference, "Elastic Load Balancing endpoints and quotas"; of regions not listed here any zone is as good.
_ZONES = {
    "us-east-1": "Z35SXDOTRQ7X7K",
    "us-east-2": "Z3AADJGX6KTTL2",
    "us-west-1": "Z368ELLRRE2KJ0",
    "us-west-2": "Z1H1FL5HABSF5",
    "eu-west-1": "Z32O12XQLNTSW2",
    "eu-central-1": "Z215JYRZR1TBD5",
}


def shown(row: Resource[LoadBalancer]) -> dict[str, Any]:
    """A load balancer as answers show it."""
    body = row.body
    return {
        "LoadBalancerArn": row.id,
        "DNSName": body.dns_name,
        "CanonicalHostedZoneId": _ZONES.get(row.region, "Z35SXDOTRQ7X7K"),
        "CreatedTime": row.created,
        "LoadBalancerName": row.name,
        "Scheme": body.scheme,
        "VpcId": vpc(row.account, row.region),
        "State": {"Code": "active"},
        "Type": "application",
        "AvailabilityZones": _zones(body.places),
        "SecurityGroups": list(body.security_groups),
        "IpAddressType": body.ip_address_type,
    }


def _zones(of: tuple[Place, ...]) -> list[dict[str, Any]]:
    return [{"ZoneName": place.zone, "SubnetId": place.subnet, "LoadBalancerAddresses": []} for place in of]


def check_name(name: str, noun: str) -> None:
    """Names of load balancers and target groups. Raises `ValidationError`."""
    if len(name) > 32:
        raise validation(f"{noun} name '{name}' cannot be longer than '32' characters")
    if not re.fullmatch(r"[A-Za-z0-9-]+", name):
        raise validation(
            f"{noun} name '{name}' can only contain characters that are alphanumeric characters and hyphens(-)"
        )
    if name.startswith("-") or name.endswith("-"):
        raise validation(f"{noun} name '{name}' cannot begin or end with a hyphen(-)")


@operation("elbv2", "CreateLoadBalancer", access="write")
def create_load_balancer(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    name: str = params["Name"]
    check_name(name, "Load balancer")
    if name.startswith("internal-"):
        raise validation(f"Load balancer name '{name}' cannot begin with 'internal-'")
    if params.get("Type", "application") != "application":
        raise error(
            "OperationNotPermitted",
            "This Garrison has application load balancers; network and gateway ones it does not",
        )
    for member in ("CustomerOwnedIpv4Pool", "IpamPools"):
        if params.get(member):
            raise error("OperationNotPermitted", f"{member} is not supported here")
    scheme = params.get("Scheme", "internet-facing")
    given = tags.given(call)
    groups = security_groups(call)
    where = places(call)
    address_type = params.get("IpAddressType", "ipv4")
    there = tx.get(LOAD_BALANCER, call.account, name, region=call.region)
    if there is not None:
        old = there.body
        same = (old.scheme, {p.subnet for p in old.places}, set(old.security_groups), old.ip_address_type, old.tags)
        if same == (scheme, {p.subnet for p in where}, set(groups), address_type, given):
            return {"LoadBalancers": [shown(there)]}
        raise error(
            "DuplicateLoadBalancerName",
            f"A load balancer with the same name '{name}' exists, but with different settings",
        )
    quotas.check_load_balancers(call, tx)
    number = secrets.randbelow(2_000_000_000) + 100_000_000
    prefix = "internal-" if scheme == "internal" else ""
    body = LoadBalancer(
        dns_name=f"{prefix}{name}-{number}.{call.region}.elb.{dns_suffix(call.partition)}",
        scheme=scheme,
        places=where,
        security_groups=groups,
        ip_address_type=address_type,
        tags=given,
    )
    arn = arns.own(call, f"loadbalancer/app/{name}/{arns.unique()}")
    row = tx.insert(LOAD_BALANCER, call.account, name, body, id=arn, region=call.region, created=call.now)
    roles.make_service_linked_role(tx, call.partition, call.account, "elasticloadbalancing.amazonaws.com", now=call.now)
    sites.announce(tx, call.account, arn)
    return {"LoadBalancers": [shown(row)]}


@operation("elbv2", "DescribeLoadBalancers", access="read")
def describe_load_balancers(call: Call, reader: Reader) -> dict[str, Any]:
    wanted, names = call.params.get("LoadBalancerArns"), call.params.get("Names")
    if wanted and names:
        raise validation("Load balancer names and load balancer ARNs cannot be specified at the same time")
    if wanted:
        rows = [find.load_balancer(call, reader, arn) for arn in dict.fromkeys(wanted)]
    elif names:
        found = [reader.get(LOAD_BALANCER, call.account, name, region=call.region) for name in dict.fromkeys(names)]
        rows = [row for row in found if row is not None]
        if len(rows) < len(found):
            missing = [name for name, row in zip(dict.fromkeys(names), found, strict=True) if row is None]
            raise error("LoadBalancerNotFound", f"Load balancers '[{', '.join(missing)}]' not found")
    else:
        rows = reader.page(LOAD_BALANCER, call.account, region=call.region)
    shown_rows, rest = page(call, rows, key=lambda row: row.name)
    return {"LoadBalancers": [shown(row) for row in shown_rows], **rest}


@operation("elbv2", "DeleteLoadBalancer", access="write")
def delete_load_balancer(call: Call, tx: Transaction) -> dict[str, Any]:
    arn = arns.check_form(call.params["LoadBalancerArn"], "load balancer")
    row = tx.by_id(LOAD_BALANCER, arn)
    if row is None or row.account != call.account:
        return {}  # API reference: "If the load balancer does not exist or has already been deleted, the call succeeds"
    if attributes.value(attributes.LOAD_BALANCER, row.body.attributes, "deletion_protection.enabled") == "true":
        raise error(
            "OperationNotPermitted", f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        )
    for listener in tx.page(LISTENER, row.account, region=row.region, parent=arn):
        drop_listener(tx, listener)
    protected.forget(tx, arn)
    tx.delete(row)
    sites.withdraw(tx, arn)
    return {}


def drop_listener(tx: Transaction, listener: Resource[Any]) -> None:
    """A listener with its rules and its port of this machine."""
    for rule in tx.page(RULE, listener.account, region=listener.region, parent=listener.id):
        drop_links(tx, rule.id)
        tx.delete(rule)
    drop_links(tx, listener.id)
    give_port_back(tx, listener.body.local_port)
    tx.delete(listener)


def drop_links(tx: Transaction, arn: str) -> None:
    """A listener or rule forwards no more."""
    for link in tx.targets(FORWARDS, arn):
        tx.unlink(FORWARDS, arn, link.target)


@operation("elbv2", "SetSubnets", access="write")
def set_subnets(call: Call, tx: Transaction) -> dict[str, Any]:
    row = find.load_balancer(call, tx)
    where = places(call, row.body.places)
    address_type = call.params.get("IpAddressType", row.body.ip_address_type)
    new = msgspec.structs.replace(row.body, places=where, ip_address_type=address_type)
    tx.update(row, new, updated=call.now)
    return {"AvailabilityZones": _zones(where), "IpAddressType": address_type}


@operation("elbv2", "SetSecurityGroups", access="write")
def set_security_groups(call: Call, tx: Transaction) -> dict[str, Any]:
    row = find.load_balancer(call, tx)
    groups = security_groups(call)
    tx.update(row, msgspec.structs.replace(row.body, security_groups=groups), updated=call.now)
    return {"SecurityGroupIds": list(groups)}


@operation("elbv2", "SetIpAddressType", access="write")
def set_ip_address_type(call: Call, tx: Transaction) -> dict[str, Any]:
    row = find.load_balancer(call, tx)
    wanted = call.params["IpAddressType"]
    tx.update(row, msgspec.structs.replace(row.body, ip_address_type=wanted), updated=call.now)
    return {"IpAddressType": wanted}

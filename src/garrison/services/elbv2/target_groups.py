"""Target groups: made, described, changed, deleted."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from garrison.access import sites
from garrison.access.call import Call
from garrison.services.elbv2 import arns, find, quotas, tags
from garrison.services.elbv2.errors import error, in_use, validation
from garrison.services.elbv2.load_balancers import check_name
from garrison.services.elbv2.paging import page
from garrison.services.elbv2.places import check_vpc
from garrison.services.elbv2.resources import FORWARDS, HEALTH, TARGET_GROUP, TargetGroup
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

_TRAFFIC_PORT = "traffic-port"


def load_balancers_of(reader: Reader, arn: str) -> list[str]:
    """ARNs of the load balancers whose listeners and rules forward to a target group."""
    return sorted({arns.load_balancer_of(link.source) for link in reader.sources(FORWARDS, arn)})


def shown(reader: Reader, row: Resource[TargetGroup]) -> dict[str, Any]:
    """A target group as answers show it."""
    body = row.body
    return {
        "TargetGroupArn": row.id,
        "TargetGroupName": row.name,
        "Protocol": body.protocol,
        "ProtocolVersion": body.protocol_version,
        "Port": body.port,
        "VpcId": body.vpc,
        "HealthCheckProtocol": body.check_protocol,
        "HealthCheckPort": body.check_port,
        "HealthCheckEnabled": True,
        "HealthCheckIntervalSeconds": body.check_interval,
        "HealthCheckTimeoutSeconds": body.check_timeout,
        "HealthyThresholdCount": body.healthy_threshold,
        "UnhealthyThresholdCount": body.unhealthy_threshold,
        "HealthCheckPath": body.check_path,
        "Matcher": {"HttpCode": body.codes},
        "LoadBalancerArns": load_balancers_of(reader, row.id),
        "TargetType": body.target_type,
        "IpAddressType": body.ip_address_type,
    }


def _check_health_check(body: TargetGroup) -> TargetGroup:
    """Raises `ValidationError` for settings that do not go together."""
    if body.check_protocol not in ("HTTP", "HTTPS"):
        raise validation(f"Health check protocol '{body.check_protocol}' must be one of 'HTTP, HTTPS'")
    if body.check_interval <= body.check_timeout:
        raise validation(
            f"Health check timeout '{body.check_timeout}' must be smaller than the interval '{body.check_interval}'"
        )
    port = body.check_port
    if port != _TRAFFIC_PORT and not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535):
        raise validation(f"Health check port '{port}' must be '{_TRAFFIC_PORT}' or a number between 1 and 65535")
    if not body.check_path.startswith("/"):
        raise validation(f"Health check path '{body.check_path}' must begin with '/'")
    for piece in body.codes.split(","):
        ends = piece.split("-")
        if len(ends) > 2 or not all(re.fullmatch(r"\d{1,3}", end) and 200 <= int(end) <= 499 for end in ends):
            raise validation(f"Health check matcher '{body.codes}' must be within the range '200-499'")
    return body


def _codes(params: dict[str, Any], default: str) -> str:
    matcher = params.get("Matcher") or {}
    if "GrpcCode" in matcher and "HttpCode" not in matcher:
        raise validation("Matcher GrpcCode cannot be specified for protocol version 'HTTP1'")
    code: str = matcher.get("HttpCode", default)
    return code


@operation("elbv2", "CreateTargetGroup", access="write")
def create_target_group(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    name: str = params["Name"]
    check_name(name, "Target group")
    given = tags.given(call)
    kind = params.get("TargetType", "instance")
    if kind not in ("instance", "ip"):
        raise error("InvalidConfigurationRequest", f"Targets of type '{kind}' cannot be reached from here")
    if "Protocol" not in params:
        raise validation("A protocol must be specified")
    if params["Protocol"] not in ("HTTP", "HTTPS"):
        raise error(
            "InvalidConfigurationRequest",
            f"Target groups of protocol '{params['Protocol']}' are for load balancers that this Garrison does not have",
        )
    if "Port" not in params:
        raise validation("A port must be specified")
    if "VpcId" not in params:
        raise validation("A VPC ID must be specified")
    if "TargetControlPort" in params:
        raise error("InvalidConfigurationRequest", "Target optimizer is not supported here")
    version = params.get("ProtocolVersion", "HTTP1")
    if version not in ("HTTP1", "HTTP2", "GRPC"):
        raise validation(f"Protocol version '{version}' must be one of 'HTTP1, HTTP2, GRPC'")
    if version != "HTTP1":
        raise error("InvalidConfigurationRequest", f"Targets are spoken to in HTTP/1.1 here, not in {version}")
    if params.get("HealthCheckEnabled") is False:
        raise validation("Health check enabled must be true for target groups with target type 'instance' or 'ip'")
    body = _check_health_check(
        TargetGroup(
            protocol=params["Protocol"],
            port=params["Port"],
            vpc=check_vpc(params["VpcId"]),
            target_type=kind,
            protocol_version=version,
            ip_address_type=params.get("IpAddressType", "ipv4"),
            check_protocol=params.get("HealthCheckProtocol", "HTTP"),
            check_port=params.get("HealthCheckPort", _TRAFFIC_PORT),
            check_path=params.get("HealthCheckPath", "/"),
            check_interval=params.get("HealthCheckIntervalSeconds", 30),
            check_timeout=params.get("HealthCheckTimeoutSeconds", 5),
            healthy_threshold=params.get("HealthyThresholdCount", 5),
            unhealthy_threshold=params.get("UnhealthyThresholdCount", 2),
            codes=_codes(params, "200"),
            tags=given,
        )
    )
    there = tx.get(TARGET_GROUP, call.account, name, region=call.region)
    if there is not None:
        if msgspec.structs.replace(there.body, targets=(), attributes={}) == body:
            return {"TargetGroups": [shown(tx, there)]}
        raise error(
            "DuplicateTargetGroupName",
            f"A target group with the same name '{name}' exists, but with different settings",
        )
    quotas.check_target_groups(call, tx)
    arn = arns.own(call, f"targetgroup/{name}/{arns.unique()}")
    row = tx.insert(TARGET_GROUP, call.account, name, body, id=arn, region=call.region, created=call.now)
    return {"TargetGroups": [shown(tx, row)]}


@operation("elbv2", "DescribeTargetGroups", access="read")
def describe_target_groups(call: Call, reader: Reader) -> dict[str, Any]:
    params = call.params
    given = [member for member in ("LoadBalancerArn", "TargetGroupArns", "Names") if params.get(member)]
    if len(given) > 1:
        raise validation("Only one of load balancer ARN, target group ARNs and target group names can be specified")
    if params.get("TargetGroupArns"):
        rows = [find.target_group(call, reader, arn) for arn in dict.fromkeys(params["TargetGroupArns"])]
    elif params.get("Names"):
        found = [reader.get(TARGET_GROUP, call.account, n, region=call.region) for n in dict.fromkeys(params["Names"])]
        rows = [row for row in found if row is not None]
        if len(rows) < len(found):
            raise error("TargetGroupNotFound", "One or more target groups not found")
    else:
        rows = reader.page(TARGET_GROUP, call.account, region=call.region)
        if params.get("LoadBalancerArn"):
            balancer = find.load_balancer(call, reader).id
            rows = [row for row in rows if balancer in load_balancers_of(reader, row.id)]
    shown_rows, rest = page(call, rows, key=lambda row: row.name)
    return {"TargetGroups": [shown(reader, row) for row in shown_rows], **rest}


@operation("elbv2", "ModifyTargetGroup", access="write")
def modify_target_group(call: Call, tx: Transaction) -> dict[str, Any]:
    row = find.target_group(call, tx)
    params, old = call.params, row.body
    if params.get("HealthCheckEnabled") is False:
        raise validation("Health check enabled must be true for target groups with target type 'instance' or 'ip'")
    new = _check_health_check(
        msgspec.structs.replace(
            old,
            check_protocol=params.get("HealthCheckProtocol", old.check_protocol),
            check_port=params.get("HealthCheckPort", old.check_port),
            check_path=params.get("HealthCheckPath", old.check_path),
            check_interval=params.get("HealthCheckIntervalSeconds", old.check_interval),
            check_timeout=params.get("HealthCheckTimeoutSeconds", old.check_timeout),
            healthy_threshold=params.get("HealthyThresholdCount", old.healthy_threshold),
            unhealthy_threshold=params.get("UnhealthyThresholdCount", old.unhealthy_threshold),
            codes=_codes(params, old.codes),
        )
    )
    row = tx.update(row, new, updated=call.now)
    sites.changed(tx)
    return {"TargetGroups": [shown(tx, row)]}


@operation("elbv2", "DeleteTargetGroup", access="write")
def delete_target_group(call: Call, tx: Transaction) -> dict[str, Any]:
    arn = arns.check_form(call.params["TargetGroupArn"], "target group")
    row = tx.by_id(TARGET_GROUP, arn)
    if row is None or row.account != call.account:
        return {}  # as for load balancers: what is gone already is gone
    if tx.sources(FORWARDS, arn):
        raise in_use(arn)
    health = tx.by_id(HEALTH, arn)
    if health is not None:
        tx.delete(health)
    tx.delete(row)
    sites.changed(tx)
    return {}

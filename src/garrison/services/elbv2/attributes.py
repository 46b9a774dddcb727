"""Attributes of load balancers, target groups and listeners: defaults, what they take, what they do here.

Source: ELB API reference, `LoadBalancerAttribute`, `TargetGroupAttribute`, `ListenerAttribute`; Application Load
Balancers guide. Attributes that have an effect at the edge are read by `site`; the others are kept and shown, and those
that would have to do something that is not done here are refused when they are switched on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from garrison.access import sites
from garrison.access.call import Call
from garrison.services.elbv2 import find
from garrison.services.elbv2.errors import error, validation
from garrison.services.operation import operation
from garrison.store import Reader, Transaction

Check = Callable[[str], bool]


def _one_of(*values: str) -> Check:
    return lambda value: value in values


def _number(low: int, high: int) -> Check:
    return lambda value: value.isascii() and value.isdigit() and len(value) < 12 and low <= int(value) <= high


def _text(value: str) -> bool:
    return len(value) <= 1024


_BOOLEAN = _one_of("true", "false")

LOAD_BALANCER: dict[str, tuple[str, Check]] = {
    "access_logs.s3.enabled": ("false", _BOOLEAN),
    "access_logs.s3.bucket": ("", _text),
    "access_logs.s3.prefix": ("", _text),
    "connection_logs.s3.enabled": ("false", _BOOLEAN),
    "connection_logs.s3.bucket": ("", _text),
    "connection_logs.s3.prefix": ("", _text),
    "client_keep_alive.seconds": ("3600", _number(60, 604800)),
    "deletion_protection.enabled": ("false", _BOOLEAN),
    "health_check_logs.s3.enabled": ("false", _BOOLEAN),
    "health_check_logs.s3.bucket": ("", _text),
    "health_check_logs.s3.prefix": ("", _text),
    "idle_timeout.timeout_seconds": ("60", _number(1, 4000)),
    "ipv6.deny_all_igw_traffic": ("false", _BOOLEAN),
    "load_balancing.cross_zone.enabled": ("true", _one_of("true")),
    "routing.http.desync_mitigation_mode": ("defensive", _one_of("monitor", "defensive", "strictest")),
    "routing.http.drop_invalid_header_fields.enabled": ("false", _BOOLEAN),
    "routing.http.preserve_host_header.enabled": ("false", _BOOLEAN),
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": ("false", _BOOLEAN),
    "routing.http.xff_client_port.enabled": ("false", _BOOLEAN),
    "routing.http.xff_header_processing.mode": ("append", _one_of("append", "preserve", "remove")),
    "routing.http2.enabled": ("true", _BOOLEAN),
    "waf.fail_open.enabled": ("false", _BOOLEAN),
    "zonal_shift.config.enabled": ("false", _BOOLEAN),
}
TARGET_GROUP: dict[str, tuple[str, Check]] = {
    "deregistration_delay.timeout_seconds": ("300", _number(0, 3600)),
    "load_balancing.algorithm.anomaly_mitigation": ("off", _one_of("on", "off")),
    "load_balancing.algorithm.type": (
        "round_robin",
        _one_of("round_robin", "least_outstanding_requests", "weighted_random"),
    ),
    "load_balancing.cross_zone.enabled": (
        "use_load_balancer_configuration",
        _one_of("true", "false", "use_load_balancer_configuration"),
    ),
    "slow_start.duration_seconds": ("0", lambda value: value == "0" or _number(30, 900)(value)),
    "stickiness.app_cookie.cookie_name": ("", lambda value: bool(re.fullmatch(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]*", value))),
    "stickiness.app_cookie.duration_seconds": ("86400", _number(1, 604800)),
    "stickiness.enabled": ("false", _BOOLEAN),
    "stickiness.lb_cookie.duration_seconds": ("86400", _number(1, 604800)),
    "stickiness.type": ("lb_cookie", _one_of("lb_cookie", "app_cookie")),
    "target_group_health.dns_failover.minimum_healthy_targets.count": ("1", _text),
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": ("off", _text),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": ("1", _number(1, 1000)),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": (
        "off",
        lambda value: value == "off" or _number(1, 100)(value),
    ),
}
_RENAMED = tuple(
    f"routing.http.request.x_amzn_{name}.header_name"
    for name in (
        "mtls_clientcert_serial_number",
        "mtls_clientcert_issuer",
        "mtls_clientcert_subject",
        "mtls_clientcert_validity",
        "mtls_clientcert_leaf",
        "mtls_clientcert",
        "tls_version",
        "tls_cipher_suite",
    )
)
RESPONSE_HEADERS = {
    f"routing.http.response.{name}.header_value": name.replace("_", "-")
    for name in (
        "strict_transport_security",
        "access_control_allow_origin",
        "access_control_allow_methods",
        "access_control_allow_headers",
        "access_control_allow_credentials",
        "access_control_expose_headers",
        "access_control_max_age",
        "content_security_policy",
        "x_content_type_options",
        "x_frame_options",
    )
}
"""Listener attribute -> the header it sets on responses."""
LISTENER: dict[str, tuple[str, Check]] = {
    "routing.http.response.server.enabled": ("true", _BOOLEAN),
    **dict.fromkeys(RESPONSE_HEADERS, ("", _text)),
    **dict.fromkeys(_RENAMED, ("", _text)),
}


def value(table: Mapping[str, tuple[str, Check]], held: Mapping[str, str], key: str) -> str:
    """An attribute as it stands."""
    return held.get(key, table[key][0])


def _shown(table: Mapping[str, tuple[str, Check]], held: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": held.get(key, default)} for key, (default, _) in table.items()]


def _changed(
    table: Mapping[str, tuple[str, Check]], held: Mapping[str, str], given: list[dict[str, Any]], noun: str
) -> dict[str, str]:
    """What is held after a change. Raises `ValidationError`, and `InvalidConfigurationRequest` for what cannot be."""
    new = dict(held)
    for one in given:
        key, wanted = one.get("Key", ""), one.get("Value", "")
        if key not in table:
            raise validation(f"{noun} attribute key '{key}' is not recognized")
        if not table[key][1](wanted):
            raise validation(f"{noun} attribute value '{wanted}' is invalid for key '{key}'")
        new[key] = wanted
    for key, wanted in new.items():
        if key.endswith("_logs.s3.enabled") and wanted == "true":
            # No bucket of this Garrison can be written to, which is what AWS says of one that its service cannot write.
            bucket = new.get(key.replace("enabled", "bucket"), "")
            raise error(
                "InvalidConfigurationRequest",
                f"Access Denied for bucket: {bucket}. Please check S3bucket permission",
            )
    return new


@operation("elbv2", "DescribeLoadBalancerAttributes", access="read")
def describe_load_balancer_attributes(call: Call, reader: Reader) -> dict[str, Any]:
    row = find.load_balancer(call, reader)
    return {"Attributes": _shown(LOAD_BALANCER, row.body.attributes)}


@operation("elbv2", "ModifyLoadBalancerAttributes", access="write")
def modify_load_balancer_attributes(call: Call, tx: Transaction) -> dict[str, Any]:
    row = find.load_balancer(call, tx)
    new = _changed(LOAD_BALANCER, row.body.attributes, call.params["Attributes"], "Load balancer")
    tx.update(row, msgspec.structs.replace(row.body, attributes=new), updated=call.now)
    sites.changed(tx)
    return {"Attributes": _shown(LOAD_BALANCER, new)}


@operation("elbv2", "DescribeTargetGroupAttributes", access="read")
def describe_target_group_attributes(call: Call, reader: Reader) -> dict[str, Any]:
    row = find.target_group(call, reader)
    return {"Attributes": _shown(TARGET_GROUP, row.body.attributes)}


@operation("elbv2", "ModifyTargetGroupAttributes", access="write")
def modify_target_group_attributes(call: Call, tx: Transaction) -> dict[str, Any]:
    row = find.target_group(call, tx)
    new = _changed(TARGET_GROUP, row.body.attributes, call.params["Attributes"], "Target group")
    by_application = new.get("stickiness.type") == "app_cookie" and new.get("stickiness.enabled") == "true"
    if by_application and not new.get("stickiness.app_cookie.cookie_name"):
        raise validation("App cookie name must be specified when stickiness type is app_cookie")
    tx.update(row, msgspec.structs.replace(row.body, attributes=new), updated=call.now)
    sites.changed(tx)
    return {"Attributes": _shown(TARGET_GROUP, new)}


@operation("elbv2", "DescribeListenerAttributes", access="read")
def describe_listener_attributes(call: Call, reader: Reader) -> dict[str, Any]:
    row = find.listener(call, reader)
    return {"Attributes": _shown(LISTENER, row.body.attributes)}


@operation("elbv2", "ModifyListenerAttributes", access="write")
def modify_listener_attributes(call: Call, tx: Transaction) -> dict[str, Any]:
    row = find.listener(call, tx)
    new = _changed(LISTENER, row.body.attributes, call.params["Attributes"], "Listener")
    if any(new.get(key) for key in _RENAMED):
        raise error(
            "InvalidConfigurationRequest", "Request headers of mutual TLS cannot be renamed: it is not done here"
        )
    tx.update(row, msgspec.structs.replace(row.body, attributes=new), updated=call.now)
    sites.changed(tx)
    return {"Attributes": _shown(LISTENER, new)}

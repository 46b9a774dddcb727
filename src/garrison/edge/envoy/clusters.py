"""Pools as Envoy's clusters, and their targets."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

from garrison.access.sites import Pool, Target
from garrison.edge.envoy.names import WORKERS, short, typed

Json = dict[str, Any]

_POLICIES = {
    "round_robin": "ROUND_ROBIN",
    "least_outstanding_requests": "LEAST_REQUEST",
    "weighted_random": "RANDOM",
}


def cluster(pool: Pool, endpoints: Path | None, authorities: Path | None) -> Json:
    """A cluster whose endpoints come from a file, or (None, and for host names) stand in it."""
    named = not all(_is_address(target.host) for target in pool.targets)
    found: Json = {
        "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
        "name": short(pool.id),
        "connect_timeout": "5s",
        "per_connection_buffer_limit_bytes": 256 * 1024,
        "lb_policy": _POLICIES.get(pool.algorithm, "ROUND_ROBIN"),
        # Which targets are healthy is known before Envoy hears of them; if none is, all are tried.
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        "circuit_breakers": {
            "thresholds": [{"max_connections": 4096, "max_pending_requests": 4096, "max_requests": 8192}]
        },
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed(
                "upstreams.http.v3.HttpProtocolOptions",
                {
                    "explicit_http_config": {"http_protocol_options": {}},
                    "common_http_protocol_options": {"idle_timeout": "60s"},
                },
            )
        },
    }
    if named:
        # One host may have several addresses, of which one answers: all are tried, which STRICT_DNS would not do.
        kind = "LOGICAL_DNS" if len(pool.targets) == 1 else "STRICT_DNS"
        found |= {"type": kind, "load_assignment": assignment(pool, pool.targets), "dns_lookup_family": "ALL"}
    elif endpoints is None:
        found |= {"type": "STATIC", "load_assignment": assignment(pool, pool.targets)}
    else:
        source = {"path_config_source": {"path": str(endpoints)}, "resource_api_version": "V3"}
        found |= {"type": "EDS", "eds_cluster_config": {"eds_config": source}}
    if pool.protocol == "https":
        found["transport_socket"] = _tls(pool, authorities)
    return found


def _tls(pool: Pool, authorities: Path | None) -> Json:
    context: Json = {"common_tls_context": {"tls_params": {"tls_minimum_protocol_version": "TLSv1_2"}}}
    hosts = [target.host for target in pool.targets if not _is_address(target.host)]
    if hosts:
        context["sni"] = hosts[0]
    if pool.verify and authorities is not None:
        context["common_tls_context"]["validation_context"] = {
            "trusted_ca": {"filename": str(authorities)},
            "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": host}} for host in hosts[:1]],
        }
    return {"name": "tls", "typed_config": typed("transport_sockets.tls.v3.UpstreamTlsContext", context)}


def assignment(pool: Pool, targets: tuple[Target, ...]) -> Json:
    """The targets of a pool that requests may go to."""
    return {
        "@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
        "cluster_name": short(pool.id),
        "endpoints": [
            {
                "lb_endpoints": [
                    {"endpoint": {"address": {"socket_address": {"address": target.host, "port_value": target.port}}}}
                    for target in targets
                ]
            }
        ],
    }


def workers(socket: Path) -> Json:
    """The inspection workers, who all listen on one socket."""
    return {
        "name": WORKERS,
        "type": "STATIC",
        "connect_timeout": "1s",
        "circuit_breakers": {
            "thresholds": [
                {"max_connections": 256, "max_pending_requests": 1024, "max_requests": 1024, "max_retries": 1024}
            ]
        },
        "load_assignment": {
            "cluster_name": WORKERS,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {"pipe": {"path": str(socket)}}}}]}],
        },
    }


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

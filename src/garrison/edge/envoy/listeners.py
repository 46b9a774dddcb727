"""Listeners as Envoy has them, hardened as an edge.

Source: Envoy documentation, "Configuring Envoy as an edge proxy"; limits of requests as Application Load Balancers have
them (user guide, "HTTP headers": 16 KB a line, 64 KB in all; HTTP/2 with 128 streams).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from garrison.access.sites import Certificate, Listener, Site
from garrison.edge.envoy import protection
from garrison.edge.envoy.names import CLIENT, ERRORS, ROUTE_SCRIPT, STICKY, short, typed
from garrison.edge.limits import Limits

Json = dict[str, Any]

_TLS = {"1.0": "TLSv1_0", "1.1": "TLSv1_1", "1.2": "TLSv1_2", "1.3": "TLSv1_3"}
_BUFFER = 256 * 1024
"""More than the largest body that is inspected (64 KB), and little enough for thousands of connections."""


def listener(
    site: Site,
    of: Listener,
    host: str,
    routes: Json,
    certificate_files: dict[Certificate, tuple[Path, Path]],
    logs: tuple[Path, Path],
    limits: Limits,
) -> Json:
    """One listener. `routes` says where its route configuration is (`rds` or `route_config`)."""
    chain: Json = {
        "filters": [
            {
                "name": "client",
                "typed_config": typed(
                    "filters.network.set_filter_state.v3.Config",
                    {
                        "on_new_connection": [
                            {
                                "object_key": CLIENT,
                                "factory_key": "envoy.network.ip",
                                "format_string": {
                                    "text_format_source": {"inline_string": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}
                                },
                            }
                        ]
                    },
                ),
            },
            {"name": "http", "typed_config": _http(site, of, routes, logs, limits)},
        ]
    }
    found: Json = {
        "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
        "name": short(of.id),
        "address": {"socket_address": {"address": host, "port_value": of.port}},
        "per_connection_buffer_limit_bytes": _BUFFER,
        "filter_chains": [chain],
        "enable_reuse_port": True,
    }
    if of.certificates:
        found["listener_filters"] = [
            {
                "name": "tls",
                "typed_config": typed(
                    "filters.listener.tls_inspector.v3.TlsInspector",
                    {"enable_ja3_fingerprinting": True, "enable_ja4_fingerprinting": True},
                ),
            }
        ]
        found["listener_filters_timeout"] = "5s"
        chain["transport_socket"] = _tls(site, of, certificate_files)
        chain["transport_socket_connect_timeout"] = "10s"
    return found


def _tls(site: Site, of: Listener, certificate_files: dict[Certificate, tuple[Path, Path]]) -> Json:
    pairs = [certificate_files[certificate] for certificate in of.certificates]
    context = {
        "common_tls_context": {
            "tls_params": {
                "tls_minimum_protocol_version": _TLS[of.tls_from],
                "tls_maximum_protocol_version": "TLSv1_3",
            },
            "tls_certificates": [
                {"certificate_chain": {"filename": str(chain)}, "private_key": {"filename": str(key)}}
                for chain, key in pairs
            ],
            "alpn_protocols": ["h2", "http/1.1"] if site.http2 else ["http/1.1"],
        }
    }
    return {"name": "tls", "typed_config": typed("transport_sockets.tls.v3.DownstreamTlsContext", context)}


def _http(site: Site, of: Listener, routes: Json, logs: tuple[Path, Path], limits: Limits) -> Json:
    config: Json = {
        "stat_prefix": short(of.id),
        "codec_type": "AUTO" if site.http2 else "HTTP1",
        **routes,
        # The client is who connects. What it says of itself stays as it is until after the inspection.
        "use_remote_address": True,
        "skip_xff_append": True,
        # No address is trusted: x-envoy-* headers of clients steer nothing.
        "internal_address_config": {"cidr_ranges": [{"address_prefix": "255.255.255.255", "prefix_len": 32}]},
        # The target sees the path as the client sent it, and the inspection judges just that.
        "normalize_path": False,
        "merge_slashes": False,
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
        "generate_request_id": False,
        "server_name": site.server or "garrison",
        "server_header_transformation": "APPEND_IF_ABSENT",
        "request_headers_timeout": f"{limits.head_seconds:g}s",
        "request_timeout": "3600s",
        "stream_idle_timeout": f"{site.idle_timeout:g}s",
        "drain_timeout": "5s",
        "delayed_close_timeout": "1s",
        "max_request_headers_kb": 64,
        "common_http_protocol_options": {
            "idle_timeout": f"{max(site.idle_timeout, 1):g}s",
            "max_connection_duration": f"{site.keep_alive:g}s",
            "max_headers_count": 200,
            "headers_with_underscores_action": "DROP_HEADER" if site.drop_invalid_headers else "ALLOW",
        },
        "http_protocol_options": {"accept_http_10": True},
        "http2_protocol_options": {
            "max_concurrent_streams": limits.streams,
            "initial_stream_window_size": 65536,
            "initial_connection_window_size": 1048576,
            # Floods of frames that ask for an answer or for nothing: what is queued in return is little.
            "max_outbound_frames": 10_000,
            "max_outbound_control_frames": 1_000,
            "max_consecutive_inbound_frames_with_empty_payload": 1,
            "max_inbound_priority_frames_per_stream": 100,
            "connection_keepalive": {"interval": "30s", "timeout": "10s"},
        },
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "http_filters": [
            *protection.filters(site, of.id, limits.judge_seconds, tls=bool(of.certificates)),
            {"name": ROUTE_SCRIPT, "disabled": True, "typed_config": typed("filters.http.lua.v3.Lua")},
            {
                "name": STICKY,
                "disabled": True,
                "typed_config": typed("filters.http.stateful_session.v3.StatefulSession"),
            },
            {
                "name": "router",
                "typed_config": typed("filters.http.router.v3.Router", {"suppress_envoy_headers": True}),
            },
        ],
        "local_reply_config": {"mappers": _local_replies()},
        "access_log": [_access_log(site, of, logs[0])],
    }
    if limits.body_rate:
        config["access_log"].append(_underway(logs[1]))
        config["access_log_options"] = {"access_log_flush_interval": f"{max(0.1, limits.body_grace / 4):g}s"}
    if site.error_pages:
        config["http_filters"].insert(
            0,
            {
                "name": ERRORS,
                "disabled": True,
                "typed_config": typed("filters.http.custom_response.v3.CustomResponse"),
            },
        )
    return typed("filters.network.http_connection_manager.v3.HttpConnectionManager", config)


def _local_replies() -> list[Json]:
    """Errors of the data plane itself, with the status and the page that load balancers have."""
    pages = [
        (["UF", "UC", "UPE", "URX"], 502, "502 Bad Gateway"),
        (["UH", "NC", "UO", "NR"], 503, "503 Service Temporarily Unavailable"),
        (["UT", "SI"], 504, "504 Gateway Time-out"),
        (["UAEX"], None, ""),
    ]
    found = []
    for flags, status, title in pages:
        if status is None:
            continue
        found.append(
            {
                "filter": {"response_flag_filter": {"flags": flags}},
                "status_code": status,
                "body_format_override": {
                    "text_format_source": {
                        "inline_string": f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
                        f"<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
                    },
                    "content_type": "text/html",
                },
            }
        )
    return found


def _access_log(site: Site, of: Listener, log: Path) -> Json:
    """One JSON object a request, with the names that access logs of load balancers have."""
    fields = {
        "type": "https" if of.certificates else "http",
        "time": "%START_TIME(%Y-%m-%dT%H:%M:%S.%6fZ)%",
        "elb": site.arn,
        "listener": of.id,
        "client_port": "%DOWNSTREAM_REMOTE_ADDRESS%",
        "target_port": "%UPSTREAM_HOST%",
        "duration_ms": "%DURATION%",
        "target_processing_ms": "%COMMON_DURATION(US_TX_BEG:US_RX_BEG:ms)%",
        "elb_status_code": "%RESPONSE_CODE%",
        "received_bytes": "%BYTES_RECEIVED%",
        "sent_bytes": "%BYTES_SENT%",
        "request_method": "%REQ(:METHOD)%",
        "request_target": "%REQ(:PATH)%",
        "request_protocol": "%PROTOCOL%",
        "domain_name": "%REQ(:AUTHORITY)%",
        "user_agent": "%REQ(USER-AGENT)%",
        "referer": "%REQ(REFERER)%",
        "forwarded_for": "%REQ(X-FORWARDED-FOR)%",
        "ssl_cipher": "%DOWNSTREAM_TLS_CIPHER%",
        "ssl_protocol": "%DOWNSTREAM_TLS_VERSION%",
        "server_name": "%REQUESTED_SERVER_NAME%",
        "ja4": "%TLS_JA4_FINGERPRINT%",
        "target_group": "%UPSTREAM_CLUSTER_RAW%",
        "matched_rule_priority": "%ROUTE_NAME%",
        "response_flags": "%RESPONSE_FLAGS%",
        "details": "%RESPONSE_CODE_DETAILS%",
    }
    return _file("DownstreamEnd", log, fields)


def _underway(log: Path) -> Json:
    """What is said, again and again, of requests that take long: who slows down with a body is found by it."""
    fields = {
        "client": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%",
        "port": "%DOWNSTREAM_LOCAL_PORT%",
        "duration_ms": "%DURATION%",
        "request_ms": "%REQUEST_DURATION%",
        "received_bytes": "%BYTES_RECEIVED%",
        "sent_bytes": "%BYTES_SENT%",
        "upgrade": "%REQ(UPGRADE)%",
        "method": "%REQ(:METHOD)%",
        "content_type": "%REQ(CONTENT-TYPE)%",
    }
    return _file("DownstreamPeriodic", log, fields)


def _file(kind: str, path: Path, fields: Json) -> Json:
    return {
        "name": "file",
        "filter": {"log_type_filter": {"types": [kind]}},
        "typed_config": typed(
            "access_loggers.file.v3.FileAccessLog",
            {"path": str(path), "log_format": {"json_format": fields}},
        ),
    }

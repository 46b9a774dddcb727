"""All of Envoy's configuration: resources by file, and the same in one piece to validate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from garrison.access.sites import Listener, Site
from garrison.edge.envoy import clusters, listeners
from garrison.edge.envoy.names import short
from garrison.edge.envoy.routes import compact, route_configuration
from garrison.edge.limits import Limits
from garrison.edge.world import World

Json = dict[str, Any]

_HEAP = "envoy.resource_monitors.fixed_heap"
_PRESSURE = "envoy.resource_monitors.injected_resource"
LDS, CDS = "lds.json", "cds.json"
ADMIN = "admin.sock"
BOOTSTRAP = "bootstrap.json"
PRESSURE = "pressure"
"""How much of what there is is taken, from 0 to 1, as the edge says it."""
UNDERWAY = "underway.jsonl"
"""What Envoy says of requests that take long, while they do."""


class Place(msgspec.Struct, frozen=True):
    """Where Envoy's files are."""

    directory: Path
    workers: Path
    """The inspection workers' socket."""
    log: Path
    host: str
    """Address of the listeners."""
    authorities: Path | None = None
    """Certificate authorities that verified targets may have theirs from."""
    limits: Limits = Limits()


def files(place: Place, world: World) -> dict[str, str]:
    """File name -> contents; the order is that in which they are to appear."""
    found: dict[str, str] = {}
    all_clusters, all_listeners = [], []
    for site in world.sites:
        for pool in site.pools:
            name = f"eds-{short(pool.id)}.json"
            found[name] = _response([clusters.assignment(pool, tuple(world.usable.get(pool.id, pool.targets)))])
            all_clusters.append(clusters.cluster(pool, place.directory / name, place.authorities))
    found[CDS] = _response(all_clusters)
    for site in world.sites:
        for listener in site.listeners:
            name = f"rds-{short(listener.id)}.json"
            routes = route_configuration(site, listener, world.protected.get(site.arn))
            found[name] = _response([routes])
            source = {"path_config_source": {"path": str(place.directory / name)}, "resource_api_version": "V3"}
            where = {"rds": {"route_config_name": short(listener.id), "config_source": source}}
            all_listeners.append(_listener(place, world, site, listener, where))
    found[LDS] = _response(all_listeners)
    return found


def whole(place: Place, world: World) -> str:
    """Everything in one static configuration, for `envoy --mode validate`."""
    all_listeners, all_clusters = [], []
    for site in world.sites:
        for listener in site.listeners:
            routes = route_configuration(site, listener, world.protected.get(site.arn))
            all_listeners.append(_listener(place, world, site, listener, {"route_config": routes}))
        all_clusters += [clusters.cluster(pool, None, place.authorities) for pool in site.pools]
    for one in (*all_listeners, *all_clusters):
        _without_type(one)
    configuration = bootstrap(place)
    configuration.pop("dynamic_resources")
    configuration["static_resources"]["listeners"] = all_listeners
    configuration["static_resources"]["clusters"] += all_clusters
    return compact(configuration)


def _listener(place: Place, world: World, site: Site, listener: Listener, routes: Json) -> Json:
    logs = (place.log, place.directory / UNDERWAY)
    return listeners.listener(site, listener, place.host, routes, world.certificates, logs, place.limits)


def _without_type(resource: Json) -> None:
    """Static resources have no type of their own; what a cluster or a route table holds as a resource has none, too."""
    resource.pop("@type", None)
    resource.get("load_assignment", {}).pop("@type", None)
    for chain in resource.get("filter_chains", ()):
        for each in chain["filters"]:
            each["typed_config"].get("route_config", {}).pop("@type", None)


def _response(resources: list[Json]) -> str:
    for resource in resources:
        resource.get("load_assignment", {}).pop("@type", None)
    return compact({"version_info": short(compact(resources)), "resources": resources})


def bootstrap(place: Place) -> Json:
    """What Envoy is started with: where everything else is, and how much it may take.

    Paths of sockets are relative to the edge's directory, where both sides run: those of Unix sockets may have no more
    than a hundred characters.
    """
    sources: Json = {}
    for kind, name in (("lds_config", LDS), ("cds_config", CDS)):
        sources[kind] = {"path_config_source": {"path": str(place.directory / name)}, "resource_api_version": "V3"}
    return {
        "node": {"id": "garrison", "cluster": "garrison"},
        "admin": {"address": {"pipe": {"path": f"{place.directory.name}/{ADMIN}", "mode": 0o600}}},
        "dynamic_resources": sources,
        "static_resources": {"clusters": [clusters.workers(place.workers)]},
        "overload_manager": {
            "refresh_interval": "0.25s",
            "resource_monitors": [
                {
                    "name": "envoy.resource_monitors.global_downstream_max_connections",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3."
                        "DownstreamConnectionsConfig",
                        "max_active_downstream_connections": place.limits.connections,
                    },
                },
                {
                    "name": _HEAP,
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig",
                        "max_heap_size_bytes": place.limits.heap,
                    },
                },
                {
                    "name": _PRESSURE,
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.resource_monitors.injected_resource.v3."
                        "InjectedResourceConfig",
                        "filename": str(place.directory / PRESSURE),
                    },
                },
            ],
            # In order of what it costs clients: the idle go first, then who wants a connection to last, then the new.
            "actions": [
                _sooner({_HEAP: (0.80, 0.95), _PRESSURE: (0.60, 0.95)}),
                _overload("envoy.overload_actions.shrink_heap", {_HEAP: 0.90}),
                _overload("envoy.overload_actions.disable_http_keepalive", {_HEAP: 0.92, _PRESSURE: 0.95}),
                _overload("envoy.overload_actions.stop_accepting_requests", {_HEAP: 0.95}),
                _overload("envoy.overload_actions.stop_accepting_connections", {_HEAP: 0.98}),
            ],
        },
        "layered_runtime": {
            "layers": [
                {
                    "name": "fixed",
                    "static_layer": {
                        # Rapid reset: a connection most of whose streams are reset as soon as they are opened.
                        "overload.premature_reset_total_stream_count": place.limits.resets,
                        "overload.premature_reset_min_stream_lifetime_seconds": 1,
                        # One connection full of requests must not keep the others waiting.
                        "http.max_requests_per_io_cycle": 1,
                    },
                }
            ]
        },
    }


def _overload(action: str, thresholds: dict[str, float]) -> Json:
    triggers = [{"name": name, "threshold": {"value": value}} for name, value in thresholds.items()]
    return {"name": action, "triggers": triggers}


def _sooner(thresholds: dict[str, tuple[float, float]]) -> Json:
    """Idle connections are closed the sooner the fuller it is."""
    timers = {
        "HTTP_DOWNSTREAM_CONNECTION_IDLE": "1s",
        "HTTP_DOWNSTREAM_STREAM_IDLE": "5s",
        "TRANSPORT_SOCKET_CONNECT": "2s",
    }
    return {
        "name": "envoy.overload_actions.reduce_timeouts",
        "triggers": [
            {"name": name, "scaled": {"scaling_threshold": low, "saturation_threshold": high}}
            for name, (low, high) in thresholds.items()
        ],
        "typed_config": {
            "@type": "type.googleapis.com/envoy.config.overload.v3.ScaleTimersOverloadActionConfig",
            "timer_scale_factors": [{"timer": timer, "min_timeout": least} for timer, least in timers.items()],
        },
    }

"""All of Envoy's configuration: resources by file, and the same in one piece to validate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from garrison.edge.envoy import clusters, listeners
from garrison.edge.envoy.names import short
from garrison.edge.envoy.routes import compact, route_configuration
from garrison.edge.world import World

Json = dict[str, Any]

LDS, CDS = "lds.json", "cds.json"
ADMIN = "admin.sock"
BOOTSTRAP = "bootstrap.json"


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
    connections: int = 20_000
    """Clients' connections at a time, over all listeners."""


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
            all_listeners.append(listeners.listener(site, listener, place.host, where, world.certificates, place.log))
    found[LDS] = _response(all_listeners)
    return found


def whole(place: Place, world: World) -> str:
    """Everything in one static configuration, for `envoy --mode validate`."""
    all_listeners, all_clusters = [], []
    for site in world.sites:
        for listener in site.listeners:
            routes = route_configuration(site, listener, world.protected.get(site.arn))
            all_listeners.append(
                listeners.listener(site, listener, place.host, {"route_config": routes}, world.certificates, place.log)
            )
        all_clusters += [clusters.cluster(pool, None, place.authorities) for pool in site.pools]
    for one in (*all_listeners, *all_clusters):
        _without_type(one)
    configuration = bootstrap(place)
    configuration.pop("dynamic_resources")
    configuration["static_resources"]["listeners"] = all_listeners
    configuration["static_resources"]["clusters"] += all_clusters
    return compact(configuration)


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
    return compact({"resources": resources})


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
                        "max_active_downstream_connections": place.connections,
                    },
                },
                {
                    "name": "envoy.resource_monitors.fixed_heap",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig",
                        "max_heap_size_bytes": 1 << 30,
                    },
                },
            ],
            "actions": [
                _overload("envoy.overload_actions.shrink_heap", 0.90),
                _overload("envoy.overload_actions.disable_http_keepalive", 0.92),
                _overload("envoy.overload_actions.stop_accepting_requests", 0.95),
            ],
        },
        # A stream of few bytes at a time must not keep a connection's buffers forever.
        "layered_runtime": {
            "layers": [
                {
                    "name": "fixed",
                    "static_layer": {"overload": {"premature_reset_total_stream_count": 500}},
                }
            ]
        },
    }


def _overload(action: str, threshold: float) -> Json:
    trigger = {"name": "envoy.resource_monitors.fixed_heap", "threshold": {"value": threshold}}
    return {"name": action, "triggers": [trigger]}

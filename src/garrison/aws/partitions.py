"""Partitions and regions, from botocore's data. Read lazily: nothing here costs anything until the first call."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import botocore
import msgspec


class _Outputs(msgspec.Struct, rename="camel"):
    dns_suffix: str
    implicit_global_region: str


class _Partition(msgspec.Struct, rename="camel"):
    id: str
    region_regex: str
    outputs: _Outputs
    regions: dict[str, msgspec.Raw]


class _Partitions(msgspec.Struct):
    partitions: list[_Partition]


class _Scope(msgspec.Struct):
    region: str | None = None


class _Endpoint(msgspec.Struct, rename="camel"):
    credential_scope: _Scope | None = None


class _Service(msgspec.Struct, rename="camel"):
    endpoints: dict[str, _Endpoint] = {}
    is_regionalized: bool = True
    partition_endpoint: str | None = None


class _EndpointPartition(msgspec.Struct):
    partition: str
    services: dict[str, _Service]


class _Endpoints(msgspec.Struct):
    partitions: list[_EndpointPartition]


def _data(name: str) -> bytes:
    return (Path(botocore.__file__).parent / "data" / name).read_bytes()


@lru_cache(maxsize=1)
def _partitions() -> list[tuple[re.Pattern[str], _Partition]]:
    decoded = msgspec.json.decode(_data("partitions.json"), type=_Partitions)
    return [(re.compile(p.region_regex), p) for p in decoded.partitions]


@lru_cache(maxsize=1)
def _global_regions() -> dict[tuple[str, str], str]:
    """(partition, endpoint prefix) -> the region a service without regions is signed for."""
    found: dict[tuple[str, str], str] = {}
    for partition in msgspec.json.decode(_data("endpoints.json"), type=_Endpoints).partitions:
        for prefix, service in partition.services.items():
            if service.is_regionalized or service.partition_endpoint is None:
                continue
            scope = service.endpoints.get(service.partition_endpoint, _Endpoint()).credential_scope
            if scope is not None and scope.region is not None:
                found[partition.partition, prefix] = scope.region
    return found


@lru_cache(maxsize=256)
def partition_of(region: str) -> str | None:
    """The partition a region belongs to (`aws-cn`), or None if no partition has regions of that form."""
    for pattern, partition in _partitions():
        if region in partition.regions or pattern.match(region):
            return partition.id
    return None


@lru_cache(maxsize=1024)
def global_region(partition: str, endpoint_prefix: str) -> str | None:
    """The one region a global service (`iam`, `organizations`) lives in, or None for a service with regions."""
    return _global_regions().get((partition, endpoint_prefix))


@lru_cache(maxsize=16)
def dns_suffix(partition: str) -> str:
    """`amazonaws.com`, `amazonaws.com.cn`, ..."""
    for _, candidate in _partitions():
        if candidate.id == partition:
            return candidate.outputs.dns_suffix
    return "amazonaws.com"


@lru_cache(maxsize=16)
def regions(partition: str) -> tuple[str, ...]:
    """The regions of a partition, by name; global pseudo regions are none."""
    for _, candidate in _partitions():
        if candidate.id == partition:
            return tuple(sorted(name for name in candidate.regions if not name.endswith("-global")))
    return ()

"""What must be known of all AWS services before any of their models is opened: names, protocols, operations.

Reading all of botocore's models takes seconds and hundreds of megabytes, so `scripts/build_service_index.py` condenses
them into one file, `data/services.json.gz`. It is read once, at first use, in a few milliseconds.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from functools import cached_property, lru_cache
from importlib.resources import files

import msgspec

FILE = "services.json.gz"


class Rest(msgspec.Struct, frozen=True):
    """The HTTP binding of one REST operation."""

    operation: str
    method: str
    uri: str
    """Path template with `{Label}` and `{Greedy+}`, and query literals after `?`."""
    query: tuple[str, ...] = ()
    """Query parameters the operation requires."""
    headers: tuple[str, ...] = ()
    """Headers the operation requires, lower case."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """One service, without its shapes."""

    name: str
    """botocore's name (`elbv2`)."""
    service_id: str
    version: str
    """The newest API version botocore has."""
    protocols: tuple[str, ...]
    """Every protocol its model lists, its preferred one first."""
    signing_name: str
    endpoint_prefix: str
    target_prefix: str = ""
    namespace: str = ""
    """XML namespace, for the XML protocols."""
    query_compatible: bool = False
    """Once a query service: errors carry the old code in `x-amzn-query-error`."""
    operations: str = ""
    """One operation a line; for REST: name, method, template, required query keys, required headers, tab-separated."""
    unsigned: tuple[str, ...] = ()
    """Operations AWS takes without a signature."""

    @property
    def rest(self) -> bool:
        """Whether operations are found by method and path."""
        return self.protocols[0].startswith("rest")

    @cached_property
    def names(self) -> frozenset[str]:
        """All operation names."""
        return frozenset(line.partition("\t")[0] for line in self.operations.split("\n") if line)

    def bindings(self) -> list[Rest]:
        """HTTP bindings of a REST service's operations."""
        found = []
        for line in self.operations.split("\n"):
            if line:
                name, method, uri, query, headers = line.split("\t")
                found.append(Rest(name, method, uri, tuple(query.split()), tuple(headers.split())))
        return found


class Index(msgspec.Struct, frozen=True, dict=True):
    """All services."""

    botocore: str
    """The botocore version the index was built from."""
    services: dict[str, Entry]

    @cached_property
    def by_signing_name(self) -> dict[str, tuple[Entry, ...]]:
        """Services by the name in SigV4 scopes; the service that bears the name itself comes first."""
        found: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in self.services.values():
            found[entry.signing_name].append(entry)
        return {k: tuple(sorted(v, key=lambda e: (e.name != k, e.name))) for k, v in found.items()}

    @cached_property
    def by_target_prefix(self) -> dict[str, tuple[Entry, ...]]:
        """Services by what stands before the dot in `X-Amz-Target`."""
        found: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in self.services.values():
            if entry.target_prefix:
                found[entry.target_prefix].append(entry)
        return {k: tuple(v) for k, v in found.items()}

    @cached_property
    def by_endpoint_prefix(self) -> dict[str, tuple[Entry, ...]]:
        """Services by the first label of their host names (`iam`, `runtime.sagemaker`)."""
        found: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in self.services.values():
            found[entry.endpoint_prefix].append(entry)
        return {k: tuple(v) for k, v in found.items()}

    @cached_property
    def query_by_version(self) -> dict[str, tuple[Entry, ...]]:
        """Query and ec2 services by API version."""
        found: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in self.services.values():
            if "query" in entry.protocols or "ec2" in entry.protocols:
                found[entry.version].append(entry)
        return {k: tuple(v) for k, v in found.items()}


@lru_cache(maxsize=1)
def index() -> Index:
    """The index, read once."""
    raw = (files("garrison.aws") / "data" / FILE).read_bytes()
    return msgspec.json.decode(gzip.decompress(raw), type=Index)

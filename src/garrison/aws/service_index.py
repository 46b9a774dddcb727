"""What must be known of all AWS services before any of their models is opened: names, protocols, operations.

Reading all of botocore's models takes seconds and hundreds of megabytes, so `scripts/build_service_index.py` condenses
them into one file, `data/services.json.gz`. It is read once, at first use, in a few milliseconds, and what Garrison
adds of its own (`garrison.aws.own`) joins it then.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

import msgspec

from garrison.aws import own
from garrison.aws.service_entry import Entry, Rest, entry_of, operation_lines

FILE = "services.json.gz"


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
    read = msgspec.json.decode(gzip.decompress(raw), type=Index)
    services = dict(read.services)
    for name in own.services():
        services[name] = entry_of(name, own.model(name))
    for name in own.extended():
        services[name] = _extended(services[name], own.additions(name))
    return Index(read.botocore, dict(sorted(services.items())))


def _extended(known: Entry, more: dict[str, Any]) -> Entry:
    """An entry with the operations that are ours."""
    lines = operation_lines(more, rest=known.rest)
    return msgspec.structs.replace(known, operations=f"{known.operations}\n{lines}")


__all__ = ["FILE", "Entry", "Index", "Rest", "index"]

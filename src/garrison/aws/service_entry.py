"""From a service's model to its entry in the index: names, protocols, operations and their HTTP bindings."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import msgspec


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


def entry_of(name: str, model: dict[str, Any]) -> Entry:
    """The index entry of one service."""
    meta = model["metadata"]
    protocols = tuple(meta.get("protocols") or [meta["protocol"]])
    rest = meta["protocol"].startswith("rest")
    operations = model["operations"]
    namespace = meta.get("xmlNamespace", "")
    return Entry(
        name=name,
        service_id=meta["serviceId"],
        version=meta["apiVersion"],
        protocols=protocols,
        signing_name=meta.get("signingName") or meta["endpointPrefix"],
        endpoint_prefix=meta["endpointPrefix"],
        target_prefix=meta.get("targetPrefix", ""),
        namespace=namespace or _input_namespace(model),
        query_compatible="awsQueryCompatible" in meta,
        operations=operation_lines(model, rest=rest),
        unsigned=tuple(sorted(n for n, o in operations.items() if _unsigned(o))),
    )


def operation_lines(model: dict[str, Any], *, rest: bool) -> str:
    """`Entry.operations` of a model that may hold operations and shapes alone."""
    operations = model["operations"]
    # Where two share a binding, the first is found: not the one that is deprecated.
    names = sorted(operations, key=lambda n: (operations[n].get("deprecated", False), n))
    return "\n".join(_binding(model, n) if rest else n for n in names)


def _unsigned(operation: dict[str, Any]) -> bool:
    return operation.get("authtype") == "none" or "smithy.api#noAuth" in operation.get("auth", ())


def _binding(model: dict[str, Any], name: str) -> str:
    operation = model["operations"][name]
    http = operation["http"]
    query, headers = [], []
    if "input" in operation:
        shape = model["shapes"][operation["input"]["shape"]]
        for member in shape.get("required", ()):
            reference = shape["members"][member]
            where = reference.get("location")
            if where == "querystring" and model["shapes"][reference["shape"]]["type"] != "map":
                query.append(reference.get("locationName", member))
            elif where == "header":
                headers.append(reference.get("locationName", member).lower())
    return "\t".join((name, http["method"], http["requestUri"], " ".join(query), " ".join(headers)))


def _input_namespace(model: dict[str, Any]) -> str:
    """rest-xml models keep the namespace on input shapes."""
    for operation in model["operations"].values():
        uri = operation.get("input", {}).get("xmlNamespace", {}).get("uri")
        if uri:
            return str(uri)
    return ""

"""Condense the installed botocore's models into `src/garrison/aws/data/services.json.gz`.

Run after moving to another botocore: `python scripts/build_service_index.py`.
"""

from __future__ import annotations

import gzip
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from garrison.aws.models import data_directory, model_file
from garrison.aws.service_index import FILE, Entry, Index


def main() -> None:
    entries = {}
    for directory in sorted(data_directory().iterdir()):
        try:
            path = model_file(directory.name)
        except KeyError:
            continue
        raw = path.read_bytes()
        entries[directory.name] = entry(directory.name, msgspec.json.decode(gzip.decompress(raw)))
    target = Path(__file__).parent.parent / "src/garrison/aws/data" / FILE
    data = msgspec.json.encode(Index(version("botocore"), entries))
    target.write_bytes(gzip.compress(data, 9, mtime=0))
    print(f"{target}: {len(entries)} services, {len(data)} bytes, {target.stat().st_size} compressed")


def entry(name: str, model: dict[str, Any]) -> Entry:
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
        # Where two share a binding, the first is found: not the one that is deprecated.
        operations="\n".join(
            _binding(model, n) if rest else n
            for n in sorted(operations, key=lambda n: (operations[n].get("deprecated", False), n))
        ),
        unsigned=tuple(sorted(n for n, o in operations.items() if _unsigned(o))),
    )


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


if __name__ == "__main__":
    main()

"""Service models, loaded when first asked for: botocore's, from its own data directory only, and those of our own.

botocore's loader would also take models from `~/.aws/models`; a file in a home directory must not change what Garrison
enforces, so the files are read here directly.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from garrison.aws import own
from garrison.aws.errors import AwsError
from garrison.aws.service_index import index

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel, Shape, StructureShape


class ModelledError(msgspec.Struct, frozen=True):
    """An error shape of a service."""

    shape: str
    code: str
    """`error.code` of the model, else the shape's name."""
    status: int
    """HTTP status: `error.httpStatusCode`, else 500 for faults, else 400."""
    fault: bool
    """The service's fault, not the caller's (`Receiver` in query errors)."""


def services() -> tuple[str, ...]:
    """Names of all services, as botocore calls them, and of Garrison's own."""
    return tuple(index().services)


def data_directory() -> Path:
    """Where botocore keeps its models."""
    spec = find_spec("botocore")
    if spec is None or spec.origin is None:
        raise RuntimeError("botocore is not installed")
    return Path(spec.origin).parent / "data"


def model_file(name: str) -> Path:
    """The newest model file of a service. Raises `KeyError` if there is none."""
    versions = sorted((data_directory() / name).glob("*/service-2.json*"))
    if not versions or not name.replace("-", "").isalnum():
        raise KeyError(name)
    return versions[-1]


# Few services are in use at a time and a large model takes tens of megabytes; what was compiled from it stays.
@lru_cache(maxsize=24)
def service(name: str) -> ServiceModel:
    """The model of a service. Raises `KeyError` for a name there is not."""
    from botocore.model import ServiceModel

    if name in own.services():
        return ServiceModel(own.model(name), name)
    path = model_file(name)
    raw = path.read_bytes()
    if path.suffix == ".gz":
        raw = gzip.decompress(raw)
    model = msgspec.json.decode(raw)
    if name in own.extended():
        own.merge(model, own.additions(name))
    return ServiceModel(model, name)


def operation(service_name: str, name: str) -> OperationModel:
    """The model of an operation. Raises `AwsError` if the installed botocore does not have it."""
    try:
        model = service(service_name)
    except KeyError:
        raise AwsError("UnknownOperationException", f"Unknown service {service_name}", status=404) from None
    if name not in model.operation_names:
        raise AwsError("UnknownOperationException", f"Unknown operation {name}", status=404)
    return model.operation_model(name)


@lru_cache(maxsize=64)
def errors(service_name: str) -> dict[str, ModelledError]:
    """Error shapes of a service, by code and (where that is free) by shape name."""
    model = service(service_name)
    by_code: dict[str, ModelledError] = {}
    by_shape: dict[str, ModelledError] = {}
    for name in model.shape_names:
        shape = model.shape_for(name)
        if not shape.metadata.get("exception"):
            continue
        traits = shape.metadata.get("error", {})
        # `fault` says whose fault it is where the model gives no status.
        fault = bool(trait(shape, "fault")) or not traits.get("senderFault", True)
        status = int(traits.get("httpStatusCode", 500 if fault else 400))
        error = ModelledError(name, traits.get("code", name), status, status >= 500)
        by_code.setdefault(error.code, error)
        by_shape[name] = error
    return by_shape | by_code


def trait(shape: Shape, name: str) -> Any:
    """A trait of the model that botocore's shapes do not offer (`fault`, `sparse`), or None."""
    return shape._shape_model.get(name)  # type: ignore[attr-defined]


def error_shape(service_name: str, name: str) -> StructureShape:
    """The shape behind a `ModelledError.shape`."""
    return service(service_name).shape_for(name)  # type: ignore[return-value]


def signing_name(name: str) -> str:
    """The service name in SigV4 scopes."""
    return index().services[name].signing_name


def target_prefix(name: str) -> str:
    """What stands before the dot in `X-Amz-Target`; empty for services without it."""
    return index().services[name].target_prefix


def endpoint_prefix(name: str) -> str:
    """The first label of the service's host names."""
    return index().services[name].endpoint_prefix

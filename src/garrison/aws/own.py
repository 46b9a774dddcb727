"""What Garrison adds to AWS's models: services of its own, and operations AWS documents but its SDKs lack.

The files lie in `data/models` as botocore's loader wants them, so that `garrison models install` has only to copy them:
`NAME/VERSION/service-2.json` is a service of ours, `NAME/VERSION/service-2.sdk-extras.json` adds to one of botocore's
(the version is botocore's, and no other file name is looked for). `data/actions/PREFIX.json` says what policies can
grant of a service of ours: `name`, `actions`, `resourceTypes` and `conditionKeys`, each as the service authorization
reference has them.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import msgspec

MODEL = "service-2.json"
EXTRAS = "service-2.sdk-extras.json"


def directory() -> Traversable:
    """Where the models lie."""
    return files("garrison.aws") / "data" / "models"


def teach(session: Any) -> None:
    """Let a botocore session know our models."""
    paths = session.get_component("data_loader").search_paths
    if str(directory()) not in paths:
        paths.append(str(directory()))


@cache
def model_files() -> tuple[tuple[str, str, str], ...]:
    """Every file as (service, version, file name)."""
    return tuple(
        (service.name, version.name, file.name)
        for service in sorted(directory().iterdir(), key=lambda one: one.name)
        if service.is_dir()
        for version in sorted(service.iterdir(), key=lambda one: one.name)
        for file in sorted(version.iterdir(), key=lambda one: one.name)
        if file.name.endswith(".json")
    )


@cache
def services() -> frozenset[str]:
    """Services that are ours."""
    return frozenset(service for service, _, file in model_files() if file == MODEL)


@cache
def extended() -> frozenset[str]:
    """botocore's services to which we add operations."""
    return frozenset(service for service, _, file in model_files() if file == EXTRAS)


def content(service: str, version: str, file: str) -> bytes:
    """One of `model_files`."""
    return (directory() / service / version / file).read_bytes()


def model(service: str) -> dict[str, Any]:
    """The newest model of a service of ours."""
    return _newest(service, MODEL)


def additions(service: str) -> dict[str, Any]:
    """What we add to a service of botocore's: `operations` and `shapes`."""
    added: dict[str, Any] = _newest(service, EXTRAS)["merge"]
    return added


def merge(base: dict[str, Any], more: dict[str, Any]) -> None:
    """Add `more` to `base`, dicts into dicts, as botocore does with such files."""
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value


@cache
def action_prefixes() -> frozenset[str]:
    """Prefixes of actions that are ours."""
    return frozenset(
        file.name.removesuffix(".json")
        for file in (files("garrison.aws") / "data" / "actions").iterdir()
        if file.name.endswith(".json")
    )


@cache
def actions(prefix: str) -> dict[str, Any]:
    """What policies can grant under a prefix of ours."""
    raw = (files("garrison.aws") / "data" / "actions" / f"{prefix}.json").read_bytes()
    return msgspec.json.decode(raw, type=dict[str, Any])


@cache
def _read(service: str, version: str, file: str) -> dict[str, Any]:
    return msgspec.json.decode(content(service, version, file), type=dict[str, Any])


def _newest(service: str, file: str) -> dict[str, Any]:
    return _read(service, max(v for s, v, f in model_files() if s == service and f == file), file)

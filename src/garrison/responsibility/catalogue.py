"""The services and what AWS documents of them, read from `data/*.yaml` when first asked for.

A service has a letter for each layer, settings that move letters, and a documentation page for every statement.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from garrison.responsibility.layers import BY_ID, LAYERS
from garrison.responsibility.parties import Party

CATEGORIES = {
    "compute": "Compute",
    "containers": "Containers",
    "storage": "Storage",
    "databases": "Databases",
    "integration": "Messaging and integration",
    "networking": "Networking and delivery",
    "security": "Security, identity and audit",
    "analytics": "Analytics and machine learning",
    "end-user": "Desktops",
}
"""Data files in the order their services are shown, and how the group is called."""


class Duties(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What each party must do in a cell. One sentence a duty."""

    customer: tuple[str, ...] = ()
    provider: tuple[str, ...] = ()


class Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something about a service's configuration that moves the line. The first value is the default."""

    title: str
    values: dict[str, str]
    """Value -> how a row with it is called."""

    @property
    def default(self) -> str:
        return next(iter(self.values))


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Letters that hold while the settings have these values. Of several, the later wins."""

    when: dict[str, str]
    cells: dict[str, Party]
    because: str
    source: str
    duties: dict[str, Duties] = {}


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One service."""

    id: str
    name: str
    category: str
    source: str
    """Documentation page the letters rest on."""
    cells: dict[str, Party]
    seen_as: dict[str, tuple[str, ...]] = {}
    """What the trail shows of its use: source of events without `.amazonaws.com` -> names of events, none for any."""
    settings: dict[str, Setting] = {}
    rows: tuple[dict[str, str], ...] = ({},)
    """The settings the whole matrix shows it with, a row each."""
    rules: tuple[Rule, ...] = ()
    duties: dict[str, Duties] = {}


class UnknownService(Exception):
    """No service is called that. The message names the nearest."""


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A service as the files write it: letters in a row, duties as a list where only the customer has any."""

    id: str
    name: str
    source: str
    cells: str
    seen_as: dict[str, tuple[str, ...]]
    settings: dict[str, Setting] = {}
    rows: tuple[dict[str, str], ...] = ({},)
    rules: tuple[dict[str, Any], ...] = ()
    duties: dict[str, Any] = {}


@cache
def services() -> dict[str, Service]:
    """Every service by id, in the order they are shown."""
    found: dict[str, Service] = {}
    for category, title in CATEGORIES.items():
        raw = (files("garrison.responsibility") / "data" / f"{category}.yaml").read_bytes()
        for written in msgspec.yaml.decode(raw, type=list[_Written]):
            found[written.id] = _service(written, title)
    return found


def service(id: str) -> Service:
    """The service of that id. Raises `UnknownService`."""
    known = services()
    found = known.get(_ALIASES.get(id, id))
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(id, [*known, *_ALIASES], n=3)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise UnknownService(f"There is no service {id!r} in the responsibility model.{hint}")
    return found


_ALIASES = {
    "apigateway": "api-gateway",
    "apprunner": "app-runner",
    "autoscaling": "ec2-auto-scaling",
    "beanstalk": "elastic-beanstalk",
    "docdb": "documentdb",
    "elasticbeanstalk": "elastic-beanstalk",
    "elbv2": "elb",
    "events": "eventbridge",
    "inspector2": "inspector",
    "kafka": "msk",
    "logs": "cloudwatch",
    "secretsmanager": "secrets-manager",
    "ssm": "parameter-store",
    "stepfunctions": "step-functions",
    "wafv2": "waf",
}
"""Other names people type: those of the aws command."""


def _service(written: _Written, category: str) -> Service:
    letters = written.cells.replace(" ", "")
    if len(letters) != len(LAYERS):
        raise ValueError(f"{written.id}: {len(letters)} letters for {len(LAYERS)} layers")
    rules = tuple(
        msgspec.convert({**rule, "duties": _duties(written.id, rule.get("duties", {}))}, Rule) for rule in written.rules
    )
    return Service(
        id=written.id,
        name=written.name,
        category=category,
        source=written.source,
        cells={layer.id: Party(letter) for layer, letter in zip(LAYERS, letters, strict=True)},
        seen_as=written.seen_as,
        settings=written.settings,
        rows=written.rows,
        rules=rules,
        duties=msgspec.convert(_duties(written.id, written.duties), dict[str, Duties]),
    )


def _duties(service_id: str, written: dict[str, Any]) -> dict[str, Any]:
    unknown = written.keys() - BY_ID.keys()
    if unknown:
        raise ValueError(f"{service_id}: no layer {', '.join(sorted(unknown))}")
    return {layer: {"customer": said} if isinstance(said, list) else said for layer, said in written.items()}

"""What a framework is, and how one is read."""

from __future__ import annotations

from collections.abc import Collection
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec
import yaml

_DATA = resources.files("garrison.assess.frameworks") / "data"
_TITLE = 120
"""Longest title, in characters. Titles are ours and short; whoever pastes a standard's sentences in is stopped."""


class FrameworkError(Exception):
    """A framework cannot be had or read. The text says which, and why."""


class Control(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One requirement."""

    id: str
    """As the standard numbers it."""
    title: str
    """What it is about, in our own words."""
    checks: tuple[str, ...] = ()
    """Ids of the checks that look at it. All must pass."""
    partly: bool = False
    """Whether it asks for more than those checks look at: then they can show a gap, and never that it is satisfied."""
    kind: Literal["technical", "process", "provider"] = "technical"
    """`process`: people and paper show it; `provider`: the provider's part, shown by its reports."""


class Framework(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A standard, or what a user demands of accounts."""

    id: str
    title: str
    version: str
    source: str
    """Where its publisher has it."""
    note: str
    """What of it is here, and what is not."""
    controls: tuple[Control, ...]

    @property
    def checks(self) -> frozenset[str]:
        """Ids of all checks it asks for."""
        return frozenset(check for control in self.controls for check in control.checks)


def built_in() -> list[str]:
    """Ids of the frameworks that come with Garrison."""
    return sorted(path.name.removesuffix(".yaml") for path in _DATA.iterdir() if path.name.endswith(".yaml"))


def load(named: str, checks: Collection[str]) -> Framework:
    """The framework of an id, or of a file (anything with a dot and a suffix, or a slash). Raises `FrameworkError`.

    `checks` are the ids there are: an edge to another one is an error, so that no requirement passes for want of a
    check.
    """
    file = named.endswith((".yaml", ".yml", ".json")) or "/" in named
    if not file and named not in built_in():
        raise FrameworkError(f"There is no framework {named}. garrison assess frameworks lists them.")
    try:
        text = Path(named).read_bytes() if file else (_DATA / f"{named}.yaml").read_bytes()
        found = msgspec.convert(yaml.load(text, Loader=_Loader), Framework)  # noqa: S506
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as e:
        raise FrameworkError(f"The framework {named} cannot be read: {e}") from e
    _examine(found, checks)
    return found


_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _examine(found: Framework, checks: Collection[str]) -> None:
    seen: set[str] = set()
    for control in found.controls:
        if control.id in seen:
            raise FrameworkError(f"{found.id} has {control.id} twice.")
        seen.add(control.id)
        if len(control.title) > _TITLE:
            raise FrameworkError(f"The title of {control.id} in {found.id} is longer than {_TITLE} characters.")
        for check in control.checks:
            if check not in checks:
                raise FrameworkError(f"{control.id} of {found.id} asks for {check}, and there is no such check.")

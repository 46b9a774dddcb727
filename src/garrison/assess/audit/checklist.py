"""What a checklist is, and how one is read."""

from __future__ import annotations

import re
from collections.abc import Collection
from importlib import resources
from pathlib import Path

import msgspec
import yaml

from garrison.assess.audit.populations import POPULATIONS
from garrison.assess.audit.procedures import PROCEDURES

_DATA = resources.files("garrison.assess.audit") / "data"
_ID = re.compile(r"[a-z0-9-]{1,40}\.[a-z0-9-]{1,60}")
_LONGEST = 366
"""Days an attestation may hold: whoever still means it then says so again."""


class ChecklistError(Exception):
    """A checklist cannot be had or read. The text says which, and why."""


class Sample(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an auditor draws where there are too many to look at all."""

    of: str
    """Name of a population."""
    size: int
    ask: str
    """What the person who attests looks at in each."""


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One question."""

    id: str
    """`DOMAIN.name-in-words`."""
    question: str
    examined: str
    """What is looked at."""
    checks: tuple[str, ...] = ()
    """Ids of the checks that run; all must pass."""
    procedures: tuple[str, ...] = ()
    """Names of procedures of ours that run beside them."""
    sample: Sample | None = None
    attest: str = ""
    """What a person must attest, where no machine can know; "" where the checks say it all."""
    valid_days: int = 90
    """How long an attestation holds, if nothing changes."""
    version: int = 1
    """Moves when the item asks for something else: what was attested of another version does not count."""

    @property
    def manual(self) -> bool:
        """Whether it needs somebody's attestation."""
        return bool(self.attest) or self.sample is not None

    @property
    def domain(self) -> str:
        return self.id.partition(".")[0]


class Domain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the checklist."""

    id: str
    title: str
    items: tuple[Item, ...]


class Checklist(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A list of questions."""

    id: str
    title: str
    version: str
    note: str
    domains: tuple[Domain, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for domain in self.domains for item in domain.items)

    @property
    def checks(self) -> frozenset[str]:
        """Ids of all checks it asks for."""
        return frozenset(check for item in self.items for check in item.checks)


def built_in() -> list[str]:
    """Ids of the checklists that come with Garrison."""
    return sorted(path.name.removesuffix(".yaml") for path in _DATA.iterdir() if path.name.endswith(".yaml"))


def load(named: str, checks: Collection[str]) -> Checklist:
    """The checklist of an id, or of a file (anything with a suffix, or a slash). Raises `ChecklistError`.

    `checks` are the ids there are: an item that asks for another one is an error, and never met for want of a check.
    """
    file = named.endswith((".yaml", ".yml", ".json")) or "/" in named
    if not file and named not in built_in():
        raise ChecklistError(f"There is no checklist {named}. garrison audit checklists lists them.")
    try:
        text = Path(named).read_bytes() if file else (_DATA / f"{named}.yaml").read_bytes()
        found = msgspec.convert(yaml.load(text, Loader=_Loader), Checklist)  # noqa: S506
    except OSError as e:
        raise ChecklistError(f"The checklist {named} cannot be read: {e.strerror or e}") from e
    except (yaml.YAMLError, msgspec.ValidationError) as e:
        raise ChecklistError(f"The checklist {named} cannot be read: {e}") from e
    _examine(found, checks)
    return found


_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _examine(found: Checklist, checks: Collection[str]) -> None:
    seen: set[str] = set()
    for domain in found.domains:
        for item in domain.items:
            if not _ID.fullmatch(item.id) or item.domain != domain.id:
                raise ChecklistError(f"{item.id}: an item's id is {domain.id}.name-in-words.")
            if item.id in seen:
                raise ChecklistError(f"{found.id} has {item.id} twice.")
            seen.add(item.id)
            _examine_item(item, checks)


def _examine_item(item: Item, checks: Collection[str]) -> None:
    if not item.checks and not item.procedures and not item.manual:
        raise ChecklistError(
            f"{item.id} asks for nothing: it needs checks, procedures, a sample or something to attest."
        )
    if not 1 <= item.valid_days <= _LONGEST:
        raise ChecklistError(f"{item.id}: an attestation holds for 1 to {_LONGEST} days.")
    for what, names, known in (
        ("check", item.checks, checks),
        ("procedure", item.procedures, PROCEDURES),
        ("population", () if item.sample is None else (item.sample.of,), POPULATIONS),
    ):
        for name in names:
            if name not in known:
                raise ChecklistError(f"{item.id} asks for {name}, and there is no such {what}.")
    if item.sample is not None and item.sample.size < 1:
        raise ChecklistError(f"{item.id}: a sample has at least one member.")

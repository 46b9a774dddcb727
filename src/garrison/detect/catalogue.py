"""Every finding type: what it is, how severe, what it is read from, and whether it is really found here.

The rows are in `data/finding_types.csv`, the custom detection rules in `data/custom_rules.csv`. Severities are those of
the GuardDuty user guide's table of finding types; those of the EKS, RDS, Lambda, runtime and malware types, and of the
single custom rules, are not verified against it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from garrison.detect import registry

if TYPE_CHECKING:
    from garrison.detect.context import Intel

_WORDS = {
    "principal": "Somebody",
    "address": "an address",
    "resource": "a resource",
    "name": "a name",
    "api": "an API",
}
"""What a template says of something that is not known."""


class FindingType(msgspec.Struct, frozen=True):
    """A row of the catalogue."""

    name: str
    """`Stealth:IAMUser/CloudTrailLoggingDisabled`"""
    severity: float
    """1.0 to 10.0: what it has unless a detector knows better."""
    varies: bool
    """Whether the severity depends on what happened."""
    feature: str
    """Of the detector: `CLOUD_TRAIL`, `FLOW_LOGS`, `DNS_LOGS` (always on), `S3_DATA_EVENTS`, `EKS_AUDIT_LOGS`, ...,
    `CUSTOM_DETECTION_RULES` or `EXTENDED`."""
    source: str
    """What it is read from: `api`, `flow`, `dns`, `kubernetes`, `login`, `sensor`, `scan` or `findings`."""
    kind: str
    """D deterministic, T threshold, I indicator on a list, B learned baseline, E host sensor or file scanner,
    C correlation, X known to AWS alone."""
    category: str
    """Of the lists an indicator type needs (`context.Match.category`); "" otherwise."""
    resource: str
    """`resource.resourceType` of its findings."""
    action: str
    """`service.action.actionType`; "" for types without one."""
    title: str
    """A template: `{principal} stopped ...`."""
    why: str
    """A sentence: why it matters."""
    limit: str
    """What AWS knows for this type that cannot be known here; "" where nothing."""

    def titled(self, **words: object) -> str:
        """The title of one finding; what is not given is named in general."""
        text = self.title.format_map({**_WORDS, **{k: v for k, v in words.items() if v}})
        return text[:1].upper() + text[1:]

    def described(self, **words: object) -> str:
        """The description of one finding."""
        return f"{self.titled(**words)}. {self.why}"


class Rule(NamedTuple):
    """A custom detection rule: it raises a type, with its own severity."""

    name: str
    type: str
    severity: float


class Status(NamedTuple):
    """Whether a type is found, and why not."""

    state: str
    """`active`, `needs feed`, `learning`, `needs sensor`, `not reproducible` or `not built`."""
    reason: str


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = resources.files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


def _types() -> Mapping[str, FindingType]:
    found: dict[str, FindingType] = {}
    for row in _rows("finding_types.csv"):
        fields: dict[str, Any] = {**row, "severity": float(row["severity"]), "varies": row["varies"] == "yes"}
        name = fields.pop("type")
        found[name] = FindingType(name, **fields)
    return MappingProxyType(found)


TYPES: Mapping[str, FindingType] = _types()
RULES: Mapping[str, Rule] = MappingProxyType(
    {row["rule"]: Rule(row["rule"], row["type"], float(row["severity"])) for row in _rows("custom_rules.csv")}
)

_WITHOUT_DETECTOR = {
    "B": Status("not built", "no baseline for it is built"),
    "C": Status("not built", "sequences of signals are not correlated yet"),
    "X": Status("not reproducible", "only AWS knows what it rests on"),
}


def raised() -> frozenset[str]:
    """Types some registered detector raises (`garrison.detect.detectors` must have been loaded)."""
    lists = [one.types for one in registry.EVENT_DETECTORS] + [one.types for one in registry.WINDOW_DETECTORS]
    return frozenset(name for types in lists for name in types)


def status(name: str, intel: Intel | None = None, found: frozenset[str] | None = None) -> Status:
    """Whether a type is found, with the lists of `intel`; `found` saves asking `raised` again."""
    type = TYPES[name]
    if name not in (raised() if found is None else found):
        if type.source == "sensor":
            return Status("needs sensor", "a runtime sensor on the host must tell of processes")
        if type.source == "scan" or type.kind == "E":
            return Status("needs sensor", "a scanner must read the files")
        if "Reputation" in name:
            return Status("not reproducible", type.limit)
        return _WITHOUT_DETECTOR.get(type.kind, Status("not built", "no detector is built"))
    if type.category and (intel is None or not intel.has(type.category)):
        return Status("needs feed", f"a list of the category `{type.category}` must be given")
    if type.kind == "B":
        return Status("learning", "found once seven days of what is usual, five of them with events, are known")
    return Status("active", "")

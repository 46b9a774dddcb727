"""Severity, priority, and Inspector's score: a base score adjusted to where the package runs."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from cvss import CVSS3

from garrison.scan.match.finding import Priority, Rating, Severity
from garrison.scan.vulndb.cvss_scores import band, score

_WORDS = {
    "critical": Severity.CRITICAL,
    "important": Severity.HIGH,
    "high": Severity.HIGH,
    "moderate": Severity.MEDIUM,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
    "minor": Severity.LOW,
    "negligible": Severity.LOW,
    "unimportant": Severity.LOW,
    "none": Severity.INFORMATIONAL,
}
_BANDS = {"none": Severity.INFORMATIONAL, "low": Severity.LOW, "medium": Severity.MEDIUM}
_PREFERENCE = {"3.1": 0, "3.0": 1, "2.0": 2, "4.0": 3}
"""CVSS 3.1 decides; version 4 is carried along (Inspector user guide, "Understanding severity levels")."""


def of_band(text: str) -> Severity:
    """Severity of CVSS's qualitative rating."""
    return _BANDS.get(text) or Severity(text.upper())


def of_word(word: str) -> Severity:
    """Severity of a distribution's word for it; untriaged for words nobody uses."""
    return _WORDS.get(word.lower(), Severity.UNTRIAGED)


def chosen(ratings: tuple[Rating, ...]) -> Rating | None:
    """The rating that decides: the NVD's before others', CVSS 3.1 before other versions, then the highest."""
    return min(
        ratings,
        key=lambda r: (_PREFERENCE.get(r.version, 9), r.source != "NVD", -r.score),
        default=None,
    )


def priority(*, kev: bool, epss: float | None, exploit: bool, base: float | None, fix: bool) -> tuple[Priority, bool]:
    """How soon to act, and whether that rests on observed exploitation.

    The rule is ours: AWS publishes none, and its answers show thresholds of EPSS only.
    """
    probable = epss or 0.0
    if kev or (probable >= 0.5 and exploit) or probable >= 0.8:
        return Priority.IMMEDIATE, kev
    if probable >= 0.5:
        return Priority.URGENT, False
    return (Priority.MODERATE if fix and (base or 0) >= 7 else Priority.STANDARD), False


class Adjustment(msgspec.Struct, frozen=True, kw_only=True):
    """A metric that was changed, and why."""

    metric: str
    reason: str


class Adjusted(msgspec.Struct, frozen=True, kw_only=True):
    """A score for one resource."""

    score: float
    severity: Severity
    vector: str
    """With the environmental metrics that made it."""
    version: str
    adjustments: tuple[Adjustment, ...]


def adjusted(vector: str, *, from_internet: bool, from_network: bool, port_open: bool = True) -> Adjusted | None:
    """Inspector's score of a CVSS 3 vector for a host: CVSS's environmental score with the attack vector as it is
    there. None for other vectors.

    `from_internet`: something on the host can be reached from the internet; `from_network`: from its own network;
    `port_open`: anything listens at all.
    """
    base = score(vector)
    if base is None or not vector.startswith("CVSS:3"):
        return None
    metrics = dict(part.split(":", 1) for part in vector.split("/")[1:])
    made: list[Adjustment] = []
    modified = vector
    if metrics.get("AV") == "N" and not (from_internet and port_open):
        local = not (from_network and port_open)
        modified = f"{vector}/MAV:{'L' if local else 'A'}"
        reason = (
            "No network path leads to the resource"
            if local
            else "No open network path leads from the internet to the resource"
        )
        made.append(Adjustment(metric="Attack Vector", reason=reason))
    result = float(Decimal(CVSS3(modified).scores()[2])) if made else base.score
    return Adjusted(
        score=result, severity=of_band(band(result)), vector=modified, version=base.version, adjustments=tuple(made)
    )

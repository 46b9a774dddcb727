"""What is known of a part of a cell: what checks said of it, and which attestations speak for it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

import msgspec

CheckStatus = Literal["PASS", "FAIL", "ERROR", "NOT_AVAILABLE", "NOT_APPLICABLE", "EXCEPTED", "NOT_RUN"]

FRESH = 86400.0
"""Seconds for which what a check said is taken as what is so."""
BRIDGE = 90 * 86400.0
"""Seconds after the end of an attestation's period for which it is still taken, as with auditors' bridge letters."""


class CheckResult(msgspec.Struct, frozen=True):
    """What one check said last."""

    check: str
    status: CheckStatus
    """The worst over what it looked at. NOT_AVAILABLE: it could not be read. NOT_APPLICABLE: there was
    nothing to look at. NOT_RUN: it has not looked yet."""
    when: float
    """Seconds since the epoch at which its evidence was collected; 0 if it has not run."""
    cells: tuple[str, ...]
    """The parts of cells it speaks for, as `cells.cell_part` reads them."""
    evidence: str = ""
    title: str = ""
    severity: str = ""
    fails: int = 0
    subjects: int = 0
    fix: str = ""
    """The first command that fixes it, if there is one."""


class Attestation(msgspec.Struct, frozen=True):
    """A report of an auditor, or another paper that speaks for a provider's part."""

    id: str
    title: str
    start: float
    end: float
    """Seconds since the epoch: the period it speaks for."""
    cells: tuple[str, ...]
    """As of `CheckResult`."""

    def in_date(self, now: float) -> bool:
        """Whether it speaks for now: within its period, or shortly after."""
        return self.start <= now <= self.end + BRIDGE


class Standing(StrEnum):
    """How a part of a cell stands, by the word for it."""

    COVERED = "covered"
    """Checks speak for it and all passed, lately."""
    EXCEPTED = "excepted"
    """Something fails, with an exception somebody answers for."""
    PARTIAL = "partial"
    """Some checks passed, others could not say."""
    GAP = "gap"
    """A check failed."""
    UNKNOWN = "unknown"
    """Checks speak for it, but said nothing lately."""
    UNCHECKED = "unchecked"
    """No check speaks for it."""
    NOTHING = "nothing there"
    """Checks looked, and there is nothing it could be wrong about."""
    INHERITED = "inherited"
    """The provider's, with an attestation in date."""
    UNPROVEN = "unproven"
    """The provider's, with none in date on file."""
    NOT_ASSESSED = "not assessed"
    """Nobody has looked yet."""

    @property
    def sign(self) -> str:
        """A mark that tells it from the others without colour."""
        return _SIGNS[self]


_SIGNS = {
    Standing.COVERED: "✓",
    Standing.EXCEPTED: "e",
    Standing.PARTIAL: "~",
    Standing.GAP: "✗",
    Standing.UNKNOWN: "?",
    Standing.UNCHECKED: "·",
    Standing.NOTHING: "n",
    Standing.INHERITED: "✓",
    Standing.UNPROVEN: "○",
    Standing.NOT_ASSESSED: "",
}

WORST_FIRST = (
    Standing.GAP,
    Standing.UNKNOWN,
    Standing.UNPROVEN,
    Standing.UNCHECKED,
    Standing.PARTIAL,
    Standing.EXCEPTED,
    Standing.NOT_ASSESSED,
    Standing.NOTHING,
    Standing.COVERED,
    Standing.INHERITED,
)


def standing_of_checks(results: Iterable[CheckResult], now: float, fresh: float = FRESH) -> Standing:
    """How a part stands by what its checks said. A check that did not look, or not lately, never counts as passed."""
    seen = list(results)
    if not seen:
        return Standing.UNCHECKED
    current = {r.status if r.status == "NOT_RUN" or now - r.when <= fresh else "STALE" for r in seen}
    if "FAIL" in current:
        return Standing.GAP
    silent = current & {"ERROR", "NOT_AVAILABLE", "NOT_RUN", "STALE"}
    if "EXCEPTED" in current:
        return Standing.EXCEPTED
    if not silent:
        return Standing.COVERED if "PASS" in current else Standing.NOTHING
    return Standing.PARTIAL if "PASS" in current else Standing.UNKNOWN


def standing_of_attestations(attestations: Iterable[Attestation], now: float) -> Standing:
    """How a provider's part stands by the papers on file."""
    return Standing.INHERITED if any(a.in_date(now) for a in attestations) else Standing.UNPROVEN


def worst(standings: Iterable[Standing]) -> Standing:
    """The worst of several; a cell is as good as the worst of its parts."""
    return min(standings, key=WORST_FIRST.index, default=Standing.NOT_ASSESSED)

"""What a picture or page of the matrix says of itself."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from garrison.responsibility.matrix import Cell, Matrix, Part, Row
from garrison.responsibility.parties import Party, Profile
from garrison.responsibility.results import (
    WORST_FIRST,
    CheckResult,
    Standing,
    standing_of_attestations,
    standing_of_checks,
)

TITLE = "Who secures what"
MANY = 12
"""Rows beyond which they are shown low, under the headings of their categories."""


def subtitle(matrix: Matrix) -> str:
    """Profile, and when it was assessed."""
    where = (
        "on AWS: the provider is AWS"
        if matrix.profile is Profile.AWS
        else "self-hosted: the provider's part is the operator's, who must show evidence for it"
    )
    if matrix.assessed is None:
        return f"{where} · not assessed"
    return f"{where} · assessed {utc(matrix.assessed)}"


def utc(moment: float) -> str:
    """`2026-11-23 14:05 UTC`."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")


def age(seconds: float) -> str:
    """How long ago, in the largest unit that says something."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} old"
    return "just now"


def said(check: CheckResult, now: float) -> str:
    """What a check said, and how old that is."""
    if check.status == "NOT_RUN":
        return f"{check.check} has not run"
    return f"{check.check} {check.status}, {age(now - check.when)}"


class Line(msgspec.Struct, frozen=True):
    """One line of what is known of a part."""

    standing: Standing
    text: str
    check: CheckResult | None = None


def known_of(part: Part, now: float) -> list[Line]:
    """What is known of a part: failures first, and the checks that had nothing to look at as one."""
    if part.standing is Standing.NOT_ASSESSED:
        return []
    each = [(standing_of_checks([check], now), check) for check in part.checks]
    each.sort(key=lambda one: (WORST_FIRST.index(one[0]), one[1].check))
    lines = [Line(standing, said(check, now), check) for standing, check in each if standing is not Standing.NOTHING]
    idle = len(each) - len(lines)
    if idle:
        lines.append(Line(Standing.NOTHING, f"{idle} check{'s' if idle > 1 else ''} had nothing to look at"))
    for paper in part.attestations:
        dated = "in date" if paper.in_date(now) else "out of date"
        period = f"{utc(paper.start)[:10]} to {utc(paper.end)[:10]}"
        lines.append(Line(standing_of_attestations([paper], now), f"{paper.title}, {period}: {dated}"))
    if not lines:
        lines.append(Line(part.standing, STANDING_MEANINGS[part.standing]))
    return lines


STANDING_MEANINGS = {
    Standing.COVERED: "checked, passed",
    Standing.INHERITED: "attested, in date",
    Standing.GAP: "a check failed",
    Standing.EXCEPTED: "excepted",
    Standing.PARTIAL: "checked in part",
    Standing.UNKNOWN: "no fresh answer",
    Standing.UNCHECKED: "no check covers it",
    Standing.NOTHING: "nothing to check there",
    Standing.UNPROVEN: "no attestation on file",
}
"""What a mark means, in a legend."""


def spoken(row: Row, cell: Cell) -> str:
    """A cell as one would say it aloud."""
    said = f"{row.selection.name}, {cell.layer.title.lower()}: {cell.party.word}"
    if cell.standing is not Standing.NOT_ASSESSED:
        said += f", {cell.standing}"
    return said


def parties_of(matrix: Matrix) -> list[Party]:
    """The parties that occur, in the order a legend shows them."""
    found = {cell.party for row in matrix.rows for cell in row.cells}
    return [party for party in Party if party in found]


def standings_of(matrix: Matrix) -> list[Standing]:
    """The standings of cells that occur."""
    found = {cell.standing for row in matrix.rows for cell in row.cells if cell.parts}
    return [standing for standing in Standing if standing in found and standing.sign]

"""What a picture or page of the matrix says of itself."""

from __future__ import annotations

from datetime import UTC, datetime

from garrison.responsibility.matrix import Cell, Matrix, Row
from garrison.responsibility.parties import Party, Profile
from garrison.responsibility.results import Standing

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
            return f"{int(seconds // size)} {unit}"
    return "now"


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

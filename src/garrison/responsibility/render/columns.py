"""Few services side by side as a picture: a column for each, a row for each layer, and what the customer must do."""

from __future__ import annotations

from garrison.responsibility.compare import Step, moves
from garrison.responsibility.matrix import Cell, Matrix, Part
from garrison.responsibility.parties import Party
from garrison.responsibility.render.drawing import LINE, MARGIN, PAINTS, SOFT, STANDING_INK, WIDTH, Drawing
from garrison.responsibility.render.text import fit, wrap
from garrison.responsibility.render.titles import TITLE, known_of, parties_of, spoken, standings_of, subtitle
from garrison.responsibility.results import Standing

MOST = 5
"""Columns that are still wide enough to be read."""
_LAYERS = 168
_PAD = 10
_SIZE = 12
_LEADING = 16
_ROOMY = 230
"""Width from which a move is told in words."""
_MOVES = {"provider": "▼ less for you", "customer": "▲ more for you", "gone": "– gone", "new": "+ new"}


def columns_svg(matrix: Matrix, now: float, title: str = TITLE) -> str:
    """An SVG document; `now` (seconds since the epoch) tells how old results are.

    Raises `ValueError` for more than `MOST` services.
    """
    if not 0 < len(matrix.rows) <= MOST:
        raise ValueError(f"{len(matrix.rows)} services do not fit side by side")
    wide = (WIDTH - 2 * MARGIN - _LAYERS) / len(matrix.rows)
    names = ", ".join(row.selection.name for row in matrix.rows)
    drawing = Drawing(title, f"Responsibilities by layer of: {names}.")
    drawing.text(MARGIN, 40, title, size=24, bold=True)
    drawing.text(MARGIN, 62, fit(subtitle(matrix), 13, WIDTH - 2 * MARGIN), size=13, ink=SOFT)
    y = drawing.legend(78, parties_of(matrix), standings_of(matrix))
    for n, row in enumerate(matrix.rows):
        x = MARGIN + _LAYERS + wide * n
        drawing.link(row.selection.service.source)
        drawing.text(x + 4, y + 18, fit(row.selection.service.name, 16, wide - 12, bold=True), size=16, bold=True)
        if row.selection.variant:
            drawing.text(x + 4, y + 36, fit(row.selection.variant, 12, wide - 12), size=12, ink=SOFT)
        drawing.end_link()
    y += 48
    steps = [{step.layer.id: step for step in one} for one in moves(matrix)]
    for k, layer in enumerate(matrix.layers):
        cells = [row.cells[k] for row in matrix.rows]
        told = [_told(cell, wide - 2 * _PAD - 40, now) for cell in cells]
        high = max(44.0, *(44.0 + _LEADING * len(lines) for lines in told))
        drawing.line(MARGIN, y, WIDTH - MARGIN, y, ink=LINE)
        for n, line in enumerate(wrap(layer.title, 13, _LAYERS - 14, bold=True)):
            drawing.text(MARGIN, y + 22 + 17 * n, line, size=13, bold=True)
        for n, (row, cell, lines) in enumerate(zip(matrix.rows, cells, told, strict=True)):
            x = MARGIN + _LAYERS + wide * n
            step = steps[n - 1].get(layer.id) if n else None
            drawing.open(spoken(row, cell))
            _cell(drawing, x + 3, y + 4, wide - 6, high - 8, cell, lines, step)
            drawing.close()
        y += high
    return drawing.finish(y + MARGIN)


def _told(cell: Cell, available: float, now: float) -> list[tuple[str, str, bool]]:
    """What a cell says under its heading: lines with their colour and weight."""
    lines: list[tuple[str, str, bool]] = []
    for part in cell.parts:
        ink = PAINTS[cell.party].ink if part.party != "provider" else SOFT
        lines += [(line, ink, False) for duty in _duties(part, cell) for line in wrap(duty, _SIZE, available)]
        lines += [
            (fit(f"{one.standing.sign} {one.text}", _SIZE, available, bold=True), STANDING_INK[one.standing], True)
            for one in known_of(part, now)
        ]
    return lines


def _duties(part: Part, cell: Cell) -> list[str]:
    """In a shared cell with the name of the party; several with a dot each."""
    duties = list(part.duties)
    if cell.party is Party.SHARED:
        who = "You" if part.party == "customer" else part.party.capitalize()
        duties = [f"{who}: {duty[0].lower()}{duty[1:]}" for duty in duties]
    return [f"• {duty}" for duty in duties] if len(duties) > 1 else duties


def _cell(
    drawing: Drawing,
    x: float,
    y: float,
    w: float,
    h: float,
    cell: Cell,
    lines: list[tuple[str, str, bool]],
    step: Step | None,
) -> None:
    paint = PAINTS[cell.party]
    tint = {Party.PROVIDER: "#f5f9fd", Party.CUSTOMER: "#fff6e3", Party.SHARED: "#fbf8ef", Party.OPERATOR: "#f3faf6"}
    if cell.party is not Party.NOBODY:
        gap = cell.standing is Standing.GAP
        drawing.box(x, y, w, h, fill=tint[cell.party], edge="#a40e26" if gap else paint.edge, thick=2.5 if gap else 1)
    drawing.badge(x + 6, y + 6, 26, 22, cell.party)
    drawing.text(x + 40, y + 22, cell.party.word, size=13, ink=paint.ink, bold=cell.party is not Party.NOBODY)
    if step is not None:
        moved = _MOVES[step.direction]
        drawing.text(x + w - _PAD, y + 22, moved if w > _ROOMY else moved[0], size=11, ink=SOFT, anchor="end")
    for n, (line, ink, bold) in enumerate(lines):
        drawing.text(x + 40, y + 42 + _LEADING * n, line, size=_SIZE, ink=ink, bold=bold)

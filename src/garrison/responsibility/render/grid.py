"""The matrix as a picture: a row for each service, a column for each layer."""

from __future__ import annotations

from itertools import groupby

from garrison.responsibility.matrix import Matrix, Row
from garrison.responsibility.render.drawing import INK, LINE, MARGIN, SOFT, WIDTH, Drawing
from garrison.responsibility.render.text import fit, width, wrap
from garrison.responsibility.render.titles import MANY, TITLE, parties_of, spoken, standings_of, subtitle

_NAMES = 262
_COLUMN = (WIDTH - 2 * MARGIN - _NAMES) / 10


def grid_svg(matrix: Matrix, title: str = TITLE) -> str:
    """An SVG document."""
    drawing = Drawing(title, f"Responsibility matrix of {len(matrix.rows)} rows and {len(matrix.layers)} layers.")
    drawing.text(MARGIN, 40, title, size=24, bold=True)
    drawing.text(MARGIN, 62, fit(subtitle(matrix), 13, WIDTH - 2 * MARGIN), size=13, ink=SOFT)
    y = drawing.legend(78, parties_of(matrix), standings_of(matrix))
    y = _head(drawing, matrix, y)
    high = 26 if len(matrix.rows) > MANY else 44
    grouped = len(matrix.rows) > MANY
    for category, rows in groupby(matrix.rows, key=lambda row: row.selection.service.category):
        if grouped:
            drawing.text(MARGIN, y + 19, category.upper(), size=11, ink=SOFT, bold=True)
            drawing.line(MARGIN, y + 26, WIDTH - MARGIN, y + 26)
            y += 30
        for row in rows:
            _row(drawing, row, y, high)
            y += high
        y += 6 if grouped else 0
    return drawing.finish(y + MARGIN)


def _head(drawing: Drawing, matrix: Matrix, y: float) -> float:
    x = float(MARGIN + _NAMES)
    for group, layers in groupby(matrix.layers, key=lambda layer: layer.group):
        wide = _COLUMN * len(list(layers))
        lines = wrap(str(group), 10, wide, bold=True)
        for n, line in enumerate(lines):
            drawing.text(
                x + wide / 2, y + 24 - 13 * (len(lines) - 1 - n), line, size=10, ink=SOFT, bold=True, anchor="middle"
            )
        drawing.line(x + 4, y + 30, x + wide - 4, y + 30, ink="#9aa5b1")
        x += wide
    for n, layer in enumerate(matrix.layers):
        for k, line in enumerate(wrap(layer.title, 11.5, _COLUMN, most=3)):
            drawing.text(
                MARGIN + _NAMES + _COLUMN * (n + 0.5), y + 46 + 15 * k, line, size=11.5, ink=INK, anchor="middle"
            )
    return y + 84


def _row(drawing: Drawing, row: Row, y: float, high: float) -> None:
    chosen = row.selection
    drawing.link(chosen.service.source)
    tall = high > 30
    if tall and chosen.variant:
        drawing.text(MARGIN, y + 19, fit(chosen.service.name, 14, _NAMES - 12, bold=True), size=14, bold=True)
        drawing.text(MARGIN, y + 35, fit(chosen.variant, 12, _NAMES - 12), size=12, ink=SOFT)
    else:
        size = 14 if tall else 13
        middle = y + high / 2 + size * 0.36
        name = fit(chosen.service.name, size, _NAMES - 12, bold=tall)
        drawing.text(MARGIN, middle, name, size=size, bold=tall)
        taken = width(name, size, bold=tall) + 8
        if chosen.variant and _NAMES - 12 - taken > 40:
            drawing.text(MARGIN + taken, middle, fit(chosen.variant, 12, _NAMES - 12 - taken), size=12, ink=SOFT)
    drawing.end_link()
    for n, cell in enumerate(row.cells):
        drawing.open(spoken(row, cell))
        x = MARGIN + _NAMES + _COLUMN * n
        drawing.badge(x + 2, y + 2, _COLUMN - 4, high - 4, cell.party, cell.standing)
        drawing.close()
    if tall:
        drawing.line(MARGIN, y + high, MARGIN + _NAMES - 8, y + high, ink=LINE)

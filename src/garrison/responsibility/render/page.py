"""The matrix as one HTML file: a table to look at, and below it every cell with its duties, checks and sources.

It needs no script and nothing from elsewhere, reads in the dark, prints, and speaks to screen readers.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby

from garrison.responsibility.matrix import Cell, Matrix, Part, Row
from garrison.responsibility.parties import Party
from garrison.responsibility.render.drawing import MEANINGS
from garrison.responsibility.render.titles import (
    MANY,
    STANDING_MEANINGS,
    TITLE,
    known_of,
    parties_of,
    spoken,
    standings_of,
    subtitle,
)
from garrison.responsibility.results import CheckResult, Standing

_STYLE = """
:root { --ink:#1c2530; --soft:#55616d; --line:#d5dbe1; --paper:#fff; --card:#f7f9fb;
  --P:#e3edf8; --Pi:#12395f; --C:#fbd58a; --Ci:#4d2f00; --O:#ddf1e5; --Oi:#0d4029; --dot:#8cc4a5; --bad:#a40e26; }
@media (prefers-color-scheme: dark) { :root { --ink:#e6ebf0; --soft:#a3afba; --line:#38424d; --paper:#14191f;
  --card:#1b2229; --P:#1f3850; --Pi:#d3e6fa; --C:#6b4a0d; --Ci:#ffe9bf; --O:#1d4030; --Oi:#cdf0dd; --dot:#3e7a5d;
  --bad:#ff7b8e; } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 24px; max-width: 1280px; color: var(--ink); background: var(--paper);
  font: 15px/1.45 'Segoe UI', 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif }
h1 { margin: 0 } h1 + p { margin: 4px 0 16px; color: var(--soft) }
ul.legend { display: flex; flex-wrap: wrap; gap: 6px 20px; padding: 0; margin: 0 0 8px; list-style: none;
  color: var(--soft); font-size: 13px }
ul.legend b { display: inline-block; min-width: 24px; text-align: center; border-radius: 4px;
  margin-right: 6px; color: var(--ink) }
table { border-collapse: separate; border-spacing: 3px; width: 100%; font-size: 13px; table-layout: fixed }
th { font-weight: 400; text-align: left } col:first-child { width: 240px }
thead th { vertical-align: top; text-align: center }
thead tr:first-child th { border-bottom: 1px solid var(--line); font-size: 11px; font-weight: 700; color: var(--soft) }
thead td { border: 0 } tbody.group th[colspan] { padding-top: 14px; font-size: 11px; font-weight: 700;
  color: var(--soft); text-transform: uppercase; letter-spacing: .04em; border-bottom: 1px solid var(--line) }
tbody small { color: var(--soft) }
td.cell { padding: 0; border-radius: 4px; text-align: center; font-weight: 700; height: 28px }
td.cell a { display: block; padding: 4px 0; color: inherit; text-decoration: none; border-radius: 4px }
td.cell a:focus-visible, td.cell a:hover { outline: 2px solid currentColor }
.P { background: var(--P); color: var(--Pi) } .C { background: var(--C); color: var(--Ci) }
.S { background: linear-gradient(to bottom right, var(--P) 50%, var(--C) 50%); color: var(--ink) }
.O { background: radial-gradient(var(--dot) 1px, var(--O) 1.2px) 0 0/6px 6px; color: var(--Oi) }
.none { color: var(--soft); font-weight: 400 } td.gap { box-shadow: inset 0 0 0 2.5px var(--bad) }
.sign { margin-left: 6px; padding: 0 4px; border-radius: 9px; background: var(--paper); color: var(--ink) }
.gap .sign, p.gap { color: var(--bad) }
details { margin: 10px 0; border: 1px solid var(--line); border-radius: 6px; background: var(--card) }
summary { padding: 8px 12px; cursor: pointer; font-weight: 600 } details > div { padding: 0 12px 8px }
section.cell { display: grid; grid-template-columns: 190px 1fr; gap: 2px 16px; padding: 8px 0;
  border-top: 1px solid var(--line) }
section.cell:target { outline: 2px solid var(--Pi) } section h4 { margin: 0; font-size: 14px }
section h4 b { display: inline-block; min-width: 24px; margin-right: 6px; text-align: center; border-radius: 4px }
section p, section ul { margin: 0 } section ul { padding-left: 18px } 
section .why { color: var(--soft); font-size: 13px }
code { font-size: 13px } a { color: var(--Pi) }
@media print { details { break-inside: avoid } body { max-width: none } }
@media (max-width: 800px) { section.cell { grid-template-columns: 1fr } body { padding: 10px } table { font-size: 11px }
  col:first-child { width: 120px } }
"""


def html_page(matrix: Matrix, now: float, title: str = TITLE) -> str:
    """An HTML document. `now` (seconds since the epoch) tells how old results are."""
    return "\n".join(_page(matrix, now, title)) + "\n"


def _page(matrix: Matrix, now: float, title: str) -> Iterator[str]:
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<style>{_STYLE}</style></head><body>"
    yield f"<h1>{escape(title)}</h1><p>{escape(subtitle(matrix))}</p>"
    yield '<ul class="legend">'
    for party in parties_of(matrix):
        yield f'<li><b class="{_class(party)}">{_letter(party)}</b>{escape(MEANINGS[party])}</li>'
    for standing in standings_of(matrix):
        yield f"<li><b>{standing.sign}</b>{escape(STANDING_MEANINGS[standing])}</li>"
    yield "</ul>"
    yield from _table(matrix)
    yield "<h2>Who does what</h2>"
    for row in matrix.rows:
        yield from _details(row, now, alone=len(matrix.rows) == 1)
    yield "</body></html>"


def _table(matrix: Matrix) -> Iterator[str]:
    yield f"<table><colgroup><col>{'<col>' * len(matrix.layers)}</colgroup><thead><tr><td></td>"
    for group, layers in groupby(matrix.layers, key=lambda layer: layer.group):
        yield f'<th colspan="{len(list(layers))}">{escape(str(group))}</th>'
    yield "</tr><tr><td></td>"
    yield "".join(f'<th scope="col" title="{escape(one.means)}">{escape(one.title)}</th>' for one in matrix.layers)
    yield "</tr></thead>"
    for category, rows in groupby(matrix.rows, key=lambda row: row.selection.service.category):
        yield '<tbody class="group">'
        if len(matrix.rows) > MANY:
            yield f'<tr><th colspan="{len(matrix.layers) + 1}" scope="rowgroup">{escape(category)}</th></tr>'
        for row in rows:
            chosen = row.selection
            variant = f" <small>{escape(chosen.variant)}</small>" if chosen.variant else ""
            yield f'<tr><th scope="row">{escape(chosen.service.name)}{variant}</th>'
            yield "".join(_cell(row, cell) for cell in row.cells) + "</tr>"
        yield "</tbody>"
    yield "</table>"


def _cell(row: Row, cell: Cell) -> str:
    if cell.party is Party.NOBODY:
        return f'<td class="cell none" aria-label="{escape(spoken(row, cell))}">–</td>'
    sign = f'<span class="sign">{cell.standing.sign}</span>' if cell.standing.sign else ""
    gap = " gap" if cell.standing is Standing.GAP else ""
    return (
        f'<td class="cell {_class(cell.party)}{gap}"><a href="#{_anchor(row, cell)}"'
        f' title="{escape(spoken(row, cell))}" aria-label="{escape(spoken(row, cell))}">{cell.party}{sign}</a></td>'
    )


def _details(row: Row, now: float, *, alone: bool) -> Iterator[str]:
    chosen = row.selection
    yield f"<details{' open' if alone else ''}><summary>{escape(chosen.name)}</summary><div>"
    yield f'<p class="why">Source: <a href="{escape(chosen.service.source)}">{escape(chosen.service.source)}</a></p>'
    for cell in row.cells:
        if cell.party is Party.NOBODY:
            continue
        yield f'<section class="cell" id="{_anchor(row, cell)}">'
        yield f'<h4><b class="{_class(cell.party)}">{cell.party}</b>{escape(cell.layer.title)}</h4><div>'
        for part in cell.parts:
            yield from _part(part, now, named=len(cell.parts) > 1)
        if cell.because:
            yield f'<p class="why">{escape(cell.because)} <a href="{escape(cell.source)}">Source</a></p>'
        yield "</div></section>"
    yield "</div></details>"


def _part(part: Part, now: float, *, named: bool) -> Iterator[str]:
    if named:
        yield f"<p><b>{escape(part.party.capitalize())}</b></p>"
    yield "<ul>" + "".join(f"<li>{escape(duty)}</li>" for duty in part.duties) + "</ul>"
    for line in known_of(part, now):
        told = f"<b>{line.standing.sign} {escape(line.text)}</b>"
        if line.check is not None:
            told += _about(line.check)
        yield f'<p class="gap">{told}</p>' if line.standing is Standing.GAP else f"<p>{told}</p>"


def _about(check: CheckResult) -> str:
    """What a check is, where its evidence is, and what puts it right."""
    about = f": {escape(check.title)}" if check.title else ""
    if check.evidence:
        about += f", evidence <code>{escape(check.evidence)}</code>"
    if check.status == "FAIL" and check.fix:
        about += f"<br>Fix: <code>{escape(check.fix)}</code>"
    return about


def _class(party: Party) -> str:
    return "none" if party is Party.NOBODY else str(party)


def _letter(party: Party) -> str:
    return "–" if party is Party.NOBODY else str(party)


def _anchor(row: Row, cell: Cell) -> str:
    return escape(f"{row.selection.id}/{cell.layer.id}".replace(":", ".").replace("=", "-").replace(",", "."))

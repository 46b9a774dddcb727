"""The matrix in a terminal: letters first, colour where there is any."""

from __future__ import annotations

from itertools import groupby

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from garrison.responsibility import Cell, Matrix, Part, Party, Standing
from garrison.responsibility.compare import moves
from garrison.responsibility.render.drawing import MEANINGS
from garrison.responsibility.render.titles import MANY, STANDING_MEANINGS, known_of, parties_of, standings_of, subtitle

_STYLES = {Party.PROVIDER: "cyan", Party.CUSTOMER: "bold yellow", Party.SHARED: "magenta", Party.OPERATOR: "bold green"}
_STANDING_STYLES = {Standing.GAP: "bold red", Standing.COVERED: "green", Standing.INHERITED: "green"}
_SHORT = {
    "facility": ("Site", "Facility"),
    "host": ("Host", "Host"),
    "guest-os": ("OS", "Guest OS"),
    "runtime": ("Run", "Runtime"),
    "network-config": ("Net", "Network"),
    "app": ("App", "App"),
    "encryption": ("Enc", "Encryption"),
    "data": ("Data", "Data"),
    "identity": ("IAM", "Identity"),
    "logging": ("Log", "Logging"),
}
"""Column heads in a terminal of 80 columns, and in a wide one."""
_WIDE = 120


def print_grid(matrix: Matrix, now: float) -> None:
    """A row for each service."""
    console = Console(highlight=False, markup=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), collapse_padding=True)
    table.add_column("service", overflow="fold", min_width=20)
    for layer in matrix.layers:
        table.add_column(_SHORT[layer.id][console.width >= _WIDE], justify="center", no_wrap=True)
    grouped = len(matrix.rows) > MANY
    for category, rows in groupby(matrix.rows, key=lambda row: row.selection.service.category):
        if grouped:
            table.add_row(Text(category, style="dim italic"))
        for row in rows:
            table.add_row(row.selection.name, *(_letter(cell) for cell in row.cells))
    console.print(table)
    _legend(console, matrix)


def print_columns(matrix: Matrix, now: float) -> None:
    """A column for each service, with the duties."""
    console = Console(highlight=False, markup=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_lines=True)
    table.add_column("layer", overflow="fold", min_width=9)
    for row in matrix.rows:
        table.add_column(row.selection.name, overflow="fold", ratio=1)
    steps = [{step.layer.id: step for step in one} for one in moves(matrix)]
    for k, layer in enumerate(matrix.layers):
        shown = []
        for n, row in enumerate(matrix.rows):
            step = steps[n - 1].get(layer.id) if n else None
            moved = (
                {"provider": "  ▼ less for you", "customer": "  ▲ more for you"}.get(step.direction, "") if step else ""
            )
            shown.append(_told(row.cells[k], moved, now))
        table.add_row(layer.title, *shown)
    console.print(table)
    _legend(console, matrix)
    for row in matrix.rows:
        console.print(f"{row.selection.name}: {row.selection.service.source}", style="dim", soft_wrap=True)


def _letter(cell: Cell) -> Text:
    letter = Text("–" if cell.party is Party.NOBODY else str(cell.party), style=_STYLES.get(cell.party, "dim"))
    if cell.standing.sign:
        letter.append(f" {cell.standing.sign}", style=_STANDING_STYLES.get(cell.standing, ""))
    return letter


def _told(cell: Cell, moved: str, now: float) -> Text:
    letter = "–" if cell.party is Party.NOBODY else f"{cell.party} {cell.party.word}"
    told = Text(letter, style=_STYLES.get(cell.party, "dim"))
    told.append(moved, style="dim")
    for part in cell.parts:
        who = f"{part.party}: " if cell.party is Party.SHARED else ""
        for duty in part.duties:
            told.append(f"\n{who}{duty}", style="dim" if part.party == "provider" else "not bold")
        told.append_text(_known(part, now))
    if cell.because:
        told.append(f"\n({cell.because})", style="dim")
    return told


def _known(part: Part, now: float) -> Text:
    """What is known of a part, a line for each check or paper."""
    known = Text()
    for line in known_of(part, now):
        evidence = f", evidence {line.check.evidence}" if line.check is not None and line.check.evidence else ""
        known.append(f"\n{line.standing.sign} {line.text}{evidence}", style=_STANDING_STYLES.get(line.standing, "dim"))
        if line.check is not None and line.check.status == "FAIL" and line.check.fix:
            known.append(f"\n  {line.check.fix}", style="not bold")
    return known


def _legend(console: Console, matrix: Matrix) -> None:
    letters = [f"{'–' if p is Party.NOBODY else p} {MEANINGS[p]}" for p in parties_of(matrix)]
    signs = [f"{s.sign} {STANDING_MEANINGS[s]}" for s in standings_of(matrix)]
    console.print(" · ".join(letters), style="dim", soft_wrap=True)
    if signs:
        console.print(" · ".join(signs), style="dim", soft_wrap=True)
    console.print(subtitle(matrix), style="dim", soft_wrap=True)

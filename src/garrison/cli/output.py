"""One way to print rows: `-o table|json|jsonl|csv` everywhere, data on stdout."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

FORMATS = ("table", "json", "jsonl", "csv")
_IDS = frozenset(
    {"audit", "check", "checklist", "code", "control", "evidence", "feed", "framework", "id", "item", "lab", "report"}
    | {"requirement", "run", "story", "type", "vulnerability"}
)
"""Columns of ids, which people copy: never broken, on however narrow a terminal."""
_NARROWEST = 12
"""Characters that words of other columns are not broken below."""
SCHEMA = 1
"""Version of the JSON every command prints; it moves when a field changes its meaning or goes."""


def output_option(*more: str) -> Callable[[F], F]:
    """The `-o` option, with further formats a command knows."""
    return click.option(
        "-o", "--output", type=click.Choice([*FORMATS, *more]), default="table", show_default=True, help="How to print."
    )


def write_out(content: bytes, out: Path | None, *, binary: str = "") -> None:
    """Write a document to the file `--out` names, and say which; without one, to standard output.

    `binary` says what it is where it is no text: that is refused on a terminal. A file that cannot be written is a
    `ClickException` that says why.
    """
    if out is not None:
        try:
            out.write_bytes(content)
        except OSError as e:
            raise click.ClickException(f"{out} cannot be written: {e.strerror or e}") from e
        click.echo(f"Wrote {out}", err=True)
        return
    if binary:
        refuse_terminal(binary)
    click.echo(content, nl=False)


def refuse_terminal(binary: str) -> None:
    """A usage error where standard output is a terminal, which `binary` is not for."""
    if sys.stdout.isatty():
        raise click.UsageError(f"{binary} is not for a terminal: give --out FILE.")


def print_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], output: str, *, name: str) -> None:
    """Print `rows`; `columns` are the fields a table and CSV show, `name` is the list's name in JSON."""
    if output == "json":
        click.echo(json.dumps({"schema": SCHEMA, name: list(rows)}, indent=2))
    elif output == "jsonl":
        for row in rows:
            click.echo(json.dumps(row))
    elif output == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(columns)
        writer.writerows([_cell(row.get(c)) for c in columns] for row in rows)
    else:
        _table([[_cell(row.get(c)) for c in columns] for row in rows], columns)


def _table(rows: Sequence[Sequence[str]], columns: Sequence[str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    heads = [column.replace("_", " ") for column in columns]
    ids = [column in _IDS for column in columns]
    padding, around = 1, 3 * len(heads) - 1
    widths = _widths([heads, *rows], ids, None)
    if sys.stdout.isatty() and sum(widths) + around > (room := Console().width):
        padding, around = 0, len(heads) + 1
        widths = _widths([heads, *rows], ids, room - around)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, padding))
    for head, width in zip(heads, widths, strict=True):
        table.add_column(head, overflow="fold", width=width)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    # With a height too, or a terminal that says it can do nothing has 80 columns.
    Console(highlight=False, markup=False, width=sum(widths) + around, height=25).print(table)


def _widths(rows: Sequence[Sequence[str]], ids: Sequence[bool], room: int | None) -> list[int]:
    """How many characters each column gets of `room`, the widest giving way first; all it needs if that is None.

    They need more than there is if ids do.
    """
    from rich.cells import cell_len

    cells = list(zip(*rows, strict=True))
    widths = [max(cell_len(line) for cell in column for line in cell.splitlines() or [""]) for column in cells]
    if room is None:
        return [max(1, width) for width in widths]
    words = [max((cell_len(word) for cell in column for word in cell.split()), default=1) for column in cells]
    least = [word if id_ else min(word, _NARROWEST) for word, id_ in zip(words, ids, strict=True)]
    while sum(widths) > room:
        shrinkable = [n for n, width in enumerate(widths) if width > least[n]]
        if not shrinkable:
            break
        widths[max(shrinkable, key=lambda n: widths[n])] -= 1
    return [max(1, width) for width in widths]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)

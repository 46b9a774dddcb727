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
        from rich import box
        from rich.console import Console
        from rich.table import Table

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for column in columns:
            table.add_column(column.replace("_", " "), overflow="fold")
        for row in rows:
            table.add_row(*(_cell(row.get(c)) for c in columns))
        Console(highlight=False, markup=False).print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)

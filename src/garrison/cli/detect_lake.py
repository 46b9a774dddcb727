"""`garrison detect import`, `compact`, `retain`, `status`: the lake that records are kept in."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from garrison.cli.instance import instance
from garrison.cli.output import output_option, print_rows

if TYPE_CHECKING:
    from garrison.detect.lake.lake import Lake
    from garrison.detect.run import Progress

_lake = click.option(
    "--lake",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="The lake's folder; detect-lake in the data directory if not given.",
)


@contextmanager
def opened(folder: Path | None) -> Iterator[Lake]:
    """The lake, for as long as the command runs."""
    from garrison.detect.lake.lake import Lake, LakeInUse

    try:
        lake = Lake(folder or instance().data / "detect-lake")
    except LakeInUse as e:
        raise click.ClickException(f"{e}.") from None
    try:
        yield lake
    finally:
        lake.close()


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@_lake
def import_(paths: tuple[Path, ...], folder: Path | None) -> None:
    """Take the records of PATHS into a lake, each once.

    It goes on where it ended, however it ended; files that were taken before are passed over, and records that other
    files told of are left out.
    """
    from garrison.detect.formats.files import find
    from garrison.detect.run import take_files

    with opened(folder) as lake:
        files, left = find(paths)
        with progress_bar(sum(file.size for file in files)) as bar:
            progress = take_files(files, lake, shown=lambda now: bar(now.bytes))
    for line in report(progress, left):
        click.echo(line, err=True)
    click.echo(
        f"{counted(progress.events, 'new record')} of {counted(progress.files - progress.skipped, 'file')}, "
        f"{progress.doubled} there already, {counted(progress.skipped, 'file')} taken before"
    )


def report(progress: Progress, left: list[tuple[Path, str]]) -> list[str]:
    """What could not be read."""
    said = [f"not read: {path}: {reason}" for path, reason in left[:10]]
    if len(left) > 10:
        said.append(f"not read: {counted(len(left) - 10, 'more file')}")
    if progress.bad:
        said.append(
            f"{counted(progress.bad, 'record')} could not be read; the first in {progress.first_bad}."
            if progress.bad > 1
            else f"1 record could not be read, in {progress.first_bad}."
        )
    return said


def counted(count: int, thing: str) -> str:
    """`1 record`, `2 records`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


@contextmanager
def progress_bar(size: int) -> Iterator[Callable[[int], None]]:
    """A bar over bytes, on standard error where that is a terminal."""
    err = sys.stderr
    if not err.isatty():
        yield lambda done: None
        return
    with click.progressbar(length=size, label="Reading", file=err) as bar:
        yield lambda done: bar.update(done - bar.pos)


@click.command()
@_lake
def compact(folder: Path | None) -> None:
    """Put the small files of each day together."""
    from garrison.detect.lake.upkeep import compact as put_together

    with opened(folder) as lake:
        before = len(lake.state.parts())
        put_together(lake, fewest=2)
        click.echo(f"{counted(before, 'file')} before, {len(lake.state.parts())} now")


@click.command()
@_lake
@click.option("--days", type=click.IntRange(1), required=True, help="How many days are kept.")
def retain(days: int, folder: Path | None) -> None:
    """Remove the records of days before the last DAYS."""
    from garrison.detect.lake.upkeep import expire

    with opened(folder) as lake:
        gone = expire(lake, days, time.time())
        rows, days_gone = sum(part.rows for part in gone), len({part.day for part in gone})
        click.echo(f"{counted(rows, 'record')} of {counted(days_gone, 'day')} removed")


@click.command()
@_lake
@output_option()
def status(folder: Path | None, output: str) -> None:
    """What a lake has, by table, account and region."""
    with opened(folder) as lake:
        rows: dict[tuple[str, str, str], dict[str, Any]] = {}
        for part in lake.state.parts():
            place = (part.kind, part.account, part.region)
            row = rows.setdefault(
                place,
                dict(zip(("table", "account", "region"), place, strict=True))
                | {"records": 0, "bytes": 0, "files": 0, "first_day": part.day, "last_day": part.day},
            )
            row["records"] += part.rows
            row["bytes"] += part.bytes
            row["files"] += 1
            row["first_day"], row["last_day"] = min(row["first_day"], part.day), max(row["last_day"], part.day)
    columns = ("table", "account", "region", "records", "bytes", "files", "first_day", "last_day")
    print_rows([rows[place] for place in sorted(rows)], columns, output, name="tables")

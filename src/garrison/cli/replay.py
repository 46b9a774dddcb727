"""`garrison replay`: which recorded calls would end otherwise after a policy change."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from garrison.cli.output import SCHEMA, print_rows
from garrison.cli.source import INCOMPLETE, Incomplete, export_option, live_recorded, spoken, world_from

if TYPE_CHECKING:
    from rich.progress import Progress

    from garrison.replay.events import Event
    from garrison.replay.report import Flip, Report

_PATH = click.Path(exists=True, path_type=Path)


class Taker(Protocol):
    """Who looks at calls, one after the other."""

    def events(self, found: Iterable[Event]) -> None: ...
    def recorded(self, body: bytes, extra: bytes | None) -> None: ...


@click.command(
    epilog="A CHANGE is scp:FILE@TARGET, rcp:FILE@TARGET (a root, unit or account, or a policy's id for its new text), "
    "policy:FILE@ARN (a managed policy's new text, or one more policy of a user, group or role; ARN#NAME: its inline "
    "policy), trust:FILE@ROLE, boundary:POLICY@ARN, attach:POLICY@TARGET or detach:POLICY@TARGET."
)
@click.argument("logs", nargs=-1, type=_PATH)
@click.option("--change", "changes", multiple=True, required=True, metavar="CHANGE", help="See below; repeatable.")
@click.option("--trail", is_flag=True, help="Replay the trail of the running (or stopped) Garrison itself.")
@click.option("--account", help="With --trail: only calls of this account.")
@click.option("--since", metavar="TIME", help="Only calls from then on: 2026-11-23T09:00:00Z, or seconds since 1970.")
@export_option
@click.option(
    "--fail-on", type=click.Choice(["new-denies", "new-allows", "any"]), help="Exit code 1 if there are such."
)
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def replay(
    logs: tuple[Path, ...],
    changes: tuple[str, ...],
    trail: bool,
    account: str | None,
    since: str | None,
    exports: tuple[Path, ...],
    fail_on: str | None,
    output: str,
) -> None:
    """Tell which recorded calls would flip after a policy change, for certain or possibly.

    LOGS are CloudTrail log files (JSON, gzipped or not), folders of them as they lie in S3, JSON lines, or what
    `aws cloudtrail lookup-events` prints. Policies come from --export FILES, or from the running Garrison.

    Exit code 1 with --fail-on, 3 when a log cannot be read.
    """
    from garrison.replay.changes import apply, read_change
    from garrison.replay.events import EventsError
    from garrison.replay.flips import Replay

    if trail == bool(logs):
        raise click.UsageError("Give log files or folders, or --trail for the trail of a Garrison.")
    start = None if since is None else seconds(since)
    with spoken():
        before = world_from(exports)
        after = apply(before, [read_change(given) for given in changes])
        run = Replay(before, after)
        try:
            if trail:
                over_trail(run, account, start)
            else:
                over_files(run, logs, start)
        except EventsError as e:
            raise Incomplete(str(e)) from e
    report = run.report()
    _print(report, changes, output)
    if fail_on is not None and _fails(report, fail_on):
        raise SystemExit(1)
    if report.events == 0:
        click.echo("There are no calls in what was given.", err=True)
        raise SystemExit(INCOMPLETE)


def _fails(report: Report, fail_on: str) -> bool:
    kinds = {"new-denies": ("denied",), "new-allows": ("allowed",), "any": ("denied", "allowed")}[fail_on]
    return any(flip.becomes in kinds for flip in report.flips)


def seconds(given: str) -> float:
    """A time as people write it, in seconds since 1970."""
    try:
        return float(given)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as e:
        raise click.UsageError(f"--since takes a time such as 2026-11-23T09:00:00Z, not {given!r}.") from e
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def over_files(run: Taker, logs: Sequence[Path], start: float | None) -> None:
    """Give a taker the records of log files and folders, since `start`. Raises `EventsError`."""
    from garrison.replay.events import event_files, read_events

    files = event_files(logs)
    with _progress(len(files), "files") as advance:
        # Records tell their second, in one form, so that they compare as text.
        first = None if start is None else datetime.fromtimestamp(int(start), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for found in read_events(files):
            run.events(found if first is None else [event for event in found if event.time >= first])
            advance(1)


def over_trail(run: Taker, account: str | None, start: float | None) -> None:
    """Give a taker the trail of the Garrison of this command line, since `start`."""
    with _progress(None, "calls") as advance:
        for number, (body, extra) in enumerate(live_recorded(account, start), 1):
            run.recorded(body, extra)
            if number % 1000 == 0:
                advance(1000)


@contextmanager
def _progress(total: int | None, noun: str) -> Iterator[Any]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda steps: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    bar: Progress = Progress(
        TextColumn(f"replaying {noun}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
    with bar:
        task = bar.add_task("", total=total)
        yield lambda steps: bar.advance(task, steps)


def _print(report: Report, changes: Sequence[str], output: str) -> None:
    import msgspec

    if output == "json":
        click.echo(json.dumps({"schema": SCHEMA, "changes": list(changes), **msgspec.to_builtins(report)}, indent=2))
        return
    if report.flips:
        for flip in report.flips:
            _print_flip(flip)
    else:
        click.echo("No call would end otherwise.")
    if report.disagreements:
        click.echo("Not claimed: calls whose recorded outcome the model does not give.")
        print_rows(
            [msgspec.to_builtins(d) for d in report.disagreements],
            ("count", "principal", "action", "recorded", "code", "samples"), "table", name="disagreements",
        )  # fmt: skip
    if report.unknown:
        click.echo("Not judged:")
        rows = [msgspec.to_builtins(u) for u in report.unknown]
        print_rows(rows, ("count", "what", "why", "samples"), "table", name="unknown")
    flipped = [sum(f.count for f in report.flips if f.certain is certain) for certain in (True, False)]
    click.echo(
        f"{report.events} calls: {report.skipped} not touched by the change, {report.evaluated} evaluated; "
        f"{flipped[0]} flip, {flipped[1]} may flip, {report.unaffected} unaffected, "
        f"{sum(d.count for d in report.disagreements)} not claimed.",
        err=True,
    )


def _print_flip(flip: Flip) -> None:
    sure = "certain" if flip.certain else f"possible: the log does not tell {', '.join(flip.keys)}"
    calls = f"{flip.count} call{'s' if flip.count > 1 else ''}"
    colour = "red" if flip.becomes == "denied" else "yellow"
    click.secho(f"{flip.was} -> {flip.becomes}  {calls}, {sure}", fg=colour, bold=flip.certain)
    click.echo(f"  {flip.principal}")
    more = f" and {flip.count - 1} more" if flip.count > 1 else ""
    click.echo(f"  {flip.action} on {flip.resources[0]}{more if len(flip.resources) > 1 else ''}")
    by = f"by {_statement(flip.by)} ({flip.code})" if flip.by is not None else f"by {flip.code}"
    click.echo(f"  {by}")
    click.echo(f"  for example {', '.join(flip.samples[:2])}\n")


def _statement(by: Any) -> str:
    sid = f' "{by.sid}"' if by.sid else ""
    return f"{by.policy}, statement {by.statement}{sid}, line {by.line}"

"""`garrison detect`: threats in logs of files and folders, without a server; and those of a running one."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import click

from garrison.cli.detect_lake import compact, import_, opened, progress_bar, report, retain, status
from garrison.cli.detect_output import FORMATS, show

_PATHS = click.Path(exists=True, path_type=Path)
MISSING = "Threat detection needs DuckDB, ibis and pyarrow: pip install 'garrison[detect]'"


@click.group()
def detect() -> None:
    """Threat detection: what in CloudTrail, flow, DNS, Kubernetes and other logs is a threat, as GuardDuty says it."""
    if not all(find_spec(name) for name in ("duckdb", "ibis", "pyarrow")):
        raise click.ClickException(MISSING)


for command in (import_, compact, retain, status):
    detect.add_command(command)


@detect.command()
@click.argument("paths", nargs=-1, type=_PATHS)
@click.option("-o", "--output", type=click.Choice(FORMATS), default="table", show_default=True, help="How to print.")
@click.option(
    "--fail-on",
    type=click.Choice(["critical", "high", "medium", "low"]),
    help="Exit code 1 for findings of this severity or worse.",
)
@click.option(
    "--lake",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the records there; without PATHS: what is there already.",
)
def run(paths: tuple[Path, ...], output: str, fail_on: str | None, lake: Path | None) -> None:
    """Which threats the logs of PATHS show: files, and folders as AWS lays them out in a bucket.

    Forms are told by content: CloudTrail, VPC flow logs, Route 53 query logs, EKS audit logs and more, packed with gzip
    or not. What could not be read is counted on standard error, and never ends the run.
    """
    from garrison.detect.baseline.memory import Remembered
    from garrison.detect.engine import Engine
    from garrison.detect.formats.files import find
    from garrison.detect.gather import LEVELS, Gathered
    from garrison.detect.run import ask_windows, lake_tables, replay, take_files
    from garrison.detect.surroundings import Surroundings

    if not paths and lake is None:
        raise click.UsageError("Say which files or folders, or --lake with what is there.")
    gathered = Gathered()
    engine = Engine(Surroundings(Remembered()), gathered.tell)
    with ExitStack() as stack:
        folder = lake or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="garrison-detect-")))
        there = stack.enter_context(opened(folder))
        if paths:
            files, left = find(paths)
            if not files:
                raise click.ClickException("No file of a known form is there.")
            bar = stack.enter_context(progress_bar(sum(file.size for file in files)))
            progress = take_files(files, there, engine if lake is None else None, lambda now: bar(now.bytes))
            report(progress, left)
        if lake is not None:
            replay(there, engine)
        ask_windows(there, engine, lake_tables(there))
    for name, count in engine.failures.items():
        click.echo(f"The detector {name} failed {count} times; what it would have found is missing.", err=True)
    findings = gathered.findings()
    show(findings, output)
    if fail_on is not None and any(finding["severity"] >= LEVELS[fail_on] for finding in findings):
        raise click.exceptions.Exit(1)

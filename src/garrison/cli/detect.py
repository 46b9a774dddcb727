"""`garrison detect`: threats in logs of files and folders, without a server; and those of a running one."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from garrison.cli.detect_exported import exported
from garrison.cli.detect_lake import compact, counted, import_, opened, progress_bar, report, retain, status
from garrison.cli.detect_output import FORMATS, show
from garrison.cli.detect_watch import watch

_PATHS = click.Path(exists=True, path_type=Path)
_EXPECTED = """Forms that are read, packed with gzip or not:
  CloudTrail          {"Records": [...]}, or a record a line: as such, CloudTrail Lake's, EventBridge's
  other services      VPC flow logs, Route 53 Resolver query logs, EKS audit logs, AWS WAF logs, PostgreSQL's log
Wrapped in anything else, take the records out first: jq -c '.events[]' FILE"""
MISSING = "Threat detection needs DuckDB, ibis and pyarrow: pip install 'garrison[detect]'"


@click.group()
def detect() -> None:
    """Threat detection: what in CloudTrail, flow, DNS, Kubernetes and other logs is a threat, as GuardDuty says it."""
    if not all(find_spec(name) for name in ("duckdb", "ibis", "pyarrow")):
        raise click.ClickException(MISSING)


for command in (import_, compact, exported, retain, status, watch):
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
@click.option(
    "--list",
    "lists",
    multiple=True,
    metavar="CATEGORY=FILE",
    help="A list of addresses or names: tor, c2, mining, phishing ..., or trusted; repeatable.",
)
@click.option(
    "--geo-database",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A MaxMind database (country, city or ASN); repeatable.",
)
@click.option("--account", "accounts", multiple=True, help="An account of yours; without any, all that logs are of.")
@click.option("--webhook", metavar="URL", help="Post each finding there, as JSON.")
@click.option(
    "--engine",
    "queries",
    default="duckdb",
    show_default=True,
    envvar="GARRISON_DETECT_ENGINE",
    help="What answers the queries of detectors that look at windows of time: duckdb, spark, spark://HOST:PORT, "
    "sc://HOST:PORT, chdb or clickhouse://USER:PASSWORD@HOST:PORT; GARRISON_DETECT_ENGINE if not given.",
)
def run(
    paths: tuple[Path, ...],
    output: str,
    fail_on: str | None,
    lake: Path | None,
    lists: tuple[str, ...],
    geo_database: tuple[Path, ...],
    accounts: tuple[str, ...],
    webhook: str | None,
    queries: str,
) -> None:
    """Which threats the logs of PATHS show: files, and folders as AWS lays them out in a bucket.

    Forms are told by content: CloudTrail, VPC flow logs, Route 53 query logs, EKS audit logs and more, packed with gzip
    or not. What could not be read is counted on standard error; if that is everything, it is an error.
    """
    from garrison.detect.baseline.memory import Remembered
    from garrison.detect.engine import Engine
    from garrison.detect.formats.files import find
    from garrison.detect.gather import Gathered
    from garrison.detect.intel import from_files
    from garrison.detect.lake.engines import NoEngine, connect
    from garrison.detect.place import place_with
    from garrison.detect.run import Progress, ask_windows, lake_tables, replay, take_files
    from garrison.detect.severity import LEVELS
    from garrison.detect.surroundings import Surroundings

    if not paths and lake is None:
        raise click.UsageError("Say which files or folders, or --lake with what is there.")
    if not paths and lake is not None and not lake.is_dir():
        raise click.UsageError(f"There is no lake at {lake}. garrison detect import makes one, and so do PATHS.")
    gathered = Gathered()
    warnings: list[str] = []
    try:
        intel, place = from_files(lists), place_with(geo_database)
    except (OSError, ValueError) as e:
        raise click.ClickException(f"{e}.") from None
    context = Surroundings(Remembered(), intel=intel, place=place, accounts=frozenset(accounts))
    engine = Engine(context, gathered.tell)
    with ExitStack() as stack:
        folder = lake or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="garrison-detect-")))
        there = stack.enter_context(opened(folder))
        try:
            sql = stack.enter_context(closing(connect(queries)))
        except NoEngine as e:
            raise click.ClickException(f"{e}.") from None
        if paths:
            files, left = find(paths)
            if not files:
                lines = ["No file of a known form is there.", *report(Progress(), left), _EXPECTED]
                raise click.ClickException("\n".join(lines))
            bar = stack.enter_context(progress_bar(sum(file.size for file in files)))
            progress = take_files(files, there, engine if lake is None else None, lambda now: bar(now.bytes))
            warnings += report(progress, left)
            if progress.bad and not (progress.events or progress.doubled or progress.skipped):
                raise click.ClickException("\n".join(["Nothing could be read.", *warnings, _EXPECTED]))
        if lake is not None:
            replay(there, engine)
        ask_windows(there, engine, lake_tables(there, sql))
    warnings += [
        f"The detector {name} failed {counted(count, 'time')}; what it would have found is missing."
        for name, count in engine.failures.items()
    ]
    for warning in warnings:
        click.echo(warning, err=True)
    findings = gathered.findings()
    show(findings, output, warnings)
    if webhook is not None:
        post(findings, webhook)
    if fail_on is not None and any(finding["severity"] >= LEVELS[fail_on] for finding in findings):
        raise click.exceptions.Exit(1)


def post(findings: list[dict[str, Any]], url: str) -> None:
    """Post each finding; the first that is not taken ends it."""
    import json
    import urllib.error
    import urllib.request

    if not url.startswith(("http://", "https://")):
        raise click.ClickException("A webhook is a http or https URL.")
    for finding in findings:
        body = json.dumps(finding).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=30):  # noqa: S310
                pass
        except (urllib.error.URLError, OSError) as e:
            raise click.ClickException(f"{url} did not take a finding: {e}.") from None

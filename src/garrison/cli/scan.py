"""`garrison scan`: what is vulnerable in a folder, an image, a machine or a bill of materials. No server is needed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from garrison.cli.inspector import INCOMPLETE, database_path
from garrison.cli.output import print_rows

if TYPE_CHECKING:
    from garrison.scan.inventory import Progress
    from garrison.scan.inventory.model import ProgressCallback
    from garrison.scan.match import Finding
    from garrison.scan.match.suppress import Statement
    from garrison.scan.reachability.host import Reachability
    from garrison.scan.report import Report

IGNORE_FILE = ".garrison-ignore.yaml"
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SEVERITIES = ("critical", "high", "medium", "low")
_MOST_PROBLEMS = 10


@click.command()
@click.argument("target")
@click.option(
    "--fail-on",
    type=click.Choice([*_SEVERITIES, "exploited"]),
    help="Exit code 1 for findings of this severity or worse; exploited: only what is known to be exploited.",
)
@click.option("--ignore-unfixed", is_flag=True, help="Findings without a fix do not count.")
@click.option(
    "--behind-firewall",
    is_flag=True,
    help="host: something in front of it lets nothing in from the internet.",
)
@click.option("--no-dev", is_flag=True, help="Leave out packages that are wanted for development and tests only.")
@click.option("--ignore-file", type=_FILE, help=f"What does not count, with reasons; {IGNORE_FILE} if it is there.")
@click.option("--vex", type=_FILE, multiple=True, help="OpenVEX or CycloneDX VEX; repeatable.")
@click.option(
    "--severity-source",
    type=click.Choice(["nvd", "vendor"]),
    default="nvd",
    show_default=True,
    help="Whose severity: the CVSS score's, as Inspector's scans have it, or the distribution's own.",
)
@click.option("--max-age", type=click.IntRange(0), metavar="DAYS", help="Exit code 3 if the database is older.")
@click.option(
    "--database",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="GARRISON_INSPECTOR_DATABASE",
    help="The vulnerability database; the data directory's if not given.",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "sarif", "cyclonedx", "html"]),
    default="table",
    show_default=True,
    help="How to print.",
)
def scan(
    target: str,
    fail_on: str | None,
    ignore_unfixed: bool,
    behind_firewall: bool,
    no_dev: bool,
    ignore_file: Path | None,
    vex: tuple[Path, ...],
    severity_source: str,
    max_age: int | None,
    database: Path | None,
    output: str,
) -> None:
    """Which packages of TARGET are vulnerable, and what to upgrade.

    TARGET is a folder, an image in a tar (docker save, OCI layout), a zip or jar, an SBOM (CycloneDX, SPDX), or `host`,
    of which it also says what can be reached from where, and what that makes of each score.

    Exit code 1: something at or above --fail-on; 3: something could not be read, so there may be more.
    """
    from garrison.scan.inventory import TargetError, scan_target
    from garrison.scan.match import match
    from garrison.scan.report import Report
    from garrison.scan.vulndb import Database, DatabaseError

    if target != "host" and not Path(target).exists():
        raise click.UsageError(f"There is no {target}.")
    now = datetime.now(UTC)
    here = _reachability(behind_firewall) if target == "host" else None
    statements = _statements(ignore_file, vex)
    try:
        with Database(database_path(database)) as opened, _progress() as progress:
            inventory = scan_target(target, progress=progress)
            wanted = [p for p in inventory.packages if not (no_dev and p.dev)]
            matches = match(wanted, opened, vendor_severity=severity_source == "vendor")
    except (TargetError, DatabaseError) as e:
        raise _NotEvaluated(str(e)) from e
    report = Report(
        inventory=inventory,
        findings=_suppressed(matches.findings, statements, now, ignore_unfixed),
        unknown=len(matches.unknown),
        database=matches.database,
        created=now,
        warnings=_warnings(statements, matches.database.stale, matches.database.age, now),
        reachability=here,
    )
    _print(report, output)
    if fail_on and any(_reaches(f, fail_on) for f in report.counting):
        raise SystemExit(1)
    too_old = max_age is not None and report.database.age_seconds > max_age * 86400
    if too_old:
        click.echo(f"The database is older than {max_age} days.", err=True)
    if too_old or not inventory.complete:
        raise SystemExit(INCOMPLETE)


class _NotEvaluated(click.ClickException):
    exit_code = INCOMPLETE


def _reachability(behind: bool) -> Reachability | None:
    from garrison.scan.reachability.host import reachability
    from garrison.scan.reachability.listeners import Unreadable

    try:
        return reachability(behind=behind)
    except Unreadable as e:
        click.echo(f"What can be reached is not known: {e}", err=True)
        return None


def _statements(ignore_file: Path | None, vex: tuple[Path, ...]) -> list[Statement]:
    from garrison.scan.match import suppress

    made: list[Statement] = []
    default = Path(IGNORE_FILE)
    try:
        if ignore_file is not None or default.is_file():
            file = ignore_file or default
            made += suppress.ignore_file(file.read_text(), file.name)
        for file in vex:
            made += suppress.vex(file.read_bytes(), file.name)
    except suppress.BadStatement as e:
        raise click.UsageError(str(e)) from e
    except (OSError, UnicodeDecodeError) as e:
        raise click.UsageError(f"{ignore_file or default} cannot be read: {e}") from e
    return made


def _suppressed(
    findings: tuple[Finding, ...], statements: list[Statement], now: datetime, ignore_unfixed: bool
) -> tuple[Finding, ...]:
    import msgspec

    from garrison.scan.match import FixAvailable, Suppression, suppress

    made = suppress.apply(findings, statements, now.date())
    if not ignore_unfixed:
        return made
    unfixed = Suppression(by="--ignore-unfixed", reason="no fix is known")
    return tuple(
        msgspec.structs.replace(f, suppressed=unfixed)
        if f.suppressed is None and f.fix_available is FixAvailable.NO
        else f
        for f in made
    )


def _warnings(statements: list[Statement], stale: bool, age: str, now: datetime) -> tuple[str, ...]:
    from garrison.scan.match.suppress import expired

    made = [
        f"The entry for {s.vulnerability} ended on {s.until}: it counts again" for s in expired(statements, now.date())
    ]
    if stale:
        made.append(f"The vulnerability database is {age} old: garrison inspector db update")
    return tuple(made)


def _reaches(finding: Finding, threshold: str) -> bool:
    from garrison.scan.match import Severity

    told = finding.vulnerability
    if threshold == "exploited":
        return told.exploit_available
    return told.severity.rank <= Severity(threshold.upper()).rank


def _print(report: Report, output: str) -> None:
    if output == "json":
        from garrison.scan.report.document import document

        click.echo(json.dumps(document(report), indent=2))
    elif output == "sarif":
        from garrison.scan.report.sarif import sarif

        click.echo(json.dumps(sarif(report), indent=2))
    elif output == "cyclonedx":
        from garrison.scan.report.cyclonedx import cyclonedx

        click.echo(json.dumps(cyclonedx(report), indent=2))
    elif output == "html":
        from garrison.scan.report.page import page

        click.echo(page(report))
    else:
        _table(report)
    _summary(report)


def _table(report: Report) -> None:
    rows = [
        {
            "vulnerability": f.vulnerability.id,
            "severity": _severity(f, report),
            "package": f"{a.package.name} {a.package.native_version}",
            "fixed": a.fixed_version or a.not_fixed or "-",
            "where": a.package.path,
        }
        for f in report.counting
        for a in f.packages
    ]
    if rows:
        print_rows(rows, tuple(rows[0]), "table", name="findings")
    if report.reachability is not None:
        _exposures(report.reachability)


def _exposures(here: Reachability) -> None:
    rows = [
        {
            "from": {"INTERNET": "anywhere", "NETWORK": "private networks"}.get(e.origin, e.origin.lower()),
            "port": f"{e.protocol} {e.begin}" + (f"-{e.end}" if e.end != e.begin else ""),
            "address": e.address,
            "program": e.program or "cannot be seen",
            "package": f"{e.package} {e.version}".strip(),
        }
        for e in here.exposures
    ]
    if rows:
        print_rows(rows, tuple(rows[0]), "table", name="exposures")
    for problem in here.problems:
        click.echo(problem, err=True)


def _severity(finding: Finding, report: Report) -> str:
    told = finding.vulnerability
    score = f" {told.score:.1f}" if told.score is not None else ""
    here = report.adjusted(finding)
    if here is not None and here.adjustments:
        score += f" ({here.score:.1f} here)"
    return f"{told.severity.lower()}{score}{', exploited' if told.exploit_available else ''}"


def _summary(report: Report) -> None:
    """On stderr, whatever is printed: how much, out of what, with which database, and what is missing."""
    inventory, database = report.inventory, report.database
    counts = ", ".join(f"{n} {severity}" for severity, n in report.counts.items() if n) or "none"
    click.echo(f"{inventory.target}: {len(inventory.packages)} packages; vulnerabilities: {counts}", err=True)
    suppressed = len(report.findings) - len(report.counting)
    if suppressed:
        click.echo(f"{suppressed} more do not count; -o json says why.", err=True)
    if report.unknown:
        click.echo(f"{report.unknown} packages are in no advisory of the database, in any version.", err=True)
    for warning in report.warnings:
        click.echo(warning, err=True)
    click.echo(f"Database of {database.advisories:,} advisories, built {database.age} ago, {database.built}.", err=True)
    lost = [p for p in inventory.problems if p.lost]
    for problem in lost[:_MOST_PROBLEMS]:
        click.echo(f"not read: {problem.path or inventory.target}: {problem.reason}", err=True)
    if len(lost) > _MOST_PROBLEMS:
        click.echo(f"not read: {len(lost) - _MOST_PROBLEMS} more; -o json lists them", err=True)
    if not inventory.complete:
        click.echo("NOT COMPLETE: there may be more packages and vulnerabilities than these.", err=True)


@contextmanager
def _progress() -> Iterator[ProgressCallback | None]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal or "CI" in os.environ:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[found]}"), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("scanning", total=None, found="")

        def show(progress: Progress) -> None:
            bar.update(
                task,
                description=progress.stage,
                completed=progress.done,
                total=progress.total,
                found=f"{progress.packages} packages",
            )

        yield show

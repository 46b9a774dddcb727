"""`garrison inspector checks`: how a host is configured. No server is needed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from garrison.cli.output import print_rows

if TYPE_CHECKING:
    from garrison.scan.host_checks.run import HostReport

INCOMPLETE = 3
"""Exit code: some check could not tell."""


@click.command()
@click.argument("names", nargs=-1, metavar="[CHECK|AREA]...")
@click.option(
    "--root",
    default="/",
    show_default=True,
    type=click.Path(exists=True, file_okay=False),
    help="The root file system: this machine's, or an unpacked or mounted one.",
)
@click.option("--level", type=click.IntRange(1, 2), default=2, show_default=True, help="Ask checks up to this level.")
@click.option("--except", "excepted", multiple=True, metavar="CHECK=REASON", help="Do not ask it here; repeatable.")
@click.option("--fail-on", type=click.IntRange(1, 2), help="Exit code 1 if a check up to this level failed.")
@click.option("--all", "everything", is_flag=True, help="Print what passed and was skipped too (table).")
@click.option("--list", "only_list", is_flag=True, help="List the checks and ask none.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "sarif", "html"]),
    default="table",
    show_default=True,
    help="How to print.",
)
def checks(
    names: tuple[str, ...],
    root: str,
    level: int,
    excepted: tuple[str, ...],
    fail_on: int | None,
    everything: bool,
    only_list: bool,
    output: str,
) -> None:
    """How well a host is configured: SSH, accounts, passwords, kernel, mounts, services, records ...

    Files below --root are read and nothing else; no program is started. Run it as root to read all of them.

    Exit code 1: something failed that --fail-on asks for; 3: some check could not tell.
    """
    from garrison.scan.host_checks.run import chosen, exceptions, run

    try:
        if only_list:
            rows = [
                {"check": c.id, "level": c.level, "title": c.title, "fix": c.remediation} for c in chosen(level, names)
            ]
            print_rows(rows, ("check", "level", "title"), "json" if output == "json" else "table", name="checks")
            return
        report = run(root, level=level, only=names, excepted=exceptions(excepted))
    except ValueError as e:
        raise click.UsageError(f"{e} --list names all.") from e
    except OSError as e:
        raise click.UsageError(f"{root}: {e.strerror or e}") from e
    _print(report, output, everything)
    if any(r.status == "FAILED" and r.check.level <= (fail_on or 0) for r in report.results):
        raise SystemExit(1)
    if not report.complete:
        raise SystemExit(INCOMPLETE)


def _print(report: HostReport, output: str, everything: bool) -> None:
    from garrison.scan.host_checks import Status
    from garrison.scan.report import host

    if output == "json":
        click.echo(json.dumps(host.document(report), indent=2))
    elif output == "sarif":
        click.echo(json.dumps(host.sarif(report), indent=2))
    elif output == "html":
        click.echo(host.page(report))
    else:
        rows = [
            {
                "check": r.check.id,
                "result": r.status.lower(),
                "title": r.check.title,
                "seen": " ".join((r.verdict.reason, *r.verdict.observed[:3])),
            }
            for r in report.results
            if everything or r.status in (Status.FAILED, Status.ERROR)
        ]
        if rows:
            print_rows(rows, ("check", "result", "title", "seen"), "table", name="checks")
    counts = ", ".join(f"{n} {status}" for status, n in report.counts.items() if n)
    click.echo(f"{report.root}: {len(report.results)} checks: {counts}", err=True)

"""`garrison assess frameworks|controls|report|trend`, and how a framework's standing is printed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from garrison.cli.assess_history import spoken, when
from garrison.cli.assess_report import evidence_option, ledger_of, signer
from garrison.cli.output import SCHEMA, output_option, print_rows, refuse_terminal, write_out
from garrison.cli.source import Incomplete

if TYPE_CHECKING:
    from garrison.assess.frameworks import Framework, Standing
    from garrison.assess.ledger import Run
    from garrison.checks.check import Result

_COLOURS = {"GAP": "red", "NOT_AVAILABLE": "magenta", "PARTLY": "yellow", "SATISFIED": "green"}
_FORMS = ("html", "pdf", "oscal", "json", "csv", "sarif", "junit", "bundle")


@contextmanager
def read() -> Iterator[None]:
    """Turns what is wrong with a framework into a message for people."""
    from garrison.assess.frameworks import FrameworkError

    try:
        yield
    except FrameworkError as e:
        raise click.UsageError(str(e)) from e


def framework(named: str) -> Framework:
    """The framework of an id or a file; a usage error where there is none."""
    from garrison.assess.frameworks import load
    from garrison.checks import load as load_checks

    with read():
        return load(named, load_checks())


def standing_of(found: Framework, results: Sequence[Result]) -> Standing:
    """Where the results leave a framework."""
    from garrison.assess.frameworks import standing

    return standing(found, results)


@click.command("frameworks")
@output_option()
def frameworks(output: str) -> None:
    """Compliance frameworks there are, and how much of each the checks speak for."""
    from garrison.assess.frameworks import built_in

    rows = []
    for id in built_in():
        found = framework(id)
        controls = len(found.controls)
        rows.append(
            {
                "framework": id, "title": found.title, "version": found.version, "requirements": controls,
                "assessed": sum(bool(c.checks) for c in found.controls), "checks": len(found.checks),
                "source": found.source, "note": found.note,
            }
        )  # fmt: skip
    print_rows(rows, ("framework", "title", "version", "requirements", "assessed", "checks"), output, name="frameworks")


@click.command("controls")
@click.argument("named", metavar="FRAMEWORK")
@output_option()
def controls(named: str, output: str) -> None:
    """The requirements of FRAMEWORK (an id, or a file of your own) and the checks that look at each."""
    rows = [
        {
            "id": c.id, "title": c.title, "checks": list(c.checks), "kind": c.kind,
            "looked_at": ("partly" if c.partly else "wholly") if c.checks else "no",
        }
        for c in framework(named).controls
    ]  # fmt: skip
    print_rows(rows, ("id", "title", "looked_at", "checks"), output, name="controls")


@click.command("report")
@click.argument("run", default="latest")
@click.option("--framework", "named", required=True, metavar="ID|FILE", help="Against which framework.")
@click.option("-o", "--output", type=click.Choice(_FORMS), default="html", show_default=True, help="Which form.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="FILE to write; else standard output.")
@evidence_option
def report(run: str, named: str, output: str, out: Path | None, evidence: Path | None) -> None:
    """A document of what a run says of a framework. The same run gives the same bytes.

    `bundle` is a zip file of every form, the evidence itself and a signed list of their hashes; `garrison evidence
    bundle FILE` verifies one without any server.
    """
    from garrison.assess.report.pdf import NoTypst

    binary = f"-o {output}" if output in ("pdf", "bundle") else ""
    if binary and out is None:
        refuse_terminal(binary)
    found = framework(named)
    with spoken():
        one = ledger_of(evidence).run(run)
        try:
            made = _made(found, one, output)
        except NoTypst as e:
            raise Incomplete(str(e)) from e
    write_out(made, out, binary=binary)


def _made(found: Framework, run: Run, output: str) -> bytes:
    from garrison.assess.report.bundle import bundle, forms

    if output == "bundle":
        return bundle(found, run, signer())
    return forms(found, run, (output,))[output]


@click.command("trend")
@click.option("--framework", "named", required=True, metavar="ID|FILE", help="Of which framework.")
@evidence_option
@output_option()
def trend(named: str, evidence: Path | None, output: str) -> None:
    """How a framework stood in every run that asked three in four of its checks, oldest first."""
    from garrison.assess.kept import speaks_of
    from garrison.assess.records import about, results

    found = framework(named)
    rows = []
    with spoken():
        for run in ledger_of(evidence).runs():
            records = list(run.records())
            told = about(records)
            if told is None or not speaks_of(found.checks, told["checks"]):
                continue
            one = standing_of(found, [result for _, result in results(records)])
            rows.append(
                {
                    "run": run.id, "when": when(told["finished"]), "accounts": len(told["accounts"]),
                    "coverage": f"{one.assessed}/{len(one.controls)}",
                    **{status.value.lower(): n for status, n in one.counts.items()},
                }
            )  # fmt: skip
    print_rows(
        rows,
        ("run", "when", "accounts", "coverage", "satisfied", "partly", "gap", "not_available"),
        output,
        name="trend",
    )


def print_standing(found: Standing, output: str, *, run: str | None, every: bool = False) -> None:
    """Print where a framework stands: what is open first, and how much was looked at beside how much passed."""
    from garrison.assess.report.told import control, percent

    rows = [control(one) for one in found.controls]
    if output == "json":
        told = {
            "schema": SCHEMA, "run": run, "framework": found.framework.id, "version": found.framework.version,
            "coverage": {"assessed": found.assessed, "of": len(found.controls), "percent": percent(found)},
            "summary": {status.value: n for status, n in found.counts.items()}, "controls": rows,
        }  # fmt: skip
        click.echo(json.dumps(told, indent=2))
    elif output in ("jsonl", "csv"):
        print_rows(rows, ("id", "title", "status", "checks", "passed", "failed", "unknown"), output, name="controls")
    else:
        _people(rows, every=every)
    _summary(found, run)


def _people(rows: Sequence[dict[str, Any]], *, every: bool) -> None:
    for row in rows:
        if not every and row["status"] not in ("GAP", "NOT_AVAILABLE"):
            continue
        status = click.style(f"{row['status']:14}", fg=_COLOURS.get(row["status"]), bold=True)
        click.echo(f"{status} {row['id']:12} {row['title']}")
        for one in (*row["failures"], *row["unread"]):
            click.echo(f"        {one['account']}  {one['subject']}: {one['reason']}")
            for command in one["fix"]:
                click.echo(click.style(f"        $ {command}", fg="green"))
        if row["more"]:
            click.echo(f"        and {row['more']} more")


def _summary(found: Standing, run: str | None) -> None:
    from garrison.assess.report.told import percent

    told = ", ".join(f"{n} {status.value}" for status, n in found.counts.items() if n)
    click.echo(f"\n{found.framework.title} {found.framework.version}: {told}", err=True)
    satisfied = sum(one.status == "SATISFIED" for one in found.controls)
    click.echo(f"coverage: {found.assessed} of {len(found.controls)} requirements ({percent(found)} %)", err=True)
    click.echo(f"satisfied: {satisfied} of the {found.judged} that are about something there is", err=True)
    if run is not None:
        click.echo(f"run {run}; as a document: garrison assess report {run} --framework {found.framework.id}", err=True)

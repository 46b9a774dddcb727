"""`garrison assess`: what is wrong with accounts, shown by evidence, with the commands that put it right."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from garrison.cli import assess_answer, assess_framework, assess_history, assess_publish
from garrison.cli.assess_report import FORMATS, evidence_option, ledger_of, print_results, signer
from garrison.cli.assess_where import collector_of, spoken, telling, where_options
from garrison.cli.instance import instance
from garrison.cli.output import output_option, print_rows, write_out
from garrison.cli.source import INCOMPLETE

if TYPE_CHECKING:
    from garrison.checks.check import Check

_FAIL_ON = click.Choice(["critical", "high", "medium", "low", "gap"])


@click.group()
def assess() -> None:
    """Check accounts and organizations, keep the evidence, compare runs."""


for _command in (
    *(assess_history.list_, assess_history.show, assess_history.diff, assess_history.except_),
    *(assess_framework.frameworks, assess_framework.controls, assess_framework.report, assess_framework.trend),
    *(assess_answer.answer_, assess_publish.publish),
):
    assess.add_command(_command)


@assess.command()
@where_options
@click.option("--check", "wanted", multiple=True, metavar="ID", help="Only this check, or iam.*; repeatable.")
@click.option(
    "--framework", "named", metavar="ID|FILE", help="Ask the checks of this framework, and tell its standing."
)
@click.option(
    "--fail-on", type=_FAIL_ON, help="Exit code 1 for a failure this grave, or graver; for a framework's gap."
)
@click.option(
    "--act/--no-act", default=None,
    help="Whether behavioural checks may act: make a throw-away user, try what must be refused, take it away again. "
    "By default they do in a running Garrison, and nowhere else.",
)  # fmt: skip
@click.option("--all", "passes", is_flag=True, help="Show what passed too.")
@click.option("--no-record", is_flag=True, help="Keep no evidence.")
@evidence_option
@output_option(*FORMATS)
def run(
    wanted: tuple[str, ...], named: str | None, fail_on: Any, act: bool | None, passes: bool, no_record: bool,
    evidence: Path | None, output: str, exports: tuple[Path, ...], **where: Any,
) -> None:  # fmt: skip
    """Assess the running Garrison (every account), or what --endpoint, --aws, --profile or --export name.

    Accounts of running labs and tours are left out if --account does not name them; inside a lab, its accounts alone
    are assessed.

    Exit code 1 when something as grave as --fail-on fails; else 3 when something could not be read, which is said, and
    never counted as passed.
    """
    if fail_on == "gap" and named is None:
        raise click.UsageError("A gap is a framework's: --fail-on gap needs --framework.")
    from garrison.assess.records import records
    from garrison.assess.run import assess as asked
    from garrison.evidence.exceptions import standing

    framework = None if named is None else assess_framework.framework(named)
    named_by_it = framework.checks if framework is not None else None
    checks = {
        id: check
        for id, check in _selected(wanted).items()
        if (id in named_by_it if named_by_it is not None else bool(wanted) or not check.on_request)
    }
    with spoken():
        collector, live = collector_of(exports=exports, **where)
        acts = live if act is None else act
        if act and exports:
            raise click.UsageError("Nothing can be tried in an export: leave --act out.")
        ledger = ledger_of(evidence)
        exceptions = standing(ledger.history())
        found = asked(
            collector, checks.values(), act=acts, exceptions=exceptions, tell=telling(),
            clock=instance().now if live else time.time,
        )  # fmt: skip
        number = None
        if not no_record:
            number = ledger.append(records(found), signer()).id
    if framework is not None and output not in FORMATS:
        stands = assess_framework.standing_of(framework, found.results)
        assess_framework.print_standing(stands, output, run=number, every=passes)
        if fail_on == "gap" and stands.gaps:
            raise SystemExit(1)
    else:
        print_results(
            found.results, checks, output, run=number, source=found.source, not_tried=found.not_tried, passes=passes
        )
        if fail_on == "gap" and framework is not None and assess_framework.standing_of(framework, found.results).gaps:
            raise SystemExit(1)
    if fail_on not in (None, "gap") and found.failures(fail_on):
        raise SystemExit(1)
    if not found.complete:
        raise SystemExit(INCOMPLETE)


@assess.command()
@where_options
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="FILE to write; else standard output.")
def collect(out: Path | None, **where: Any) -> None:
    """Write every fact the checks read, to be assessed elsewhere: garrison assess run --export FILE.

    Exit code 3 when something could not be read; the file says what, and why.
    """
    from garrison.assess.collected import collected
    from garrison.checks import load
    from garrison.checks.fact import FACTS

    load()
    with spoken():
        found = collected(collector_of(**where)[0], FACTS)
    text = json.dumps(found, indent=1) + "\n"
    write_out(text.encode(), out)
    if found["Unread"]:
        raise SystemExit(INCOMPLETE)


@assess.command("checks")
@click.argument("wanted", nargs=-1)
@output_option()
def checks_(wanted: tuple[str, ...], output: str) -> None:
    """The catalogue: every check, or those that WANTED names (iam.*)."""
    rows = [
        {
            "check": check.id,
            "severity": check.severity,
            "kind": "behavioural" if check.behavioural else "reading",
            "title": check.title,
            "why": check.why,
            "cells": list(check.cells),
            "scope": check.scope,
            "reads": list(check.needs),
            "version": check.version,
        }
        for check in _selected(wanted).values()
    ]
    print_rows(rows, ("check", "severity", "kind", "title"), output, name="checks")


def _selected(wanted: Sequence[str]) -> dict[str, Check]:
    from garrison.checks import load

    catalogue = load()
    found = {id: c for id, c in catalogue.items() if any(fnmatchcase(id, w) for w in wanted or ("*",))}
    for pattern in wanted:
        if not any(fnmatchcase(id, pattern) for id in catalogue):
            raise click.UsageError(f"There is no check {pattern}. garrison assess checks lists them.")
    return found

"""How results are printed: for people, and in the forms programs read."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from garrison.cli.instance import instance
from garrison.cli.output import SCHEMA, print_rows

if TYPE_CHECKING:
    from garrison.assess.ledger import Ledger
    from garrison.checks.check import Check, Result
    from garrison.checks.collect.collector import Source
    from garrison.evidence.signing import Signer

F = TypeVar("F", bound=Callable[..., Any])
FORMATS = ("sarif", "junit")
COLUMNS = ("status", "severity", "check", "account", "subject", "reason", "fix")
_COLOURS = {"critical": "red", "high": "red", "medium": "yellow", "low": "cyan"}


def evidence_option(function: F) -> F:
    """`--evidence DIRECTORY`."""
    return click.option(
        "--evidence", type=click.Path(file_okay=False, path_type=Path), metavar="DIRECTORY",
        help="Where evidence is kept. Else: GARRISON_EVIDENCE, or evidence in the data directory.",
    )(function)  # fmt: skip


def ledger_of(evidence: Path | None) -> Ledger:
    """The evidence this command line means."""
    from garrison.assess.ledger import Ledger

    return Ledger(evidence_directory(evidence))


def evidence_directory(evidence: Path | None) -> Path:
    """Where it is kept."""
    told = os.environ.get("GARRISON_EVIDENCE")
    return evidence or (Path(told) if told else instance().data / "evidence")


def signer() -> Signer:
    """What seals evidence: a key in the KMS of the Garrison that runs here, or the data directory's own."""
    from garrison.assess.signers import signer_of
    from garrison.checks.collect.probe import AwsProbe
    from garrison.checks.probe import Keys

    garrison = instance()
    if garrison.server() is None:
        return signer_of(garrison.data, None)
    found = garrison.credentials()
    if "aws_access_key_id" not in found:
        return signer_of(garrison.data, None)
    garrison.trust()
    keys = Keys(found["aws_access_key_id"], found["aws_secret_access_key"])
    probe = AwsProbe("", garrison.url(), found.get("region", "us-east-1"), keys)
    return signer_of(garrison.data, lambda operation, params: probe.call("kms", operation, params, keys=keys))


def row(result: Result) -> dict[str, Any]:
    """A result as JSON and CSV have it."""
    outcome = result.outcome
    return {
        "status": outcome.status.value,
        "severity": result.severity,
        "check": result.check,
        "title": result.title,
        "account": result.account,
        "subject": outcome.subject,
        "reason": outcome.reason,
        "observed": outcome.observed,
        "examined": outcome.examined,
        "cells": list(result.cells),
        "behavioural": result.behavioural,
        "version": result.version,
        "exception": result.exception,
        "fix": list(outcome.fix.commands) if outcome.fix is not None else [],
        "fix_account": outcome.fix.account if outcome.fix is not None else "",
        "fix_note": outcome.fix.note if outcome.fix is not None else "",
    }


def print_results(
    results: Sequence[Result], checks: Mapping[str, Check], output: str, *, run: str | None, source: Source | None,
    not_tried: Sequence[str] = (), passes: bool = False,
) -> None:  # fmt: skip
    """Print what came of an assessment."""
    if output == "sarif":
        from garrison.assess.sarif import sarif

        asked = {r.check for r in results}
        click.echo(json.dumps(sarif(results, [c for c in checks.values() if c.id in asked]), indent=2))
    elif output == "junit":
        from garrison.assess.junit import junit

        click.echo(junit(results))
    elif output == "json":
        told = {
            "schema": SCHEMA,
            "run": run,
            "source": None if source is None else msgspec.to_builtins(source),
            "summary": summary(results),
            "not_tried": list(not_tried),
            "results": [row(r) for r in results],
        }
        click.echo(json.dumps(told, indent=2))
    elif output in ("jsonl", "csv"):
        print_rows([row(r) for r in results], COLUMNS, output, name="results")
    else:
        _people(results, passes=passes)
    _summary(results, run, not_tried)


def summary(results: Sequence[Result]) -> dict[str, int]:
    """How many results there are of each status."""
    from garrison.checks.check import Status

    counted = Counter(r.status for r in results)
    return {status.value: counted[status] for status in Status}


def _people(results: Sequence[Result], *, passes: bool) -> None:
    """What failed, gravest first, with how to put it right; then what nobody knows."""
    from garrison.checks.check import SEVERITIES, Status

    failing = [r for r in results if r.status in (Status.FAIL, Status.EXCEPTED)]
    failing.sort(key=lambda r: (r.status is Status.EXCEPTED, SEVERITIES.index(r.severity), r.check, r.account))
    shown: set[tuple[str, ...]] = set()
    before = ""
    for r in failing:
        if r.check != before:
            before = r.check
            click.echo(f"\n{click.style(r.severity.upper(), fg=_COLOURS[r.severity], bold=True)}  {r.check}  {r.title}")
        mark = "excepted" if r.status is Status.EXCEPTED else "FAIL"
        click.echo(f"  {mark}  {r.account}  {r.outcome.subject}\n        {r.outcome.reason}")
        fix = r.outcome.fix
        if fix is None or r.status is Status.EXCEPTED:
            continue
        if fix.commands in shown:
            click.echo("        fix: as above")
        for command in fix.commands if fix.commands not in shown else ():
            click.echo(click.style(f"        $ {command}", fg="green"))
        if fix.commands:
            shown.add(fix.commands)
        if fix.note:
            click.echo(f"        {fix.note}")
    unknown = [r for r in results if r.status is Status.NOT_AVAILABLE]
    if unknown:
        click.echo(
            f"\n{click.style('NOT AVAILABLE', fg='magenta', bold=True)}  nobody knows, and nothing here has passed:"
        )
        alike: dict[tuple[str, str], list[str]] = {}
        for r in unknown:
            alike.setdefault((r.account, r.outcome.reason), []).append(r.check)
        for (account, reason), several in alike.items():
            click.echo(f"  {account}  {reason}\n        {', '.join(several)}")
    if passes:
        click.echo("\nPASSED, or nothing to look at")
        for r in results:
            if r.status in (Status.PASS, Status.NOT_APPLICABLE):
                click.echo(f"  {r.account}  {r.status.value:14}  {r.check}: {r.outcome.reason}")


def _summary(results: Sequence[Result], run: str | None, not_tried: Sequence[str]) -> None:
    told = ", ".join(f"{n} {status}" for status, n in summary(results).items() if n)
    click.echo(f"\n{told or 'nothing was asked'}", err=True)
    if not_tried:
        click.echo(f"{len(not_tried)} behavioural checks were not tried there (--act lets them).", err=True)
    if run is not None:
        click.echo(f"run {run}; again: garrison assess show {run}; whole: garrison evidence verify", err=True)
    sys.stderr.flush()

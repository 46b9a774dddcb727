"""`garrison test`: expectations about policies, in files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import click

from garrison.cli.output import SCHEMA, output_option, print_rows
from garrison.cli.source import FILE, INCOMPLETE, export_option, spoken, world_from

if TYPE_CHECKING:
    from garrison.replay.scenarios import Result
    from garrison.replay.world import World


@click.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
@export_option
@click.option("--change", "changes", multiple=True, metavar="CHANGE", help="As garrison replay takes it; repeatable.")
@output_option("junit", "github")
def test(files: tuple[Path, ...], exports: tuple[Path, ...], changes: tuple[str, ...], output: str) -> None:
    """Check expectations: who may do what, who may not, because of what. YAML files; see the guide on SCPs in CI.

    Exit code 1 when an expectation is not met, 3 when something could not be decided.
    """
    from garrison.replay.changes import apply, read_change
    from garrison.replay.scenarios import Scenario, ScenarioError, read_scenario, run

    known: list[World] = []

    def live() -> World:
        if not known:
            known.append(world_from(exports))
        return known[0]

    results: list[Result] = []
    with spoken():
        more = [read_change(given) for given in changes]
        for file in files:
            try:
                scenario = read_scenario(file, live)
            except ScenarioError as e:
                raise click.UsageError(str(e)) from e
            results += run(Scenario(apply(scenario.world, more), scenario.cases))
    _print(results, output)
    outcomes = {result.outcome for result in results}
    if "failed" in outcomes:
        raise SystemExit(1)
    if "error" in outcomes:
        raise SystemExit(INCOMPLETE)


def _print(results: list[Result], output: str) -> None:
    if output == "junit":
        click.echo(_junit(results))
    elif output == "github":
        for result in results:
            if result.outcome != "passed":
                case = result.case
                title = _property(f"{result.outcome}: {case.name}")
                click.echo(f"::error file={_property(case.file)},line={case.line},title={title}::{_data(result)}")
        click.echo(_summary(results))
    elif output == "json":
        rows = [_row(result) for result in results]
        counts = {name: sum(r.outcome == name for r in results) for name in ("passed", "failed", "error")}
        click.echo(json.dumps({"schema": SCHEMA, **counts, "tests": rows}, indent=2))
    else:
        print_rows([_row(r) for r in results], ("outcome", "where", "name", "code", "message"), output, name="tests")
        if output == "table":
            for result in results:
                if result.outcome == "failed" and result.explanation is not None:
                    from garrison.policy.render import render

                    click.echo(f"{result.case.file}:{result.case.line}: {result.case.name}")
                    click.echo(render(result.explanation))
            click.echo(_summary(results), err=True)


def _summary(results: list[Result]) -> str:
    counts = [(n, sum(r.outcome == n for r in results)) for n in ("passed", "failed", "error")]
    return ", ".join(f"{count} {name}" for name, count in counts if count or name == "passed")


def _row(result: Result) -> dict[str, Any]:
    case = result.case
    return {
        "outcome": result.outcome,
        "where": f"{case.file}:{case.line}",
        "file": case.file,
        "line": case.line,
        "name": case.name,
        "principal": case.asked.principal,
        "action": case.asked.action,
        "resource": case.asked.resource,
        "expect": case.expect,
        "because": case.because,
        "code": None if result.explanation is None else result.explanation.code,
        "message": result.message,
    }


def _data(result: Result) -> str:
    """Text of a workflow command. Source: GitHub Actions toolkit, `escapeData`."""
    return result.message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    for plain, escaped in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C")):
        text = text.replace(plain, escaped)
    return text


def _junit(results: list[Result]) -> str:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    for file in dict.fromkeys(r.case.file for r in results):
        own = [r for r in results if r.case.file == file]
        failed, errors = (sum(r.outcome == name for r in own) for name in ("failed", "error"))
        lines.append(f'  <testsuite name={quoteattr(file)} tests="{len(own)}" failures="{failed}" errors="{errors}">')
        for result in own:
            case = result.case
            head = (
                f"    <testcase classname={quoteattr(file)} name={quoteattr(case.name)} file={quoteattr(file)}"
                f' line="{case.line}"'
            )
            if result.outcome == "passed":
                lines.append(f"{head}/>")
                continue
            tag = "failure" if result.outcome == "failed" else "error"
            message = quoteattr(result.message)
            lines.append(f"{head}><{tag} message={message}>{escape(result.message)}</{tag}></testcase>")
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"])

"""`garrison policy`: work on policy files; no server needed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from garrison.cli.output import SCHEMA, output_option, print_rows
from garrison.cli.policy_generate import generate

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True)
_KINDS = {"identity": "IDENTITY", "trust": "TRUST", "resource": "RESOURCE", "scp": "SCP", "rcp": "RCP"}
_SEVERITIES = ("error", "warning", "advice")
_SARIF = {"error": "error", "warning": "warning", "advice": "note"}


@click.group()
def policy() -> None:
    """Lint, compare and write policies."""


policy.add_command(generate)


@policy.command()
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--kind", type=click.Choice([*_KINDS]), default="identity", show_default=True, help="What it is for.")
@click.option("--fail-on", type=click.Choice(_SEVERITIES), default="error", show_default=True)
@output_option("sarif", "github")
def lint(files: tuple[Path, ...], kind: str, fail_on: str, output: str) -> None:
    """Find what AWS accepts and yet cannot mean: actions that do not exist, resources that never match, and more.

    Exit code 1 when something as grave as --fail-on is found.
    """
    from garrison.aws.reference import actions
    from garrison.policy.lint import lint as lint_text
    from garrison.policy.request import PolicyType

    rows: list[dict[str, Any]] = []
    for file in files:
        found = lint_text(_read(file), PolicyType[_KINDS[kind]], reference=actions)
        rows += [{"file": str(file), **msgspec.structs.asdict(remark)} for remark in found]
    if output == "sarif":
        click.echo(json.dumps(_sarif(rows), indent=2))
    elif output == "github":
        for row in rows:
            level = "notice" if row["severity"] == "advice" else row["severity"]
            where = f"file={row['file']},line={row['line']},col={row['column']},title={row['code']}"
            click.echo(f"::{level} {where}::{row['message']}")
    elif output == "table":
        for row in rows:
            where = f"{row['file']}:{row['line']}:{row['column']}"
            click.echo(f"{where}: {row['severity']}: {row['message']} [{row['code']}]")
        if not rows:
            click.echo("Nothing to remark.", err=True)
    else:
        print_rows(rows, ("file", "line", "column", "severity", "code", "message"), output, name="findings")
    grave = _SEVERITIES[: _SEVERITIES.index(fail_on) + 1]
    if any(row["severity"] in grave for row in rows):
        raise SystemExit(1)


@policy.command()
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
@click.option("--kind", type=click.Choice([*_KINDS]), default="identity", show_default=True, help="What they are for.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def diff(before: Path, after: Path, kind: str, output: str) -> None:
    """What changes in meaning from policy BEFORE to AFTER: statements are compared, not lines.

    Order, white space, and one value or a list of one make no difference. Exit code 1 when the meaning differs.
    """
    old, new = (list(_statements(path, kind)) for path in (before, after))
    gone = [s for s in old if s not in new]
    come = [s for s in new if s not in old]
    if output == "json":
        click.echo(json.dumps({"schema": SCHEMA, "removed": gone, "added": come}, indent=2))
    else:
        for sign, colour, statements in (("-", "red", gone), ("+", "green", come)):
            for statement in statements:
                text = json.dumps(statement, indent=2)
                click.secho("\n".join(f"{sign} {line}" for line in text.splitlines()), fg=colour)
        if not gone and not come:
            click.echo("They mean the same.", err=True)
    if gone or come:
        raise SystemExit(1)


def _read(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except UnicodeDecodeError as e:
        raise click.UsageError(f"{path} is not UTF-8 text: {e}.") from e


def _statements(path: Path, kind: str) -> Iterator[Any]:
    """The statements in one spelling: lists sorted, one-element lists for single values, names of actions folded."""
    from garrison.policy.document import Document
    from garrison.policy.reader import PolicyError
    from garrison.policy.request import PolicyType

    text = _read(path)
    try:
        Document.parse(text, PolicyType[_KINDS[kind]])
    except PolicyError as e:
        raise click.UsageError(f"{path}: {e}") from e
    whole = json.loads(text)
    statements = whole["Statement"]
    version = whole.get("Version", "2008-10-17")
    for statement in statements if isinstance(statements, list) else [statements]:
        plain = {k: _plain(v) for k, v in sorted(statement.items()) if k != "Sid"}
        for element in ("Action", "NotAction"):
            if element in plain:
                plain[element] = sorted({a.lower() for a in plain[element]})
        if "${" in json.dumps(plain):
            plain["Version"] = version  # it decides whether variables are variables
        yield plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in sorted(value.items())}
    if isinstance(value, list):
        return sorted({v if isinstance(v, str) else json.dumps(v) for v in value})
    if value in ("Allow", "Deny"):
        return value
    return [value if isinstance(value, str) else json.dumps(value)]


def _sarif(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """SARIF 2.1.0, for code scanning."""
    from garrison import __version__

    results = [
        {
            "ruleId": row["code"],
            "level": _SARIF[row["severity"]],
            "message": {"text": row["message"]},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": row["file"]},
                        "region": {"startLine": row["line"], "startColumn": row["column"]},
                    }
                }
            ],
        }
        for row in rows
    ]
    rules = [{"id": code} for code in sorted({row["code"] for row in rows})]
    driver = {"name": "garrison", "version": __version__, "rules": rules}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }

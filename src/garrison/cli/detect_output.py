"""Findings of threat detection, printed."""

from __future__ import annotations

import json
from typing import Any

import click

from garrison.cli.output import SCHEMA, print_rows

FORMATS = ("table", "json", "jsonl")
_COLUMNS = ("severity", "type", "account", "region", "what", "count", "last")


def show(findings: list[dict[str, Any]], output: str) -> None:
    """Print findings, GuardDuty's JSON, in one of the formats."""
    if output == "json":
        click.echo(json.dumps({"schema": SCHEMA, "findings": findings}, indent=2))
    elif output == "jsonl":
        for finding in findings:
            click.echo(json.dumps(finding))
    elif not findings:
        click.echo("Nothing was found.")
    else:
        print_rows([_row(finding) for finding in findings], _COLUMNS, "table", name="findings")


def _row(finding: dict[str, Any]) -> dict[str, Any]:
    from garrison.detect.gather import level

    return {
        "severity": f"{level(finding['severity'])} {finding['severity']:g}",
        "type": finding["type"],
        "account": finding["accountId"],
        "region": finding["region"],
        "what": finding["title"],
        "count": finding["service"]["count"],
        "last": finding["service"]["eventLastSeen"],
    }

"""Findings of threat detection, printed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from garrison.cli.output import SCHEMA, print_rows

FORMATS = ("table", "json", "jsonl", "html", "sarif", "ocsf")
_COLUMNS = ("severity", "type", "where", "what", "count", "last")


def show(findings: Sequence[dict[str, Any]], output: str, warnings: Sequence[str] = ()) -> None:
    """Print findings, GuardDuty's JSON, in one of the formats; `warnings` say what may be missing."""
    if output == "json":
        click.echo(json.dumps({"schema": SCHEMA, "findings": list(findings), "warnings": list(warnings)}, indent=2))
    elif output == "jsonl":
        for finding in findings:
            click.echo(json.dumps(finding))
    elif output == "ocsf":
        from garrison.detect.report.ocsf import ocsf

        for finding in findings:
            click.echo(json.dumps(ocsf(finding)))
    elif output == "sarif":
        from garrison.detect.report.sarif import sarif

        click.echo(json.dumps(sarif(findings, warnings), indent=2))
    elif output == "html":
        from garrison.detect.report.page import page

        click.echo(page(findings, warnings))
    elif not findings:
        click.echo("Nothing was found.")
    else:
        print_rows([_row(finding) for finding in findings], _COLUMNS, "table", name="findings")


def line(finding: dict[str, Any]) -> str:
    """A finding on one line."""
    row = _row(finding)
    return f"{row['last']}  {row['severity']}  {row['type']}  {row['where']}  {row['what']}"


def _row(finding: dict[str, Any]) -> dict[str, Any]:
    from garrison.detect.severity import level

    return {
        "severity": f"{level(finding['severity'])} {finding['severity']:g}",
        "type": finding["type"],
        "where": f"{finding['accountId']} {finding['region']}",
        "what": finding["title"],
        "count": finding["service"]["count"],
        "last": finding["service"]["eventLastSeen"],
    }

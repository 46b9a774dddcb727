"""`garrison detect watch`: the findings of a running Garrison, as they come."""

from __future__ import annotations

import json
import time
from typing import Any

import click

from garrison.cli.detect_output import line
from garrison.cli.instance import Instance, instance

_EVERY = 1.0
_PAGE = 50


@click.command()
@click.option("--last", type=click.IntRange(0), default=10, show_default=True, help="Findings to begin with.")
@click.option("--once", is_flag=True, help="Print those there are, and end.")
@click.option("-o", "--output", type=click.Choice(["text", "jsonl"]), default="text", show_default=True)
def watch(last: int, once: bool, output: str) -> None:
    """Print findings of every account and region with an enabled detector, as they are made and updated."""
    from garrison.sensor.status import FOLDER, read_status

    garrison = instance()
    seen: dict[str, str] = {}
    first = True
    while True:
        status = read_status(garrison.data / FOLDER)
        if status is None and first:
            click.echo("Nothing is watched. Enable a detector: aws guardduty create-detector --enable", err=True)
        if status is not None and status.problem and first:
            raise click.ClickException(status.problem)
        found = [one for place in (status.watched if status else ()) for one in _findings(garrison, place)]
        found.sort(key=lambda finding: finding["updatedAt"])
        fresh = [finding for finding in found if seen.get(finding["arn"]) != finding["updatedAt"]]
        for finding in fresh[-last or len(fresh) :] if first else fresh:
            click.echo(json.dumps(finding) if output == "jsonl" else line(finding))
        seen = {finding["arn"]: finding["updatedAt"] for finding in found}
        first = False
        if once:
            return
        time.sleep(_EVERY)


def _findings(garrison: Instance, place: str) -> list[dict[str, Any]]:
    """All current findings of an account and region, in the API's JSON."""
    from garrison.services.guardduty.wire import wired

    account, region = place.split("/")

    def read(operation: str, **params: Any) -> dict[str, Any]:
        calls = [{"service": "guardduty", "operation": operation, "params": params}]
        asked = {"account": account, "region": region, "calls": calls}
        [answer] = garrison.ask("POST", "/_garrison/read", asked)["answers"]
        output: dict[str, Any] = answer.get("output") or {}
        return output

    found: list[dict[str, Any]] = []
    for detector in read("ListDetectors").get("DetectorIds", []):
        token = ""
        while True:
            listed = read(
                "ListFindings", DetectorId=detector, MaxResults=_PAGE, **({"NextToken": token} if token else {})
            )
            ids = listed.get("FindingIds", [])
            if ids:
                told = read("GetFindings", DetectorId=detector, FindingIds=ids)
                found += [wired(finding, "Finding") for finding in told.get("Findings", [])]
            token = listed.get("NextToken", "")
            if not token:
                break
    return found

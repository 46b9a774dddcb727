"""`garrison logs`: the trail, as it is written."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import click

from garrison.cli.instance import Instance, instance

_OVERLAP = 5.0
"""Seconds looked back at when following: an event may become durable after one that is younger."""


@click.command()
@click.option("--follow", "-f", is_flag=True, help="Go on with the calls that come.")
@click.option("--last", type=click.IntRange(0, 1000), default=20, show_default=True, help="Calls to begin with.")
@click.option("--account", help="Only calls of this account.")
@click.option("-o", "--output", type=click.Choice(["text", "jsonl"]), default="text", show_default=True)
def logs(follow: bool, last: int, account: str | None, output: str) -> None:
    """Print the trail, oldest call first: who called what, from where, and how it ended."""
    garrison = instance()
    seen: dict[str, float] = {}
    started = time.time()
    for event in _events(garrison, account, last=last) if last else []:
        seen[event["eventID"]] = time.time()
        _print(event, output)
    while follow:
        since = max(started, time.time() - _OVERLAP)
        for event in _events(garrison, account, last=1000, start=since - 1):
            if event["eventID"] not in seen:
                seen[event["eventID"]] = time.time()
                _print(event, output)
        seen = {k: at for k, at in seen.items() if at > time.time() - 4 * _OVERLAP}
        time.sleep(0.3)


def _events(garrison: Instance, account: str | None, **query: Any) -> Iterator[dict[str, Any]]:
    if account:
        query["account"] = account
    yield from reversed(garrison.ask("GET", f"/_garrison/trail?{urlencode(query)}")["events"])


def _print(event: dict[str, Any], output: str) -> None:
    if output == "jsonl":
        click.echo(json.dumps(event))
        return
    who = event["userIdentity"].get("arn") or event["userIdentity"].get("type", "-")
    service = event["eventSource"].partition(".")[0]
    error = event.get("errorCode")
    outcome = click.style(error, fg="red") if error else "ok"
    click.echo(f"{event['eventTime']}  {event['requestID']}  {who}  {service}:{event['eventName']}  {outcome}")

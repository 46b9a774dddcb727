"""`garrison explain`: why a call was decided as it was."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import click

from garrison.cli.instance import instance
from garrison.cli.output import SCHEMA


@click.command()
@click.argument("request_id", required=False)
@click.option("--denied", is_flag=True, help="Only calls that were denied.")
@click.option("--last", type=click.IntRange(1, 200), help="The last N calls.")
@click.option("--account", help="Only calls of this account.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def explain(request_id: str | None, denied: bool, last: int | None, account: str | None, output: str) -> None:
    """Explain a call by its REQUEST_ID, or the last ones: garrison explain --denied --last 20.

    Every layer of policies is shown with the statements that spoke about the call, their lines, and what each condition
    wanted and got.
    """
    garrison = instance()
    if request_id is not None:
        if denied or last is not None or account is not None:
            raise click.UsageError("Give a request id, or --denied, --last and --account, not both.")
        calls = [garrison.ask("GET", f"/_garrison/explain/{request_id}")]
    else:
        query = {"last": str(last or 1)}
        if denied:
            query["denied"] = "1"
        if account:
            query["account"] = account
        calls = garrison.ask("GET", f"/_garrison/explain?{urlencode(query)}")["calls"]
    if output == "json":
        click.echo(json.dumps({"schema": SCHEMA, "calls": calls}, indent=2))
        return
    if not calls:
        click.echo("No such call is in the trail.", err=True)
    for n, call in enumerate(calls):
        if n:
            click.echo("\n" + "-" * 80 + "\n")
        click.echo(_text(call))


def _text(call: dict[str, Any]) -> str:
    event = call["event"]
    head = f"{event['eventTime']}  {event['requestID']}"
    if call["text"] is None:
        error = event.get("errorCode")
        return f"{head}\n{event['eventName']}: {error or 'no decision was recorded'}"
    return f"{head}\n{call['text'].rstrip()}"

"""`garrison policy generate`: the least policy that covers what a principal did."""

from __future__ import annotations

import json
from pathlib import Path

import click

from garrison.cli.output import SCHEMA
from garrison.cli.replay import over_files, over_trail, seconds
from garrison.cli.source import INCOMPLETE, Incomplete, export_option, spoken, world_from


@click.command()
@click.argument("logs", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--principal", required=True, help="ARN of a user, role, role session or root user.")
@click.option("--trail", is_flag=True, help="Look at the trail of the running (or stopped) Garrison itself.")
@click.option("--since", metavar="TIME", help="Only calls from then on: 2026-11-23T09:00:00Z, or seconds since 1970.")
@click.option("--for", "purpose", type=click.Choice(["managed", "user", "role"]), default="managed", show_default=True,
              help="Kind of policy, for its size: managed, or inline of a user or role.")  # fmt: skip
@click.option("--exact", is_flag=True, help="Name every resource, however many.")
@export_option
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def generate(
    logs: tuple[Path, ...],
    principal: str,
    trail: bool,
    since: str | None,
    purpose: str,
    exact: bool,
    exports: tuple[Path, ...],
    output: str,
) -> None:
    """Write the least policy that covers what a principal did, and check it against all of that.

    LOGS are CloudTrail log files or folders, as garrison replay takes them; exports only help to find the paths of
    users and roles. Exit code 1 when the policy is too large, 3 when it cannot cover everything seen.
    """
    from garrison.replay.events import EventsError
    from garrison.replay.least import LIMITS, generate
    from garrison.replay.usage import Usage
    from garrison.replay.world import World

    if trail == bool(logs):
        raise click.UsageError("Give log files or folders, or --trail for the trail of a Garrison.")
    start = None if since is None else seconds(since)
    with spoken():
        usage = Usage(principal, world_from(exports) if exports else World({}, {}))
        try:
            if trail:
                over_trail(usage, None, start)
            else:
                over_files(usage, logs, start)
        except EventsError as e:
            raise Incomplete(str(e)) from e
    if usage.principal is None or not usage.used:
        raise Incomplete(f"No call that {principal} was allowed is in what was given.")
    limit = LIMITS[purpose]
    made = generate(usage.used, usage.principal, limit=limit, exact=exact)
    if output == "json":
        found = {
            "schema": SCHEMA,
            "policy": made.document,
            "size": made.size,
            "limit": limit,
            "calls": usage.calls,
            "denied": usage.denied,
            "generalized": made.generalized,
            "unmapped": dict(usage.unmapped),
            "uncovered": [{"action": u.action, "resource": u.resource} for u in made.uncovered],
        }
        click.echo(json.dumps(found, indent=2))
    else:
        click.echo(made.text, nl=False)
    click.echo(
        f"Covers {usage.calls} calls ({len(usage.used)} different questions); {made.size} of {limit} characters.",
        err=True,
    )
    for pattern in made.generalized:
        click.echo(f"  generalized: {pattern}", err=True)
    for what, count in usage.unmapped.most_common():
        click.echo(f"  not covered, as its meaning is not known: {what} ({count} calls)", err=True)
    for one in made.uncovered:
        click.echo(f"  not covered: {one.action} on {one.resource}", err=True)
    if made.uncovered or usage.unmapped:
        raise SystemExit(INCOMPLETE)
    if made.size > limit:
        click.echo(f"It is too large for a {purpose} policy.", err=True)
        raise SystemExit(1)

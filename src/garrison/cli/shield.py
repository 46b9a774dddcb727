"""`garrison shield`: traffic and attacks as they are seen at the edge."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import click

from garrison.cli.instance import instance
from garrison.cli.output import SCHEMA, output_option, print_rows

if TYPE_CHECKING:
    from garrison.access.floods import FloodStatus, ResourceStatus

_BARS = " ▁▂▃▄▅▆▇█"


@click.group()
def shield() -> None:
    """Floods: traffic as it comes, attacks and what was done about them."""


@shield.command()
@click.option("--once", is_flag=True, help="Show it once and return.")
@click.option("-n", "--interval", type=click.FloatRange(0.2, 60), default=1.0, show_default=True, help="Seconds.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def watch(once: bool, interval: float, output: str) -> None:
    """Watch the traffic of every resource with a web ACL: its rate, what is normal for it, attacks and rules."""
    import msgspec

    from garrison.access.floods import current_floods

    directory = instance().data / "edge"
    while True:
        status = current_floods(directory, time.time())
        if output == "json":
            click.echo(msgspec.json.encode({"schema": SCHEMA, "floods": status}).decode())
        else:
            if not once:
                click.clear()
            click.echo(_screen(status))
        if once:
            return
        try:
            time.sleep(interval)
        except KeyboardInterrupt:
            return


def _screen(status: FloodStatus | None) -> str:
    if status is None:
        return "Nobody watches: the edge does not run. It starts with the first load balancer or distribution."
    if not status.resources:
        return "No requests yet to a resource with a web ACL."
    return "\n\n".join([_resource(one) for one in status.resources])


def _resource(one: ResourceStatus) -> str:
    rates = one.rates or [(0, 0)]
    requests, refused = rates[-1]
    most = max(1, *[rate for rate, _ in rates])
    bars = "".join([_BARS[min(8, -(-8 * rate // most))] for rate, _ in rates])
    fast = ", learning fast: for trials only" if one.learning == "fast" else ""
    lines = [
        one.resource.rpartition(":")[2] + fast,
        f"  {requests} requests/s, {refused} refused   {bars}  (a minute, up to {most}/s)",
    ]
    if not one.ready:
        lines.append(f"  learning what is normal: {one.learned} of {one.needed} seconds; no attack is told before that")
    else:
        lines.append(f"  normal: {one.expected:g}/s; from {one.line:g}/s on it may be an attack")
    if one.attack is not None:
        since = "" if one.started is None else f" since {_time(one.started)}"
        lines.append(f"  ATTACK {one.attack}{since}, from about {one.sources} addresses")
        for name, far in sorted(one.distances.items(), key=lambda item: -item[1])[:4]:
            lines.append(f"    {name} is {far:.2f} from normal")
        for rule in one.rules:
            how = "acts" if rule.acts else "is tried (counts)"
            where = "" if rule.stored else "; not in the web ACL: automatic response is not enabled"
            lines.append(f"    {rule.name} {how}{where}\n      {rule.why}")
    return "\n".join(lines)


@shield.command()
@output_option()
def attacks(output: str) -> None:
    """Every attack there was, in all accounts, oldest first."""
    rows = [
        {
            "id": one["id"],
            "resource": one["resource"].rpartition(":")[2],
            "started": _time(one["started"]),
            "ended": "goes on" if one["ended"] is None else _time(one["ended"]),
            "vectors": ",".join(one["vectors"]),
            "peak": one["explained"].get("peak"),
            "refused": one["explained"].get("refused"),
        }
        for one in instance().ask("GET", "/_garrison/shield/attacks")["attacks"]
    ]
    print_rows(rows, ("id", "resource", "started", "ended", "vectors", "peak", "refused"), output, name="attacks")


@shield.command()
@click.argument("attack")
@click.option(
    "-o", "--output", type=click.Choice(["md", "json"]), default="md", show_default=True, help="How to print."
)
def report(attack: str, output: str) -> None:
    """Tell one attack: how much, against what, by whom, how it was noticed, and why each rule was made."""
    import json

    found = instance().ask("GET", f"/_garrison/shield/attacks?{urlencode({'id': attack})}")["attacks"]
    if not found:
        raise click.ClickException(f"There is no attack {attack}. These are known: garrison shield attacks")
    if output == "json":
        click.echo(json.dumps({"schema": SCHEMA, "attack": found[0]}, indent=2))
        return
    from garrison.cli.shield_report import markdown

    click.echo(markdown(found[0]))


def _time(seconds: Any) -> str:
    return datetime.fromtimestamp(float(seconds), UTC).strftime("%Y-%m-%d %H:%M:%SZ")

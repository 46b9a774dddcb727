"""`garrison clock`: the time a server in development mode goes by, and putting it forward."""

from __future__ import annotations

import datetime
import json
import re

import click

from garrison.cli.instance import instance
from garrison.cli.output import output_option

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}


class _Duration(click.ParamType[float]):
    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        parts = re.findall(r"(\d+(?:\.\d+)?)([smhdw])", str(value))
        if not parts or "".join(n + unit for n, unit in parts) != value:
            self.fail(f"{value!r} is not a duration: 90s, 20m, 36h, 400d, 2w, 1d12h", param, ctx)
        return sum(float(n) * _UNITS[unit] for n, unit in parts)


@click.group()
def clock() -> None:
    """The time Garrison goes by. In development mode (`garrison up --development`) it can be put forward."""


def _say(told: dict[str, float], output: str) -> None:
    moment = datetime.datetime.fromtimestamp(told["now"], datetime.UTC)
    if output == "json":
        click.echo(json.dumps({"schema": 1, **told, "time": moment.isoformat()}))
    else:
        ahead = f", {told['ahead'] / 86_400:g} days ahead" if told["ahead"] else ""
        click.echo(f"{moment:%Y-%m-%d %H:%M:%S} UTC{ahead}")


@clock.command()
@output_option()
def show(output: str) -> None:
    """What time it is there."""
    _say(instance().ask("GET", "/_garrison/clock"), output)


@clock.command()
@click.argument("duration", type=_Duration())
@output_option()
def advance(duration: float, output: str) -> None:
    """Put the clock forward (`400d`, `36h`, `1d12h`), and let happen what is due by then.

    Keys rotate and are deleted, imported key material and sessions expire. There is no way back.
    """
    _say(instance().ask("POST", "/_garrison/clock/advance", {"seconds": duration}, timeout=300), output)

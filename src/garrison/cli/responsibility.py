"""`garrison responsibility`: who secures what, layer by layer, and how that stands."""

from __future__ import annotations

import json
import time
from typing import Any

import click

from garrison.cli.instance import configured
from garrison.cli.output import FORMATS, SCHEMA, print_rows
from garrison.responsibility import (
    Matrix,
    Profile,
    Selection,
    Standing,
    UnknownService,
    UnknownSetting,
    every,
    matrix,
    read_settings,
    select,
)

_FAILING = {"gap": {Standing.GAP}, "unknown": {Standing.GAP, Standing.UNKNOWN}}


@click.command()
@click.argument("services", nargs=-1, metavar="[SERVICE[:SETTING]]...")
@click.option("--compare", is_flag=True, help="Side by side, with what moves from each to the next.")
@click.option("--profile", type=click.Choice([str(p) for p in Profile]), default=str(Profile.AWS), show_default=True,
              help="Where they run: at AWS, or on machines of your own.")  # fmt: skip
@click.option("--config", multiple=True, metavar="SERVICE.SETTING=VALUE",
              help="How a service is configured; repeatable. Also [responsibility] in garrison.toml.")  # fmt: skip
@click.option("--settings", "list_settings", is_flag=True, help="List the settings that move the line, and leave.")
@click.option("-o", "--output", type=click.Choice([*FORMATS, "svg", "html"]), default="table", show_default=True,
              help="How to print.")  # fmt: skip
def responsibility(
    services: tuple[str, ...],
    compare: bool,
    profile: str,
    config: tuple[str, ...],
    list_settings: bool,
    output: str,
) -> None:
    """Who secures what: provider, customer, or both.

    \b
    garrison responsibility                             every service
    garrison responsibility rds                         one, with what you must do
    garrison responsibility --compare ec2 rds lambda    what moves to the provider
    garrison responsibility eks:auto-mode lambda:image  configured as you run them
    """
    try:
        if list_settings:
            _print_settings(output)
            return
        chosen = _chosen(services, config)
    except (UnknownService, UnknownSetting) as e:
        raise click.UsageError(str(e)) from None
    if compare and len(chosen) < 2:
        raise click.UsageError("--compare takes two services or more: garrison responsibility --compare ec2 rds lambda")
    found = matrix(chosen, Profile(profile))
    _print(found, output, compare=compare, detail=len(services) == 1, now=time.time())


def _chosen(services: tuple[str, ...], config: tuple[str, ...]) -> list[Selection]:
    table: dict[str, Any] = configured().get("responsibility", {})
    written = [f"{id}.{name}={value}" for id, given in table.items() for name, value in given.items()]
    settings = read_settings([*written, *config])
    if services:
        return [select(text, settings) for text in services]
    return every(settings)


def _print(found: Matrix, output: str, *, compare: bool, detail: bool, now: float) -> None:
    from garrison.responsibility.render import columns
    from garrison.responsibility.view import comparison_view, matrix_view

    side_by_side = (compare or detail) and len(found.rows) <= columns.MOST
    if output == "json":
        view = (comparison_view if compare else matrix_view)(found, _iso)
        click.echo(json.dumps({"schema": SCHEMA, **view}, indent=2, ensure_ascii=False))
    elif output in ("jsonl", "csv"):
        print_rows(_flat(found), _COLUMNS, output, name="cells")
    elif output == "svg":
        from garrison.responsibility.render.grid import grid_svg

        click.echo(columns.columns_svg(found) if side_by_side else grid_svg(found), nl=False)
    elif output == "html":
        from garrison.responsibility.render.page import html_page

        click.echo(html_page(found, now), nl=False)
    else:
        from garrison.cli.responsibility_table import print_columns, print_grid

        (print_columns if side_by_side else print_grid)(found, now)


_COLUMNS = ("row", "service", "layer", "party", "standing", "duties", "because", "source")


def _flat(found: Matrix) -> list[dict[str, Any]]:
    """A line for each part of a cell."""
    return [
        {
            "row": row.selection.id,
            "service": row.selection.name,
            "layer": cell.layer.id,
            "party": cell.party.word,
            "standing": str(cell.standing),
            "duties": [f"{part.party}: {duty}" for part in cell.parts for duty in part.duties],
            "because": cell.because,
            "source": cell.source,
        }
        for row in found.rows
        for cell in row.cells
    ]


def _print_settings(output: str) -> None:
    from garrison.responsibility import services

    rows = [
        {"service": one.id, "setting": name, "values": list(setting.values), "default": setting.default}
        for one in services().values()
        for name, setting in one.settings.items()
    ]
    if output in ("svg", "html"):
        raise click.UsageError(f"--settings is not printed as {output}.")
    print_rows(rows, ("service", "setting", "values", "default"), output, name="settings")


def _iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))

"""`garrison responsibility`: who secures what, layer by layer, and how that stands."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import msgspec

from garrison.cli.assess_report import evidence_directory, evidence_option
from garrison.cli.instance import configured, instance
from garrison.cli.output import FORMATS, SCHEMA, print_rows
from garrison.cli.source import INCOMPLETE
from garrison.responsibility import (
    BY_ID,
    CheckResult,
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
@click.option("--layer", "layers", multiple=True, type=click.Choice(list(BY_ID)), help="Only this layer; repeatable.")
@click.option("--mine", is_flag=True, help="The services this Garrison's account uses, and how each cell stands there.")
@click.option("--account", metavar="ID", help="How cells stand in this account, by its last assessment.")
@click.option("--fail-on", type=click.Choice(["gap", "unknown"]), help="Exit code 1 if a cell stands so, or worse.")
@evidence_option
@click.option("--settings", "list_settings", is_flag=True, help="List the settings that move the line, and leave.")
@click.option("-o", "--output", type=click.Choice([*FORMATS, "svg", "html"]), default="table", show_default=True,
              help="How to print.")  # fmt: skip
def responsibility(
    services: tuple[str, ...],
    compare: bool,
    profile: str,
    config: tuple[str, ...],
    layers: tuple[str, ...],
    mine: bool,
    account: str | None,
    fail_on: str | None,
    evidence: Path | None,
    list_settings: bool,
    output: str,
) -> None:
    """Who secures what: provider, customer, or both.

    \b
    garrison responsibility                             every service
    garrison responsibility rds                         one, with what you must do
    garrison responsibility --compare ec2 rds lambda    what moves to the provider
    garrison responsibility eks:auto-mode lambda:image  configured as you run them
    garrison responsibility --mine --fail-on gap        what you use, and what checks said of it
    """
    if fail_on and not (mine or account):
        raise click.UsageError("--fail-on is about what was assessed: it needs --mine or --account.")
    try:
        if list_settings:
            _print_settings(output)
            return
        chosen = _chosen(services, config)
    except (UnknownService, UnknownSetting) as e:
        raise click.UsageError(str(e)) from None
    if compare and len(chosen) < 2:
        raise click.UsageError("--compare takes two services or more: garrison responsibility --compare ec2 rds lambda")
    now = time.time()
    if mine:
        used = _used(account)
        account = used.account
        if not services:
            chosen = [one for one in chosen if one.service.id in used.in_use]
    found = matrix(chosen, Profile(profile))
    if account is not None:
        found = found.with_results(_results(evidence_directory(evidence), account), now)
    if layers:
        found = found.only(layers)
    _print(found, output, compare=compare, detail=len(found.rows) == 1, now=now)
    if fail_on and any(found.count(standing) for standing in _FAILING[fail_on]):
        raise SystemExit(1)


def _results(evidence: Path, account: str) -> list[CheckResult]:
    from garrison.assess.known import results
    from garrison.assess.ledger import LedgerError

    try:
        return results(evidence, account)
    except LedgerError as e:
        raise _NotEvaluated(str(e)) from None


class _NotEvaluated(click.ClickException):
    """What is known cannot be told."""

    exit_code = INCOMPLETE


class _Used(msgspec.Struct, frozen=True):
    """What an account of a running Garrison uses."""

    account: str
    in_use: tuple[str, ...]


def _used(account: str | None) -> _Used:
    asked = f"?account={quote(account)}" if account else ""
    return msgspec.convert(instance().ask("GET", f"/_garrison/responsibility{asked}"), _Used)


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

        click.echo(columns.columns_svg(found, now) if side_by_side else grid_svg(found), nl=False)
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

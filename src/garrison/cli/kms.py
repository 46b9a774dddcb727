"""The root key under everything that is encrypted: `garrison kms status|seal|unseal|add-seal|...|backup|restore`."""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from garrison.cli.instance import Instance, configured, instance
from garrison.cli.output import output_option, print_rows

if TYPE_CHECKING:
    from garrison.gateway.settings import Settings

_KINDS = click.Choice(["file", "systemd", "passphrase"])
_VARIABLE = "GARRISON_SEAL_PASSPHRASE"


@click.group()
def kms() -> None:
    """The root key that everything encrypted hangs from: its seals, sealing and unsealing, backup."""


@kms.command()
@output_option()
def status(output: str) -> None:
    """Whether the root key is open, and what it is sealed under. Exit code 1 if it is sealed."""
    told = instance().ask("GET", "/_garrison/kms")
    if output == "json":
        click.echo(json.dumps({"schema": 1, **told}))
    else:
        if output == "table":
            changes = "" if told["changes"] is None else f", {told['changes']} changes of the key tables"
            click.echo(f"{'Sealed' if told['sealed'] else 'Open'}{changes}.")
        rows = [s | {"created": _moment(s["created"])} for s in told["seals"]]
        print_rows(rows, ("name", "kind", "created"), output, name="seals")
    if told["sealed"]:
        raise SystemExit(1)


def _moment(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


@kms.command()
def seal() -> None:
    """Forget the root key and all KMS keys, in every process. Calls that need them fail until it is unsealed."""
    instance().ask("POST", "/_garrison/kms/seal")
    click.echo("Sealed. Open it again with: garrison kms unseal", err=True)


@kms.command()
@click.option("--accept-rollback", is_flag=True, help="Go on with a database that is older than what was seen.")
def unseal(accept_rollback: bool) -> None:
    """Open the root key: by itself if a seal can, with a passphrase (asked for, or from GARRISON_SEAL_PASSPHRASE)."""
    garrison = instance()
    told = garrison.ask("GET", "/_garrison/kms")
    if not told["sealed"]:
        click.echo("It is open.", err=True)
        return
    body: dict[str, Any] = {"accept_rollback": accept_rollback, "passphrase": os.environ.get(_VARIABLE)}
    wants = any(s["kind"] == "passphrase" for s in told["seals"])
    if body["passphrase"] is None and wants:
        others = len({s["kind"] for s in told["seals"]}) > 1
        text = "Passphrase (empty: try the other seals)" if others else "Passphrase"
        body["passphrase"] = click.prompt(text, hide_input=True, default="" if others else None, show_default=False)
    body["passphrase"] = body["passphrase"] or None
    answer = garrison.ask("POST", "/_garrison/kms/unseal", body, timeout=120)
    click.echo(f"Open, by the seal {answer['opened_by']}.", err=True)


def _passphrase(kind: str) -> str | None:
    if kind != "passphrase":
        return None
    given = os.environ.get(_VARIABLE)
    if given is not None:
        return given
    asked: str = click.prompt("New passphrase", hide_input=True, confirmation_prompt=True)
    return asked


@kms.command("add-seal")
@click.argument("kind", type=_KINDS)
@click.option("--name", help="What to call it; the kind, if not given.")
def add_seal(kind: str, name: str | None) -> None:
    """Wrap the root key under one more seal. Any one of them opens it."""
    body = {"kind": kind, "name": name, "passphrase": _passphrase(kind)}
    _say_seals(instance().ask("POST", "/_garrison/kms/add-seal", body, timeout=120))


@kms.command("remove-seal")
@click.argument("name")
def remove_seal(name: str) -> None:
    """Take a seal away; never the last one."""
    _say_seals(instance().ask("POST", "/_garrison/kms/remove-seal", {"name": name}))
    _say_copies()


@kms.command("migrate-seal")
@click.option("--to", "kind", type=_KINDS, required=True, help="The new seal.")
@click.option("--name", help="What to call it; the kind, if not given.")
def migrate_seal(kind: str, name: str | None) -> None:
    """Add a seal, see that it opens, and take all others away."""
    body = {"kind": kind, "name": name, "passphrase": _passphrase(kind)}
    answer = instance().ask("POST", "/_garrison/kms/migrate-seal", body, timeout=120)
    click.echo(f"{', '.join(answer['removed'])} -> {answer['added']}", err=True)
    _say_copies()


def _say_seals(told: dict[str, Any]) -> None:
    click.echo("Seals now: " + ", ".join(s["name"] for s in told["seals"]), err=True)


def _say_copies() -> None:
    click.echo(
        "Older copies of the database still open with what was taken away: destroy it when they are gone.", err=True
    )


@kms.command()
def verify() -> None:
    """See that every row of the key tables is as it was written, and none missing or put back. Exit code 1 if not."""
    n = instance().ask("POST", "/_garrison/kms/verify", timeout=600)["rows"]
    click.echo(f"{n} rows of the key tables, all as they were written.", err=True)


@kms.command("rotate-domain")
def rotate_domain() -> None:
    """Seal all key material under new domain keys, and destroy the old ones."""
    n = instance().ask("POST", "/_garrison/kms/rotate-domain", timeout=3600)["keys"]
    click.echo(f"The material of {n} keys is sealed anew.", err=True)


@kms.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--recovery-passphrase", is_flag=True, help="Let a passphrase (asked for) open this backup as well.")
@click.option("--root-key-file", type=click.Path(path_type=Path), envvar="GARRISON_ROOT_KEY_FILE")
def backup(file: Path, recovery_passphrase: bool, root_key_file: Path | None) -> None:
    """Write the database, with the wrapped root key in it, to FILE. The server may be running."""
    from garrison.gateway.backup import BadBackup, back_up
    from garrison.keys.seals import CannotOpen

    recovery = None
    if recovery_passphrase:
        recovery = os.environ.get("GARRISON_RECOVERY_PASSPHRASE") or click.prompt(
            "Recovery passphrase", hide_input=True, confirmation_prompt=True
        )
    garrison = instance()
    try:
        manifest = back_up(_settings(garrison, root_key_file), file, recovery=recovery)
    except (BadBackup, CannotOpen, OSError) as e:
        raise click.ClickException(str(e)) from e
    click.echo(f"{file}: root key {manifest.root_id}, seals {', '.join(manifest.seals)}", err=True)
    if recovery is None:
        click.echo("It opens with these seals only: keep their secrets, and apart from it.", err=True)


@kms.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--replace", is_flag=True, help="Move the database that is there aside.")
@click.option("--root-key-file", type=click.Path(path_type=Path), envvar="GARRISON_ROOT_KEY_FILE")
def restore(file: Path, replace: bool, root_key_file: Path | None) -> None:
    """Put the database of a backup into the data directory. The server must not be running.

    Exit code 1 if no seal opens the root key here: the server would start sealed.
    """
    from garrison.gateway.backup import BadBackup
    from garrison.gateway.backup import restore as put_back

    garrison = instance()
    if garrison.server() is not None:
        raise click.ClickException("Garrison runs from this data directory. Stop it first: garrison down")
    try:
        done = put_back(_settings(garrison, root_key_file), file, replace=replace)
    except (BadBackup, OSError) as e:
        raise click.ClickException(str(e)) from e
    click.echo(f"Restored into {garrison.data} what was backed up from root key {done.manifest.root_id}.", err=True)
    if done.opened_by is None:
        for reason in done.reasons:
            click.echo(f"The root key does not open: {reason}", err=True)
        click.echo("Garrison will start sealed: put the secret back, or garrison kms unseal.", err=True)
        raise SystemExit(1)
    click.echo(f"The seal {done.opened_by} opens the root key.", err=True)


def _settings(garrison: Instance, root_key_file: Path | None) -> Settings:
    from garrison.gateway.settings import Settings

    database = os.environ.get("GARRISON_DATABASE") or configured().get("database")
    return Settings(data_dir=garrison.data, root_key_file=root_key_file, database=database)

"""`garrison models`: teach boto3 and the aws command the operations their own models lack."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import click

from garrison.aws import own
from garrison.cli.output import output_option, print_rows

_RECORD = ".garrison-models.json"
"""Beside the models: what was written there, by path with its digest, so that only that is replaced and removed."""


@click.group()
def models() -> None:
    """Models for boto3 and the aws command: Garrison's own service, and operations SDKs lack.

    They go to ~/.aws/models, where every botocore looks, or to the first directory of AWS_DATA_PATH.
    """


_to = click.option(
    "--to",
    "chosen",
    type=click.Path(file_okay=False, path_type=Path),
    help="Another directory; put it on AWS_DATA_PATH then.",
)


@models.command()
@_to
@click.option("--force", is_flag=True, help="Replace files that are not as Garrison wrote them.")
def install(chosen: Path | None, force: bool) -> None:
    """Write the models, and say which. Nothing happens to those that are there already."""
    directory = chosen or _directory()
    record = _record(directory)
    planned = []
    for service, version, file in own.model_files():
        path = directory / service / version / file
        data = own.content(service, version, file)
        there = path.read_bytes() if path.exists() else None
        name = f"{service}/{version}/{file}"
        if there is not None and there != data and _digest(there) != record.get(name) and not force:
            raise click.ClickException(
                f"{path} is not as Garrison wrote it; nothing was changed. Move it away, or say --force."
            )
        planned.append((name, path, data, there))
    # What an older Garrison wrote and this one no longer has.
    for name in sorted(record.keys() - {name for name, *_ in planned}):
        _remove(directory, name, record)
    for name, path, data, there in planned:
        if there != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, data)
        record[name] = _digest(data)
        click.echo(f"{'unchanged' if there == data else 'written' if there is None else 'replaced'}  {path}")
    _write(directory / _RECORD, json.dumps(record, indent=2, sort_keys=True).encode() + b"\n")
    if chosen is not None and str(directory) not in os.environ.get("AWS_DATA_PATH", "").split(os.pathsep):
        click.echo(f"Next: export AWS_DATA_PATH={directory}", err=True)
    else:
        click.echo("Next: aws garrison get-responsibilities --service rds", err=True)


@models.command()
@_to
@click.option("--force", is_flag=True, help="Remove files that are not as Garrison wrote them, too.")
def remove(chosen: Path | None, force: bool) -> None:
    """Take away what `install` wrote, and nothing else."""
    directory = chosen or _directory()
    record = _record(directory)
    if not record:
        click.echo(f"Nothing of Garrison's is in {directory}.", err=True)
        return
    for name in sorted(record):
        path = directory / name
        if path.exists() and _digest(path.read_bytes()) != record[name] and not force:
            raise click.ClickException(f"{path} is not as Garrison wrote it; nothing was removed. --force removes it.")
    for name in sorted(record):
        _remove(directory, name, record)
    (directory / _RECORD).unlink(missing_ok=True)


@models.command("list")
@_to
@output_option()
def list_(chosen: Path | None, output: str) -> None:
    """What there is to install, and whether it is."""
    directory = chosen or _directory()
    rows: list[dict[str, Any]] = []
    for service, version, file in own.model_files():
        path = directory / service / version / file
        state = "no"
        if path.exists():
            state = "yes" if path.read_bytes() == own.content(service, version, file) else "differs"
        rows.append({"service": service, "version": version, "file": file, "installed": state})
    print_rows(rows, ("service", "version", "file", "installed"), output, name="models")


def _directory() -> Path:
    """Where botocore looks: the first entry of AWS_DATA_PATH, else the home directory's."""
    given = [one for one in os.environ.get("AWS_DATA_PATH", "").split(os.pathsep) if one]
    return Path(given[0]).expanduser() if given else Path.home() / ".aws" / "models"


def _record(directory: Path) -> dict[str, str]:
    try:
        read = json.loads((directory / _RECORD).read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        raise click.ClickException(f"{directory / _RECORD} cannot be read. Remove it, and say --force.") from None
    # A name from a file is a path to remove: only what `install` can have written counts.
    return {
        name: digest
        for name, digest in (read.items() if isinstance(read, dict) else ())
        if isinstance(digest, str) and len(parts := name.split("/")) == 3 and all(p.strip(".") for p in parts)
    }


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    beside = path.with_name(path.name + ".new")
    beside.write_bytes(data)
    beside.replace(path)


def _remove(directory: Path, name: str, record: dict[str, str]) -> None:
    path = directory / name
    if path.exists():
        path.unlink()
        click.echo(f"removed  {path}")
    for parent in (path.parent, path.parent.parent):
        try:
            parent.rmdir()
        except OSError:
            break
    record.pop(name, None)

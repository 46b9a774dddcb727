"""`garrison inspector`: the vulnerability database of Inspector and of `garrison scan`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from garrison.cli.inspector_agent import agent
from garrison.cli.inspector_checks import checks
from garrison.cli.inspector_put import put
from garrison.cli.output import SCHEMA, output_option, print_rows

if TYPE_CHECKING:
    from garrison.scan.vulndb import Status
    from garrison.scan.vulndb.build import Progress

INCOMPLETE = 3
"""Exit code: something could not be evaluated fully."""
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DATABASE = click.option(
    "--database",
    "database",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="GARRISON_INSPECTOR_DATABASE",
    help="The database file; inspector/vulnerabilities.db of the data directory if not given.",
)


def database_path(given: Path | None) -> Path:
    """The database a command works on."""
    from garrison.cli.instance import instance

    return given or instance().data / "inspector" / "vulnerabilities.db"


@click.group()
def inspector() -> None:
    """Vulnerabilities: the database behind Inspector's answers and `garrison scan`."""


@inspector.group()
def db() -> None:
    """The vulnerability database: one file, built from what sources publish."""


@db.command()
@click.argument("names", nargs=-1, metavar="[FEED]...")
@click.option(
    "--feeds",
    "listing",
    type=_FILE,
    envvar="GARRISON_INSPECTOR_FEEDS",
    help="TOML with the feeds: [NAME] url = ...; Garrison's own list if not given.",
)
@click.option("--anew", is_flag=True, help="Start from nothing instead of what the database holds.")
@click.option("--force", is_flag=True, help="Take over what shrank by more than 20 % or is partly unreadable.")
@click.option("--list", "only_list", is_flag=True, help="List the feeds and do nothing.")
@_DATABASE
@output_option()
def update(
    names: tuple[str, ...],
    listing: Path | None,
    anew: bool,
    force: bool,
    only_list: bool,
    database: Path | None,
    output: str,
) -> None:
    """Get feeds that changed and put them into the database.

    What did not change is not downloaded again, a download that broke off goes on where it did. The database in use
    stays until the new one is whole. Exit code 3 when a feed could not be had: the others are taken over.
    """
    from garrison.scan.vulndb.build import BadInput, Builder, Refused
    from garrison.scan.vulndb.database import Database, DatabaseError, Source
    from garrison.scan.vulndb.fetch import FetchError, chosen, feeds, fetch

    path = database_path(database)
    try:
        wanted = chosen(feeds(listing), names)
    except FetchError as e:
        raise click.UsageError(str(e)) from e
    if only_list:
        rows = [{"feed": n, "default": "yes" if f.default else "", "url": f.url} for n, f in feeds(listing).items()]
        print_rows(rows, ("feed", "default", "url"), output, name="feeds")
        return
    known: dict[str, Source] = {}
    failed: list[str] = []
    results: list[dict[str, Any]] = []
    try:
        if path.exists() and not anew:
            with Database(path) as current:
                known = {s.name: s for s in current.status().sources}
        with Builder(path, anew=anew, force=force) as builder, _progress() as show:
            for name, feed in wanted.items():
                before = known.get(name)
                seen = {"etag": before.etag, "modified": before.modified} if before else {}
                try:
                    got = fetch(name, feed, path.parent / "feeds", progress=show(f"get {name}"), **seen)
                    if not got.changed and before is not None:
                        results.append({"feed": name, "records": before.records, "result": "unchanged"})
                        continue
                    added = builder.add(
                        name,
                        got.path,
                        origin=feed.url,
                        etag=got.etag,
                        modified=got.modified,
                        progress=_counted(show(f"read {name}")),
                    )
                    results.append({"feed": name, "records": added.records, "result": "updated"})
                except (FetchError, BadInput, Refused) as e:
                    failed.append(str(e))
                    results.append({"feed": name, "records": before.records if before else 0, "result": "failed"})
            done = any(r["result"] == "updated" for r in results) or (known and not failed)
            status = builder.finish() if done else None
    except (DatabaseError, Refused) as e:
        raise _Failed(str(e)) from e
    print_rows(results, ("feed", "records", "result"), output, name="feeds")
    for message in failed:
        click.echo(message, err=True)
    if status is not None:
        click.echo(_summary(status), err=True)
    if failed:
        raise SystemExit(INCOMPLETE)


@db.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--source", help="Name of the source; a later import under the same name replaces it. Else the file's name."
)
@click.option("--anew", is_flag=True, help="Start from nothing instead of what the database holds.")
@click.option("--force", is_flag=True, help="Take over what shrank by more than 20 %, is partly unreadable, or older.")
@click.option("--trust", type=_FILE, multiple=True, help="Public key (PEM) whose bundles are taken; it is remembered.")
@_DATABASE
@output_option()
def import_(
    files: tuple[Path, ...],
    source: str | None,
    anew: bool,
    force: bool,
    trust: tuple[Path, ...],
    database: Path | None,
    output: str,
) -> None:
    """Put FILES into the database: no network is needed.

    A file, zip, tar or folder of OSV (JSON, YAML), Alpine's secdb, Debian's security tracker, CSAF, OVAL, RustSec, NVD
    (JSON 2.0), CISA's KEV (JSON, CSV), EPSS (CSV, .gz); or a bundle that `garrison inspector db export` wrote, which
    takes the place of the whole database if it is signed by a key you trust.
    """
    from garrison.scan.vulndb.build import BadInput, Builder, Refused
    from garrison.scan.vulndb.bundle import BundleError
    from garrison.scan.vulndb.database import DatabaseError

    path = database_path(database)
    if source and len(files) > 1:
        raise click.UsageError("--source is for one file.")
    rows: list[dict[str, Any]] = []
    try:
        if any(_is_bundle(f) for f in files):
            if len(files) > 1:
                raise click.UsageError("A bundle is imported alone.")
            status = _take(files[0], path, trust, force)
        else:
            with Builder(path, anew=anew, force=force) as builder, _progress() as show:
                for file in files:
                    added = builder.add(source or _stem(file), file, progress=_counted(show(f"read {file.name}")))
                    row = {"source": added.source, "records": added.records, "forms": list(added.forms)}
                    rows.append(row | {"unread": added.unread})
                    for problem in added.problems:
                        click.echo(f"not understood: {problem}", err=True)
                status = builder.finish()
    except (BadInput, Refused, BundleError, DatabaseError) as e:
        raise _Failed(str(e)) from e
    if rows:
        print_rows(rows, ("source", "records", "forms", "unread"), output, name="sources")
    click.echo(_summary(status), err=True)


@db.command()
@_DATABASE
@output_option()
def status(database: Path | None, output: str) -> None:
    """What the database holds and how old it is. Exit code 3 if it is older than seven days or cannot be used."""
    import msgspec

    from garrison.scan.vulndb import Database, DatabaseError

    try:
        with Database(database_path(database)) as opened:
            told = opened.status()
    except DatabaseError as e:
        raise _Failed(str(e)) from e
    rows = [msgspec.to_builtins(s) for s in told.sources]
    if output == "json":
        facts = {k: v for k, v in msgspec.to_builtins(told).items() if k != "sources"}
        click.echo(json.dumps({"schema": SCHEMA, **facts, "sources": rows}, indent=2))
    else:
        print_rows(rows, ("name", "records", "unread", "forms", "newest", "imported"), output, name="sources")
        click.echo(_summary(told), err=True)
    if told.stale:
        raise SystemExit(INCOMPLETE)


@db.command()
@_DATABASE
def verify(database: Path | None) -> None:
    """Read all of the database and say whether it is whole."""
    from garrison.scan.vulndb import Database, DatabaseError

    path = database_path(database)
    try:
        with Database(path) as opened:
            wrong = opened.verify()
    except DatabaseError as e:
        raise _Failed(str(e)) from e
    for sentence in wrong:
        click.echo(f"{path}: {sentence}", err=True)
    if wrong:
        raise SystemExit(1)
    click.echo(f"{path} is whole.")


@db.command()
@click.argument("bundle", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Private Ed25519 key (PEM) that signs; made if the file is not there.",
)
@_DATABASE
def export(bundle: Path, key: Path | None, database: Path | None) -> None:
    """Write the database as a signed BUNDLE (.tar.gz) for machines without a network, and the public key beside it."""
    from garrison.scan.vulndb import DatabaseError
    from garrison.scan.vulndb import bundle as bundles

    path = database_path(database)
    try:
        signer = bundles.signing_key(key or path.parent / "bundle-key.pem")
        manifest = bundles.export(path, bundle, signer)
    except (bundles.BundleError, DatabaseError) as e:
        raise _Failed(str(e)) from e
    public = bundle.with_name(bundle.name.partition(".")[0] + ".pub.pem")
    public.write_bytes(bundles.pem(signer.public_key()))
    click.echo(f"{bundle}: {manifest.advisories:,} advisories, built {manifest.built}")
    click.echo(f"Signed by the key in {public} ({bundles.fingerprint(signer.public_key())}).", err=True)
    click.echo(f"Over there: garrison inspector db import {bundle.name} --trust {public.name}", err=True)


class _Failed(click.ClickException):
    """Nothing was done."""

    exit_code = INCOMPLETE


def _take(bundle: Path, path: Path, trust: tuple[Path, ...], force: bool) -> Status:
    from garrison.scan.vulndb import bundle as bundles

    kept = path.parent / "trusted-keys"
    keys = [bundles.public_key(f) for f in (*trust, *(sorted(kept.glob("*.pem")) if kept.is_dir() else ()))]
    own = path.parent / "bundle-key.pem"
    if own.exists():
        keys.append(bundles.signing_key(own).public_key())
    taken = bundles.take(bundle, path, keys, force=force)
    for file in trust:
        kept.mkdir(exist_ok=True, mode=0o700)
        key = bundles.public_key(file)
        (kept / f"{bundles.fingerprint(key)[:16]}.pem").write_bytes(bundles.pem(key))
    return taken


def _is_bundle(file: Path) -> bool:
    import tarfile

    if not file.is_file() or not file.name.endswith((".tar.gz", ".tgz", ".bundle")):
        return False
    try:
        with tarfile.open(file, "r|gz") as tar:
            first = tar.next()
            return first is not None and first.name == "manifest.json"
    except (tarfile.TarError, OSError, EOFError):
        return False


def _stem(file: Path) -> str:
    return file.name.partition(".")[0] or file.name


def _summary(status: Status) -> str:
    parts = [f"{status.advisories:,} advisories for {status.packages:,} packages", f"{status.exploited:,} exploited"]
    if status.predictions:
        parts.append(f"EPSS of {status.epss_date[:10] or 'an unknown day'}")
    warning = "  It is old: garrison inspector db update" if status.stale else ""
    return f"{', '.join(parts)}; built {status.age} ago, {status.built}.{warning}"


def _counted(step: Callable[[int, int | None], None]) -> Callable[[Progress], None]:
    return lambda progress: step(progress.done, progress.total)


@contextmanager
def _progress() -> Iterator[Callable[[str], Callable[[int, int | None], None]]]:
    """A bar on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=console, disable=not console.is_terminal or "CI" in os.environ) as bar:

        def start(description: str) -> Callable[[int, int | None], None]:
            task = bar.add_task(description, total=None)
            return lambda done, total: bar.update(task, completed=done, total=total)

        yield start


inspector.add_command(checks)
inspector.add_command(agent)
inspector.add_command(put)

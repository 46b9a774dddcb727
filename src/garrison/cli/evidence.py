"""`garrison evidence`: what assessments were told by, and whether it is still what was written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import msgspec

from garrison.cli.assess_history import spoken, when
from garrison.cli.assess_report import evidence_option, ledger_of
from garrison.cli.output import SCHEMA, output_option, print_rows


@click.group()
def evidence() -> None:
    """List, show and verify evidence; no server is needed."""


@evidence.command("list")
@click.argument("run", default="latest")
@click.option("--all-runs", is_flag=True, help="Of every run.")
@click.option("--check", help="Only what this check said.")
@click.option("--account", help="Only of this account.")
@evidence_option
@output_option()
def list_(run: str, all_runs: bool, check: str | None, account: str | None, evidence: Path | None, output: str) -> None:
    """Records of RUN (its id, or `latest`), each with the beginning of its hash, which names it."""
    with spoken():
        ledger = ledger_of(evidence)
        runs = ledger.runs() if all_runs else [ledger.run(run)]
        rows = [
            {
                "evidence": record["hash"][:12],
                "run": one.id,
                "type": record["type"],
                "what": record.get("check") or record.get("name") or record.get("exception") or "",
                "account": record.get("account", ""),
                "subject": record.get("subject", ""),
                "status": record.get("status", ""),
                "when": when(record["when"]) if "when" in record else "",
                "hash": record["hash"],
            }
            for one in runs
            for record in one.records()
            if (check is None or record.get("check") == check) and account in (None, record.get("account"))
        ]
    print_rows(rows, ("evidence", "run", "type", "what", "account", "subject", "status"), output, name="evidence")


@evidence.command()
@click.argument("id")
@evidence_option
def show(id: str, evidence: Path | None) -> None:
    """One record, as JSON: ID is the beginning of its hash."""
    if len(id) < 6:
        raise click.UsageError("Give at least six characters of the hash.")
    with spoken():
        found: list[Any] = [r for r in ledger_of(evidence).history() if str(r.get("hash", "")).startswith(id)]
    if len(found) != 1:
        raise click.UsageError(f"There is no evidence {id}." if not found else f"Several begin with {id}.")
    click.echo(json.dumps(found[0], indent=2, ensure_ascii=False))


_key = click.option(
    "--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="PEM",
    help="The only public key that counts, from elsewhere than what is verified.",
)  # fmt: skip
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@evidence.command()
@click.argument("file", type=_FILE, required=False)
@_key
@click.option("--head", "head_hash", metavar="HASH", help="Hash of a seal that must be there, kept elsewhere.")
@evidence_option
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def verify(file: Path | None, key: Path | None, head_hash: str | None, evidence: Path | None, output: str) -> None:
    """Verify the whole chain, offline: every record's hash, its place, every seal and the head.

    With FILE, verify that bundle of a report instead (garrison assess report -o bundle). Exit code 1 when anything is
    not as it was written, down to a byte; what, is said.
    """
    if file is not None:
        if head_hash is not None or evidence is not None:
            raise click.UsageError("FILE is verified by itself: leave --head and --evidence out.")
        _bundle(file, key, output)
        return
    with spoken():
        ledger = ledger_of(evidence)
        if not ledger.directory.exists():
            raise click.UsageError(f"There is no evidence in {ledger.directory}.")
        found = ledger.verify(pinned=None if key is None else key.read_bytes(), head_hash=head_hash)
    if output == "json":
        click.echo(json.dumps({"schema": SCHEMA, "intact": found.intact, **msgspec.to_builtins(found)}, indent=2))
    else:
        for problem in found.problems:
            click.echo(f"{problem.where}: {problem.what}")
        click.echo(f"{found.runs} runs, {found.records} records, head {found.head}")
        for one in found.keys:
            click.echo(f"signed with {one}" + ("" if key else " (by the key that lies beside it; --key names yours)"))
        click.echo("intact" if found.intact else f"NOT INTACT: {len(found.problems)} problems")
    if not found.intact:
        raise SystemExit(1)


@evidence.command("bundle")
@click.argument("file", type=_FILE)
@_key
def bundle_(file: Path, key: Path | None) -> None:
    """Verify a bundle of a report, as `garrison evidence verify FILE` does."""
    _bundle(file, key, "text")


def _bundle(file: Path, key: Path | None, output: str) -> None:
    from garrison.evidence.pack import BadPack, verified

    try:
        found = verified(file.read_bytes(), None if key is None else key.read_bytes())
    except BadPack as e:
        told = {"schema": SCHEMA, "intact": False, "problem": str(e)}
        click.echo(json.dumps(told, indent=2) if output == "json" else f"NOT INTACT: {e}")
        raise SystemExit(1) from e
    if output == "json":
        click.echo(json.dumps({"schema": SCHEMA, "intact": True, "manifest": found}, indent=2))
        return
    named = found.get("framework") or found.get("checklist", "")
    click.echo(f"{len(found['files'])} files, {named} {found['version']}, run {found['run']}")
    click.echo(f"signed with {found['signer']}" + ("" if key else " (by the key in it; --key names yours)"))
    click.echo("intact")

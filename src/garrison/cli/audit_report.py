"""`garrison audit list|show|diff|report`: what audits found, and where each item stands."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from garrison.cli.assess_history import spoken, when
from garrison.cli.assess_report import evidence_option, ledger_of, signer
from garrison.cli.audit_attest import attestations
from garrison.cli.instance import instance
from garrison.cli.output import SCHEMA, output_option, print_rows, refuse_terminal, write_out

if TYPE_CHECKING:
    from garrison.assess.audit import Attestation, ItemStanding
    from garrison.assess.ledger import Ledger

_COLUMNS = ("item", "account", "standing", "question", "reason")
_COLOURS = {
    "NOT_MET": "red", "NOT_AVAILABLE": "magenta", "NEEDS_ATTESTATION": "yellow", "EXPIRED": "yellow", "MET": "green",
    "ATTESTED": "green", "NOT_APPLICABLE": "bright_black",
}  # fmt: skip


def standing_of(
    ledger: Ledger, run: str, account: str | None, said: Sequence[Attestation] | None = None
) -> list[ItemStanding]:
    """Where the items of an audit stand now; `said` is what was attested, where it is known. Raises `LedgerError`."""
    from garrison.assess.audit import standing
    from garrison.assess.audit.read import audit

    found = audit(ledger.directory, run, account)
    return standing(found, attestations(ledger, found.run.accounts) if said is None else said, _now())


def _now() -> float:
    """By the running Garrison's clock, which decides what attestations hold; by this machine's where none runs."""
    return time.time() if instance().server() is None else instance().now()


def row(one: ItemStanding) -> dict[str, Any]:
    """An item as JSON and CSV have it."""
    found = msgspec.to_builtins(one.evidence)
    told = {name: found.pop(name) for name in ("item", "account", "domain", "question")}
    return {
        **told,
        "standing": one.standing.value,
        "reason": one.reason,
        **found,
        "attestation": None if one.attestation is None else msgspec.to_builtins(one.attestation),
    }


def print_items(items: list[ItemStanding], output: str, *, run: str) -> None:
    """Print where items stand."""
    from garrison.assess.audit import counts

    summary = {standing.value: n for standing, n in counts(items).items()}
    if output == "json":
        told = {"schema": SCHEMA, "audit": run, "summary": summary, "items": [row(one) for one in items]}
        click.echo(json.dumps(told, indent=2))
    elif output == "html":
        from garrison.assess.audit.html import html

        click.echo(html(items, run), nl=False)
    elif output in ("jsonl", "csv"):
        print_rows([row(one) for one in items], _COLUMNS, output, name="items")
    else:
        _people(items)
    click.echo("\n" + ", ".join(f"{n} {_words(name)}" for name, n in summary.items() if n), err=True)


def _words(standing: str) -> str:
    return standing.lower().replace("_", " ")


def _people(items: list[ItemStanding]) -> None:
    before = ""
    for one in items:
        if one.evidence.domain != before:
            before = one.evidence.domain
            click.echo(f"\n{click.style(before, bold=True)}")
        standing = click.style(f"{_words(one.standing):17}", fg=_COLOURS[one.standing.value])
        click.echo(f"  {standing} {one.evidence.account}  {one.evidence.item:34} {one.evidence.question}")
        if one.standing.value not in ("MET", "NOT_APPLICABLE"):
            click.echo(f"{'':20}{one.reason}")


@click.command("list")
@click.option("--account", help="Only audits of this account.")
@evidence_option
@output_option()
def list_(account: str | None, evidence: Path | None, output: str) -> None:
    """Audits there were, newest first, with how their items stand now."""
    from garrison.assess.audit import counts
    from garrison.assess.audit.read import audits

    rows: list[dict[str, Any]] = []
    with spoken():
        ledger = ledger_of(evidence)
        there = audits(ledger.directory, account)
        said = attestations(ledger, {id for one in there for id in one.accounts})
        for one in there:
            stands = counts(standing_of(ledger, one.run, account, said))
            told = {"audit": one.run, "when": when(one.when), "checklist": one.checklist, "version": one.version}
            more = {"accounts": list(one.accounts), "period": one.period}
            rows.append(told | more | {s.value.lower(): n for s, n in stands.items()})
    print_rows(rows, ("audit", "when", "checklist", "met", "attested", "not_met", "needs_attestation", "expired"),
               output, name="audits")  # fmt: skip


@click.command()
@click.argument("item", required=False)
@click.option("--audit", "run", default="latest", show_default=True, help="Id of an audit's run.")
@click.option("--account", help="Only this account.")
@evidence_option
@output_option("html")
def show(item: str | None, run: str, account: str | None, evidence: Path | None, output: str) -> None:
    """Where the items of an audit stand; of ITEM, everything that was found, and the digest to attest."""
    with spoken():
        items = standing_of(ledger_of(evidence), run, account)
    if item is None:
        print_items(items, output, run=run)
        return
    chosen = [one for one in items if one.evidence.item == item]
    if not chosen:
        raise click.UsageError(f"The audit has no item {item}. garrison audit show lists them.")
    if output != "table":
        print_items(chosen, output, run=run)
        return
    for one in chosen:
        _whole(one)


def _whole(one: ItemStanding) -> None:
    found = one.evidence
    click.echo(f"{found.item}  {found.question}\n  account    {found.account}\n  standing   {_words(one.standing)}")
    click.echo(f"             {one.reason}\n  examined   {found.examined}")
    for check in found.checks:
        click.echo(f"  {check['status']:9}  {check['check']}: {check['reason']}\n             {check['subject']}")
    for procedure in found.procedures:
        click.echo(f"  {procedure['status']:9}  {procedure['name']}: {procedure['reason']}")
    if found.missing:
        click.echo(f"  not asked  {', '.join(found.missing)}")
    if found.sample is not None:
        sample = found.sample
        click.echo(
            f"  sample     {len(sample['members'])} of {sample['size']} {sample['population']}, by {sample['period']}"
        )
        for subject, told in sample["members"]:
            click.echo(f"             {subject}\n               {json.dumps(told, sort_keys=True)}")
        click.echo(f"  look at    {sample['ask']}")
    if found.attest:
        click.echo(f"  attest     {found.attest}")
    if one.attestation is not None:
        said = one.attestation
        click.echo(f"  attested   {said.opinion} by {said.by} on {when(said.when)}, until {when(said.valid_until)}")
        click.echo(f"             {said.statement}")
    click.echo(f"  evidence   {found.hash[:12]}\n  digest     {found.digest}\n")


@click.command()
@click.argument("before")
@click.argument("after", default="latest")
@click.option("--all", "every", is_flag=True, help="Show what stayed as it was too.")
@evidence_option
@output_option()
def diff(before: str, after: str, every: bool, evidence: Path | None, output: str) -> None:
    """What changed from audit BEFORE to audit AFTER. Exit code 1 if an item that was good is not any more.

    Each audit is told as it was made: with the attestations of its own day.
    """
    from garrison.assess.audit.diff import difference
    from garrison.assess.audit.read import audit

    with spoken():
        ledger = ledger_of(evidence)
        first, second = audit(ledger.directory, before), audit(ledger.directory, after)
        said = attestations(ledger, {*first.run.accounts, *second.run.accounts})
        found = difference(first, second, said, _now())
    rows = [msgspec.to_builtins(one) for one in found if every or one.change != "unchanged"]
    print_rows(rows, ("change", "item", "account", "before", "after", "reason"), output, name="changes")
    if any(one.change == "worse" for one in found):
        raise SystemExit(1)


@click.command()
@click.argument("run", default="latest")
@click.option("--account", help="Only this account.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="FILE to write; else standard output.")
@evidence_option
@click.option("-o", "--output", type=click.Choice(["html", "json", "csv", "bundle"]), default="html", show_default=True)
def report(run: str, account: str | None, out: Path | None, evidence: Path | None, output: str) -> None:
    """An audit as a document: every item, what was found, who attested what, and the digests they did so over.

    `bundle` is a zip file of it with the evidence itself and a signed list of hashes: garrison evidence verify FILE.
    """
    import contextlib
    import io

    from garrison.assess.audit.bundle import bundle
    from garrison.assess.audit.read import audit

    binary = "A bundle" if output == "bundle" else ""
    if binary and out is None:
        refuse_terminal(binary)
    with spoken():
        ledger = ledger_of(evidence)
        found = audit(ledger.directory, run, account).run
        items = standing_of(ledger, found.run, account)
        if output == "bundle":
            content = bundle(found, items, ledger.run(found.run), signer())
        else:
            written = io.StringIO()
            with contextlib.redirect_stdout(written):
                print_items(items, output, run=found.run)
            content = written.getvalue().encode()
    write_out(content, out, binary=binary)

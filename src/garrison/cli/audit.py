"""`garrison audit`: a checklist that runs, leaves evidence, and is attested by auditors."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from garrison.cli import audit_attest, audit_report
from garrison.cli.assess_history import when
from garrison.cli.assess_report import evidence_option, ledger_of, signer
from garrison.cli.assess_where import collector_of, spoken, telling, where_options
from garrison.cli.instance import instance
from garrison.cli.output import output_option, print_rows
from garrison.cli.source import INCOMPLETE

if TYPE_CHECKING:
    from garrison.assess.audit import Checklist

_FAIL_ON = click.Choice(["not-met", "open"])


@click.group()
def audit() -> None:
    """Run an auditing checklist, keep its evidence, have people attest what no machine can know."""


for _command in (audit_report.list_, audit_report.show, audit_report.diff, audit_report.report, audit_attest.attest,
                 audit_attest.withdraw):  # fmt: skip
    audit.add_command(_command)


def _checklist(named: str) -> Checklist:
    from garrison.assess.audit import ChecklistError, load
    from garrison.checks import load as checks

    try:
        return load(named, checks())
    except ChecklistError as e:
        raise click.UsageError(str(e)) from e


@audit.command()
@click.argument("named", metavar="[CHECKLIST]", required=False)
@output_option()
def checklists(named: str | None, output: str) -> None:
    """The checklists there are, or the items of CHECKLIST (an id, or a file)."""
    from garrison.assess.audit import built_in

    if named is None:
        several = [_checklist(id) for id in built_in()]
        rows: list[dict[str, Any]] = [
            {"checklist": c.id, "title": c.title, "version": c.version, "items": len(c.items), "note": c.note}
            for c in several
        ]
        print_rows(rows, ("checklist", "title", "version", "items"), output, name="checklists")
        return
    rows = [
        {
            "item": item.id,
            "question": item.question,
            "examined": item.examined,
            "runs": [*item.checks, *item.procedures],
            "sample": "" if item.sample is None else f"{item.sample.size} of {item.sample.of}",
            "attest": item.attest or ("" if item.sample is None else item.sample.ask),
            "valid_days": item.valid_days,
        }
        for item in _checklist(named).items
    ]
    print_rows(rows, ("item", "question", "runs", "sample", "attest"), output, name="items")


@audit.command()
@where_options
@click.option("--checklist", "named", default="aws-security", show_default=True, metavar="ID|FILE")
@click.option("--period", help="What samples are drawn by. Else: the quarter of the year, as 2026Q4.")
@click.option("--act/--no-act", default=None, help="Whether behavioural checks may act, as garrison assess run has it.")
@click.option(
    "--fail-on", type=_FAIL_ON, help="Exit code 1 if an item is not met; or if any is neither met nor attested."
)
@evidence_option
@output_option("html")
def run(
    named: str, period: str | None, act: bool | None, fail_on: str | None, evidence: Path | None, output: str,
    exports: tuple[Path, ...], **where: Any,
) -> None:  # fmt: skip
    """Run every item of a checklist against the running Garrison, or what --endpoint, --aws or --export name.

    The whole catalogue of checks runs, so that this is an assessment too. Evidence is recorded and sealed; attestations
    made before hold on as far as what was found is still the same. Exit code 3 when something an item asks for could
    not be read.
    """
    from garrison.assess.audit.perform import audit_records, perform
    from garrison.assess.audit.populations import quarter
    from garrison.assess.records import VALID
    from garrison.assess.run import assess
    from garrison.checks import load as load_checks
    from garrison.evidence.exceptions import standing as excepted

    checklist = _checklist(named)
    checks = [c for c in load_checks().values() if c.id in checklist.checks or not c.on_request]
    if act and exports:
        raise click.UsageError("Nothing can be tried in an export: leave --act out.")
    with spoken():
        collector, live = collector_of(exports=exports, **where)
        ledger = ledger_of(evidence)
        acts = live if act is None else act
        assessed = assess(
            collector, checks, act=acts, exceptions=excepted(ledger.history()), tell=telling(),
            clock=instance().now if live else time.time,
        )  # fmt: skip
        drawn_by = period or quarter(assessed.finished)
        found = perform(checklist, collector, assessed, ledger, period=drawn_by)
        said = audit_attest.attestations(ledger, assessed.accounts)
        records = [
            *audit_records(checklist, assessed, found, period=drawn_by, valid=VALID),
            *audit_attest.unrecorded(ledger, said),
        ]
        made = ledger.append(records, signer())
        items = audit_report.standing_of(ledger, made.id, None)
    audit_report.print_items(items, output, run=made.id)
    click.echo(f"audit {made.id} on {when(assessed.finished)}", err=True)
    if (fail_on == "not-met" and any(i.standing == "NOT_MET" for i in items)) or (
        fail_on == "open" and any(not i.standing.good for i in items)
    ):
        raise SystemExit(1)
    unread = {r.check for r in assessed.results if r.status == "NOT_AVAILABLE"}
    if unread & checklist.checks or any(one.evidence.unread for one in items):
        raise SystemExit(INCOMPLETE)

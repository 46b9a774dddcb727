"""`garrison assess list|show|diff|except`: what earlier runs said, and failures somebody answers for."""

from __future__ import annotations

import getpass
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from garrison.cli.assess_report import FORMATS, evidence_option, ledger_of, print_results, signer, summary
from garrison.cli.output import output_option, print_rows
from garrison.cli.source import Incomplete

if TYPE_CHECKING:
    from garrison.assess.ledger import Ledger, Run
    from garrison.checks.check import Result


@contextmanager
def spoken() -> Iterator[None]:
    """Turns what is wrong with evidence into messages for people."""
    from garrison.assess.ledger import LedgerError
    from garrison.assess.signers import NoSigner

    try:
        yield
    except (LedgerError, NoSigner) as e:
        raise Incomplete(str(e)) from e


def when(seconds: float) -> str:
    """A moment, for people."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _results(run: Run) -> list[Result]:
    from garrison.assess.records import results

    return [result for _, result in results(run.records())]


@click.command("list")
@evidence_option
@output_option()
def list_(evidence: Path | None, output: str) -> None:
    """Assessments there were, newest first."""
    from garrison.assess.records import about

    rows: list[dict[str, Any]] = []
    with spoken():
        for run in reversed(ledger_of(evidence).runs()):
            told = about(run.records())
            if told is not None:
                found = summary(_results(run))
                rows.append(
                    {
                        "run": run.id,
                        "number": run.number,
                        "when": when(told["finished"]),
                        "source": f"{told['source']['kind']} {told['source']['name']}",
                        "accounts": told["accounts"],
                        **{status.lower(): n for status, n in found.items()},
                    }
                )
    columns = ("run", "when", "source", "pass", "fail", "excepted", "not_available")
    print_rows(rows, columns, output, name="runs")


@click.command()
@click.argument("run", default="latest")
@click.option("--check", "wanted", help="Only this check.")
@click.option("--account", help="Only this account.")
@click.option("--framework", "named", metavar="ID|FILE", help="Tell the standing of this framework.")
@click.option("--fix", "fixes", is_flag=True, help="Print the commands that put it right, as a shell script.")
@click.option("--all", "passes", is_flag=True, help="Show what passed too.")
@evidence_option
@output_option(*FORMATS)
def show(
    run: str, wanted: str | None, account: str | None, named: str | None, fixes: bool, passes: bool,
    evidence: Path | None, output: str,
) -> None:  # fmt: skip
    """What an assessment said: RUN is its id, the beginning of it, or `latest`."""
    from garrison.checks import load
    from garrison.cli.assess_framework import framework, print_standing, standing_of

    with spoken():
        found = ledger_of(evidence).run(run)
        results = [
            r for r in _results(found)
            if (wanted is None or r.check == wanted) and (account is None or r.account == account)
        ]  # fmt: skip
    if fixes:
        _script(results)
        return
    if named is not None and output not in FORMATS:
        print_standing(standing_of(framework(named), results), output, run=found.id, every=passes)
        return
    print_results(results, load(), output, run=found.id, source=None, passes=passes)


def _script(results: list[Result]) -> None:
    """Every command that fixes something, once, gravest failures first, by account."""
    from garrison.checks.check import SEVERITIES, Status

    failing = [r for r in results if r.status is Status.FAIL and r.outcome.fix is not None]
    failing.sort(key=lambda r: (SEVERITIES.index(r.severity), r.check))
    said: set[tuple[str, str]] = set()
    for account in dict.fromkeys(r.outcome.fix.account for r in failing if r.outcome.fix is not None):
        click.echo(f"# In account {account}:")
        for r in failing:
            fix = r.outcome.fix
            if fix is None or fix.account != account:
                continue
            new = [command for command in fix.commands if (account, command) not in said]
            said |= {(account, command) for command in new}
            if not fix.commands:
                click.echo(f"# {r.check}: {r.outcome.reason}. {fix.note}")
            elif new:
                click.echo(f"# {r.check}: {r.outcome.reason}" + (f". {fix.note}" if fix.note else ""))
                click.echo("\n".join(new))


@click.command()
@click.argument("before")
@click.argument("after", default="latest")
@evidence_option
@output_option()
def diff(before: str, after: str, evidence: Path | None, output: str) -> None:
    """What changed from run BEFORE to run AFTER. Exit code 1 when there is a new failure."""
    import msgspec

    from garrison.assess.diff import difference

    with spoken():
        ledger = ledger_of(evidence)
        found = difference(_results(ledger.run(before)), _results(ledger.run(after)))
    rows = [msgspec.to_builtins(one) for one in found]
    print_rows(rows, ("change", "severity", "check", "account", "subject", "reason"), output, name="changes")
    if any(one.change in ("new", "no longer excepted") for one in found):
        raise SystemExit(1)


@click.command("except")
@click.argument("check", required=False)
@click.option("--subject", default="*", show_default=True, help="ARN of what is excepted; * and ? are wildcards.")
@click.option("--account", default="*", show_default=True, help="Only in this account.")
@click.option("--owner", help="Who answers for it.")
@click.option("--reason", help="Why it is so.")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="The first day it does not hold any more (UTC).")
@click.option("--revoke", metavar="ID", help="End an exception.")
@evidence_option
@output_option()
def except_(
    check: str | None, subject: str, account: str, owner: str | None, reason: str | None, expires: datetime | None,
    revoke: str | None, evidence: Path | None, output: str,
) -> None:  # fmt: skip
    """Answer for failures of CHECK until a date; without CHECK, list who answers for what.

    An exception is evidence too: it is signed and chained as everything else. It needs an owner, a reason and an end.
    """
    from garrison.checks import load
    from garrison.evidence.exceptions import LONGEST, standing

    with spoken():
        ledger = ledger_of(evidence)
        there = standing(ledger.history())
        now = int(time.time())
        if revoke is not None:
            if revoke not in {one.id for one in there}:
                raise click.UsageError(f"There is no exception {revoke} in force.")
            _append(ledger, {"type": "revocation", "exception": revoke, "when": now, "by": getpass.getuser()})
            click.echo(f"The exception {revoke} is revoked.", err=True)
            return
        if check is None:
            _list(there, now, output)
            return
        if check not in load():
            raise click.UsageError(f"There is no check {check}. garrison assess checks lists them.")
        if not owner or not reason or expires is None:
            raise click.UsageError("An exception needs --owner, --reason and --expires.")
        ends = int(expires.replace(tzinfo=UTC).timestamp())
        if not now < ends <= now + LONGEST:
            raise click.UsageError("An exception ends in the future, and within a year.")
        id = secrets.token_hex(4)
        record = {
            "type": "exception", "id": id, "check": check, "subject": subject, "account": account, "owner": owner,
            "reason": reason, "granted": now, "expires": ends, "by": getpass.getuser(),
        }  # fmt: skip
        _append(ledger, record)
    click.echo(f"exception {id}: {check} on {subject} until {when(ends)}", err=True)


def _append(ledger: Ledger, record: dict[str, Any]) -> None:
    ledger.append([record], signer())


def _list(there: list[Any], now: int, output: str) -> None:
    import msgspec

    rows = [
        {**msgspec.to_builtins(one), "expires": when(one.expires), "holds": "yes" if now < one.expires else "expired"}
        for one in there
    ]
    print_rows(rows, ("id", "check", "subject", "account", "owner", "reason", "expires", "holds"), output,
               name="exceptions")  # fmt: skip

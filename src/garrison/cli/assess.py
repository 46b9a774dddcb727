"""`garrison assess`: what is wrong with accounts, shown by evidence, with the commands that put it right."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from garrison.cli import assess_answer, assess_framework, assess_history, assess_publish
from garrison.cli.assess_report import FORMATS, evidence_option, ledger_of, print_results, signer
from garrison.cli.instance import Unreachable, instance
from garrison.cli.output import output_option, print_rows
from garrison.cli.source import INCOMPLETE, Incomplete, export_option

if TYPE_CHECKING:
    from garrison.checks.check import Check
    from garrison.checks.collect.collector import Collector
    from garrison.checks.probe import Keys

_FAIL_ON = click.Choice(["critical", "high", "medium", "low", "gap"])


@click.group()
def assess() -> None:
    """Check accounts and organizations, keep the evidence, compare runs."""


for _command in (
    *(assess_history.list_, assess_history.show, assess_history.diff, assess_history.except_),
    *(assess_framework.frameworks, assess_framework.controls, assess_framework.report, assess_framework.trend),
    *(assess_answer.answer_, assess_publish.publish),
):
    assess.add_command(_command)


def _where(function: Any) -> Any:
    """The options that say what is assessed."""
    for option in (
        click.option(
            "--region", "regions", multiple=True, help="Region to look at; repeatable. Else: the configured one."
        ),
        click.option(
            "--role", default="OrganizationAccountAccessRole", show_default=True, help="To enter members with."
        ),
        click.option(
            "--organization", is_flag=True, help="Every member account of the organization, entered by --role."
        ),
        click.option("--profile", help="Ask AWS (or --endpoint) with this profile's credentials."),
        click.option("--aws", "from_aws", is_flag=True, help="Ask AWS, with the credentials this shell has."),
        click.option("--endpoint", metavar="URL", help="Ask this endpoint, with the credentials this shell has."),
        export_option,
        click.option("--account", "accounts", multiple=True, metavar="ID", help="Only this account; repeatable."),
    ):
        function = option(function)
    return function


@assess.command()
@_where
@click.option("--check", "wanted", multiple=True, metavar="ID", help="Only this check, or iam.*; repeatable.")
@click.option(
    "--framework", "named", metavar="ID|FILE", help="Ask the checks of this framework, and tell its standing."
)
@click.option(
    "--fail-on", type=_FAIL_ON, help="Exit code 1 for a failure this grave, or graver; for a framework's gap."
)
@click.option(
    "--act/--no-act", default=None,
    help="Whether behavioural checks may act: make a throw-away user, try what must be refused, take it away again. "
    "By default they do in a running Garrison, and nowhere else.",
)  # fmt: skip
@click.option("--all", "passes", is_flag=True, help="Show what passed too.")
@click.option("--no-record", is_flag=True, help="Keep no evidence.")
@evidence_option
@output_option(*FORMATS)
def run(
    wanted: tuple[str, ...], named: str | None, fail_on: Any, act: bool | None, passes: bool, no_record: bool,
    evidence: Path | None, output: str, exports: tuple[Path, ...], **where: Any,
) -> None:  # fmt: skip
    """Assess the running Garrison (every account), or what --endpoint, --aws, --profile or --export name.

    Exit code 1 when something as grave as --fail-on fails; else 3 when something could not be read, which is said, and
    never counted as passed.
    """
    if fail_on == "gap" and named is None:
        raise click.UsageError("A gap is a framework's: --fail-on gap needs --framework.")
    from garrison.assess.records import records
    from garrison.assess.run import assess as asked
    from garrison.evidence.exceptions import standing

    framework = None if named is None else assess_framework.framework(named)
    named_by_it = framework.checks if framework is not None else None
    checks = {
        id: check
        for id, check in _selected(wanted).items()
        if (id in named_by_it if named_by_it is not None else bool(wanted) or not check.on_request)
    }
    with _spoken():
        collector, live = _collector(exports=exports, **where)
        acts = live if act is None else act
        if act and exports:
            raise click.UsageError("Nothing can be tried in an export: leave --act out.")
        ledger = ledger_of(evidence)
        exceptions = standing(ledger.history())
        found = asked(
            collector, checks.values(), act=acts, exceptions=exceptions, tell=_telling(),
            clock=instance().now if live else time.time,
        )  # fmt: skip
        number = None
        if not no_record:
            number = ledger.append(records(found), signer()).id
    if framework is not None and output not in FORMATS:
        stands = assess_framework.standing_of(framework, found.results)
        assess_framework.print_standing(stands, output, run=number, every=passes)
        if fail_on == "gap" and stands.gaps:
            raise SystemExit(1)
    else:
        print_results(
            found.results, checks, output, run=number, source=found.source, not_tried=found.not_tried, passes=passes
        )
        if fail_on == "gap" and framework is not None and assess_framework.standing_of(framework, found.results).gaps:
            raise SystemExit(1)
    if fail_on not in (None, "gap") and found.failures(fail_on):
        raise SystemExit(1)
    if not found.complete:
        raise SystemExit(INCOMPLETE)


@assess.command()
@_where
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="FILE to write; else standard output.")
def collect(out: Path | None, **where: Any) -> None:
    """Write every fact the checks read, to be assessed elsewhere: garrison assess run --export FILE.

    Exit code 3 when something could not be read; the file says what, and why.
    """
    from garrison.assess.collected import collected
    from garrison.checks import load
    from garrison.checks.fact import FACTS

    load()
    with _spoken():
        found = collected(_collector(**where)[0], FACTS)
    text = json.dumps(found, indent=1) + "\n"
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, encoding="utf-8")
    if found["Unread"]:
        raise SystemExit(INCOMPLETE)


@assess.command("checks")
@click.argument("wanted", nargs=-1)
@output_option()
def checks_(wanted: tuple[str, ...], output: str) -> None:
    """The catalogue: every check, or those that WANTED names (iam.*)."""
    rows = [
        {
            "check": check.id,
            "severity": check.severity,
            "kind": "behavioural" if check.behavioural else "reading",
            "title": check.title,
            "why": check.why,
            "cells": list(check.cells),
            "scope": check.scope,
            "reads": list(check.needs),
            "version": check.version,
        }
        for check in _selected(wanted).values()
    ]
    print_rows(rows, ("check", "severity", "kind", "title"), output, name="checks")


def _selected(wanted: Sequence[str]) -> dict[str, Check]:
    from garrison.checks import load

    catalogue = load()
    found = {id: c for id, c in catalogue.items() if any(fnmatchcase(id, w) for w in wanted or ("*",))}
    for pattern in wanted:
        if not any(fnmatchcase(id, pattern) for id in catalogue):
            raise click.UsageError(f"There is no check {pattern}. garrison assess checks lists them.")
    return found


@contextmanager
def _spoken() -> Iterator[None]:
    """Turns what is wrong with where one looks into messages for people."""
    from garrison.assess.ledger import LedgerError
    from garrison.assess.signers import NoSigner
    from garrison.checks.collect.collector import CollectError, Unanswered

    try:
        yield
    except Unanswered as e:
        raise Unreachable(str(e)) from e
    except (CollectError, LedgerError, NoSigner) as e:
        raise Incomplete(str(e)) from e


def _collector(
    *, exports: tuple[Path, ...], accounts: tuple[str, ...], endpoint: str | None, from_aws: bool, profile: str | None,
    organization: bool, role: str, regions: tuple[str, ...],
) -> tuple[Collector, bool]:  # fmt: skip
    """The way to the facts, and whether it is a running Garrison of ours."""
    from garrison.checks.collect.endpoint import EndpointCollector, found_keys
    from garrison.checks.collect.files import FilesCollector
    from garrison.checks.collect.live import LiveCollector

    for account in accounts:
        if len(account) != 12 or not account.isdigit():
            raise click.UsageError(f"{account} is no account id: it has 12 digits.")
    elsewhere = endpoint is not None or from_aws or profile is not None
    if exports:
        if elsewhere:
            raise click.UsageError("--export reads files: leave --endpoint, --aws and --profile out.")
        return FilesCollector(exports, time.time(), accounts), False
    if elsewhere:
        keys, region = found_keys(profile)
        where = regions or (region or "us-east-1",)
        found = EndpointCollector(
            endpoint, keys, where, time.time(), only=accounts, organization=organization, role=role
        )
        return found, False
    garrison = instance()
    region = garrison.credentials().get("region", "us-east-1")
    live = LiveCollector(
        lambda method, path, body: garrison.ask(method, path, body, timeout=300),
        garrison.url(), (regions or (region,))[0], garrison.now(), _acting(), accounts,
    )  # fmt: skip
    return live, True


def _acting() -> Keys | None:
    """What behavioural checks of a running Garrison act with: this shell's keys, or the first account's root keys."""
    import os

    from garrison.checks.probe import Keys

    if os.environ.get("AWS_ACCESS_KEY_ID") and os.environ.get("AWS_SECRET_ACCESS_KEY"):
        token = os.environ.get("AWS_SESSION_TOKEN") or None
        return Keys(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], token)
    found = instance().credentials()
    if "aws_access_key_id" not in found:
        return None
    return Keys(found["aws_access_key_id"], found["aws_secret_access_key"])


def _telling() -> Any:
    """Progress, for people only."""
    if not sys.stderr.isatty():
        return lambda text: None
    return lambda text: click.echo(f"account {text} ...", err=True)

"""Where an assessment looks - a running Garrison, an endpoint, files - and what is said when it cannot."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from garrison.cli.instance import Unreachable, instance
from garrison.cli.source import Incomplete, export_option
from garrison.cli.throwaway import accounts_of_this_lab, left_out, say_left_out

if TYPE_CHECKING:
    from garrison.checks.collect.collector import Collector
    from garrison.checks.probe import Keys


def where_options(function: Any) -> Any:
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


@contextmanager
def spoken() -> Iterator[None]:
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


def collector_of(
    *, exports: tuple[Path, ...], accounts: tuple[str, ...], endpoint: str | None, from_aws: bool, profile: str | None,
    organization: bool, role: str, regions: tuple[str, ...],
) -> tuple[Collector, bool]:  # fmt: skip
    """The way to the facts, and whether it is a running Garrison of ours."""
    from garrison.aws.partitions import partition_of
    from garrison.aws.partitions import regions as known_regions
    from garrison.checks.collect.endpoint import EndpointCollector, found_keys
    from garrison.checks.collect.files import FilesCollector
    from garrison.checks.collect.live import LiveCollector

    for account in accounts:
        if len(account) != 12 or not account.isdigit():
            raise click.UsageError(f"{account} is no account id: it has 12 digits.")
    for named in regions:
        if named not in known_regions(partition_of(named) or ""):
            raise click.UsageError(f"{named} is no AWS region, such as us-east-1.")
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
    garrison.trust()
    region = garrison.credentials().get("region", "us-east-1")
    aside: list[str] = []
    inside = None if accounts else accounts_of_this_lab(garrison)
    if inside is not None:
        click.echo(f"Inside a lab: of its accounts alone, {', '.join(inside)}.", err=True)
        accounts = tuple(inside)
    elif not accounts:
        aside = left_out(garrison, garrison.ask("GET", "/_garrison/accounts")["accounts"])
        say_left_out(len(aside))
    live = LiveCollector(
        lambda method, path, body: garrison.ask(method, path, body, timeout=300),
        garrison.url(), (regions or (region,))[0], garrison.now(), _acting(), accounts, aside,
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


def telling() -> Any:
    """Progress, for people only."""
    if not sys.stderr.isatty():
        return lambda text: None
    return lambda text: click.echo(f"account {text} ...", err=True)

"""Accounts and their root users: `garrison account create|list|close|root-password|root-key|root-mfa`."""

from __future__ import annotations

import click

from garrison.cli.instance import instance
from garrison.cli.output import output_option, print_rows
from garrison.gateway.server_file import command


@click.group()
def account() -> None:
    """Accounts of this Garrison and their root users."""


@account.command()
@click.option("--id", "account_id", help="12 digits; drawn at random if not given.")
@click.option("--name", default="", help="Its name.")
@click.option("--email", required=True, help="The root user's e-mail address.")
@click.option("-o", "--output", type=click.Choice(["ini", "json"]), default="ini", show_default=True)
def create(account_id: str | None, name: str, email: str, output: str) -> None:
    """Create an account and print its root access key, this once."""
    import json

    answer = instance().ask("POST", "/_garrison/accounts", {"id": account_id, "name": name, "email": email})
    if output == "json":
        click.echo(json.dumps({"schema": 1, **answer}))
        return
    click.echo(f"[{answer['account']}]")
    click.echo(f"aws_access_key_id = {answer['access_key_id']}")
    click.echo(f"aws_secret_access_key = {answer['secret_access_key']}")


@account.command("list")
@output_option()
def list_(output: str) -> None:
    """The accounts there are."""
    rows = instance().ask("GET", "/_garrison/accounts")["accounts"]
    print_rows(rows, ("id", "name", "email", "status"), output, name="accounts")


@account.command("close")
@click.argument("account_id")
def close(account_id: str) -> None:
    """Close an account, and the members of the organization it manages: nobody of them is let in any more."""
    for closed in instance().ask("POST", "/_garrison/accounts/close", {"account": account_id})["closed"]:
        click.echo(f"Account {closed} is closed.", err=True)


@account.command("root-password")
@click.option("--account", "account_id", help="The account; the first one if not given.")
@click.password_option(help="Asked for if not given.")
def root_password(account_id: str | None, password: str) -> None:
    """Set the root user's password."""
    instance().ask("POST", "/_garrison/root-password", {"account": account_id, "password": password})
    click.echo("The root password is set.", err=True)


@account.command("root-key")
def root_key() -> None:
    """Make the first account's root user an access key: the way back in when the last one is gone.

    It is written into the data directory's credentials, where `garrison env` takes it from.
    """
    garrison = instance()
    answer = garrison.ask("POST", "/_garrison/root-key", {})
    path = garrison.data / "credentials"
    click.echo(f"Root's access key {answer['access_key_id']} is made, and written to {path}.", err=True)
    click.echo(f'Next: eval "$({command()} env)"', err=True)


@account.command("root-mfa")
@click.option("--account", "account_id", help="The account; the first one if not given.")
def root_mfa(account_id: str | None) -> None:
    """Give the root user a virtual MFA device, and print its seed for an authenticator."""
    answer = instance().ask("POST", "/_garrison/root-mfa", {"account": account_id})
    click.echo(f"serial number  {answer['serial']}")
    click.echo(f"seed (base32)  {answer['seed']}")
    click.echo(f"address        {answer['uri']}")

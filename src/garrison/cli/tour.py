"""`garrison tour`: the first ten minutes on a throw-away account, every command shown and copyable."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from pathlib import Path

import click

from garrison.cli.environment import environment, refuse_old_aws
from garrison.cli.instance import Instance, instance
from garrison.cli.throwaway import TOUR, tour_email
from garrison.cli.tour_detect import detect
from garrison.cli.tour_edge import edge
from garrison.cli.tour_guide import Guide
from garrison.cli.tour_iam import iam
from garrison.cli.tour_kms import kms
from garrison.cli.tour_organization import organization
from garrison.cli.tour_responsibility import responsibility
from garrison.cli.tour_upstream import upstream


@click.command()
@click.option("--non-interactive", is_flag=True, help="Do not wait for Enter between the stops.")
def tour(non_interactive: bool) -> None:
    """Five minutes on a throw-away account: denied, explained, allowed, bounded, and a role with MFA."""
    garrison = instance()
    if garrison.server() is None:
        raise click.ClickException("Garrison is not running. Start it first: garrison up --detach")
    with tempfile.TemporaryDirectory(prefix=TOUR) as name:
        try:
            _walk(garrison, Path(name), interactive=not non_interactive and sys.stdin.isatty())
        finally:
            _close(garrison, Path(name))


def _close(garrison: Instance, directory: Path) -> None:
    """Close the tour's accounts, however it ended; a second Ctrl-C waits for it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for name in ("tour", "member"):  # a member is closed with its management account, if that is one already
            for one in garrison.ask("GET", "/_garrison/accounts")["accounts"]:
                if one["email"] == tour_email(name, directory) and one["status"] == "ACTIVE":
                    garrison.ask("POST", "/_garrison/accounts/close", {"account": one["id"]})
        click.echo("The tour's accounts are closed.")
    except click.ClickException as e:
        click.echo(f"The tour's accounts could not be closed: {e.format_message()}", err=True)
    finally:
        signal.signal(signal.SIGINT, before)


def _walk(garrison: Instance, directory: Path, *, interactive: bool) -> None:
    made = garrison.ask("POST", "/_garrison/accounts", {"name": "tour", "email": tour_email("tour", directory)})
    account = made["account"]
    env = {k: v for k, v in environment(garrison).items() if k not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    env["AWS_SHARED_CREDENTIALS_FILE"] = str(directory / "credentials")
    env["AWS_CONFIG_FILE"] = str(directory / "config")
    env["AWS_PAGER"] = ""
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env["PATH"]])
    (directory / "config").write_text("")
    if refuse_old_aws(env) is None:
        raise click.ClickException("The tour uses the aws command. pip install 'garrison[awscli]' brings one.")
    guide = Guide(garrison, directory, env, interactive)
    guide.console.print(
        f"A fresh account, [bold]{account}[/bold], was made for this tour. To follow along in another shell:\n"
        f"  export AWS_ENDPOINT_URL={garrison.url()} AWS_DEFAULT_REGION={env['AWS_DEFAULT_REGION']}\n"
        f"  export AWS_SHARED_CREDENTIALS_FILE={env['AWS_SHARED_CREDENTIALS_FILE']}\n"
        f"  cd {directory}",
        soft_wrap=True,
    )
    guide.profile("root", {"AccessKeyId": made["access_key_id"], "SecretAccessKey": made["secret_access_key"]})

    iam(guide, account)
    organization(guide)
    responsibility(guide, account)
    upstream(guide)
    edge(guide)
    kms(guide, account)
    detect(guide)

    guide.chapter(
        "That was it",
        "Every call you saw, allowed or refused, is in the trail: garrison logs\n"
        'Your own account waits: eval "$(garrison env)"\n'
        "What you saw done you can do yourself, in twelve labs: garrison lab list",
    )

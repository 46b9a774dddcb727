"""`garrison tour`: five minutes on a throw-away account, every command shown and copyable."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.syntax import Syntax

from garrison.cli.environment import environment, refuse_old_aws
from garrison.cli.instance import Instance, instance

POLICY_WITH_A_CATCH = """{
  "Version": "2012-10-17",
  "Statement": {
    "Sid": "SeeWhoIsHere",
    "Effect": "Allow",
    "Action": "iam:ListUsers",
    "Resource": "*",
    "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
  }
}
"""
POLICY = """{
  "Version": "2012-10-17",
  "Statement": {"Sid": "SeeWhoIsHere", "Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}
}
"""
BOUNDARY = """{
  "Version": "2012-10-17",
  "Statement": {"Sid": "RolesOnly", "Effect": "Allow", "Action": "sts:*", "Resource": "*"}
}
"""
TRUST = """{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::ACCOUNT:user/ana"},
    "Action": "sts:AssumeRole",
    "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
  }
}
"""


@dataclass
class Guide:
    """Shows, runs and remembers. A step whose outcome is not the one announced ends the tour with exit code 1."""

    garrison: Instance
    directory: Path
    env: dict[str, str]
    interactive: bool
    console: Console = field(default_factory=lambda: Console(highlight=False))

    def chapter(self, title: str, text: str) -> None:
        """A heading and what to look at; waits for Enter when somebody is there."""
        self.console.print()
        self.console.print(Panel(text.strip(), title=f"[bold]{title}[/bold]", title_align="left", border_style="cyan"))
        if self.interactive:
            click.prompt("", prompt_suffix="press Enter ", default="", show_default=False)

    def file(self, name: str, content: str) -> None:
        """Write a file the next commands use, and show it with line numbers."""
        (self.directory / name).write_text(content)
        self.console.print(f"[dim]{name}:[/dim]")
        self.console.print(
            Syntax(content.rstrip(), "json", line_numbers=True, word_wrap=True, background_color="default")
        )

    def run(self, command: str, *, fails: bool = False, quiet: bool = False) -> str:
        """Print a command, run it, print and return its output; `fails` says that it is meant to be refused."""
        self.console.print(f"\n[bold green]$[/bold green] [bold]{escape(command)}[/bold]", soft_wrap=True)
        done = subprocess.run(
            shlex.split(command), cwd=self.directory, env=self.env, capture_output=True, text=True, check=False
        )
        said = (done.stdout + done.stderr).strip()
        if said and not (quiet and done.returncode == 0):
            self.console.print(escape(said), style="red" if done.returncode else "", soft_wrap=True)
        if (done.returncode != 0) != fails:
            raise click.ClickException(f"That was meant to {'be refused' if fails else 'succeed'}.")
        return done.stdout

    def profile(self, name: str, key: dict[str, Any]) -> None:
        """Keep credentials as a profile of this tour's own credentials file."""
        lines = [f"[{name}]", f"aws_access_key_id = {key['AccessKeyId']}"]
        lines += [f"aws_secret_access_key = {key['SecretAccessKey']}"]
        if "SessionToken" in key:
            lines += [f"aws_session_token = {key['SessionToken']}"]
        with open(self.directory / "credentials", "a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n\n")
        self.console.print(f"[dim]kept as profile {name}[/dim]")


@click.command()
@click.option("--non-interactive", is_flag=True, help="Do not wait for Enter between the stops.")
def tour(non_interactive: bool) -> None:
    """Five minutes on a throw-away account: denied, explained, allowed, bounded, and a role with MFA."""
    garrison = instance()
    if garrison.server() is None:
        raise click.ClickException("Garrison is not running. Start it first: garrison up --detach")
    with tempfile.TemporaryDirectory(prefix="garrison-tour-") as name:
        _walk(garrison, Path(name), interactive=not non_interactive and sys.stdin.isatty())


def _walk(garrison: Instance, directory: Path, *, interactive: bool) -> None:
    made = garrison.ask("POST", "/_garrison/accounts", {"name": "tour", "email": f"tour+{directory.name}@example.com"})
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

    guide.chapter("1  Who am I?", "Every call is signed and verified; Garrison knows who asks. You start as root.")
    guide.run("aws sts get-caller-identity --profile root")

    guide.chapter("2  A new user may do nothing", "A user without policies is refused, in AWS's own words.")
    guide.run("aws iam create-user --user-name ana --profile root")
    key = guide.run("aws iam create-access-key --user-name ana --profile root", quiet=True)
    guide.profile("ana", json.loads(key)["AccessKey"])
    guide.run("aws iam list-users --profile ana", fails=True)

    guide.chapter(
        "3  Why not?",
        "A policy is attached, and still the answer is no. AWS would leave you guessing; "
        "the explanation points at the line, with what the condition wanted and what it got.",
    )
    guide.file("policy.json", POLICY_WITH_A_CATCH)
    guide.run(
        "aws iam put-user-policy --user-name ana --policy-name people --policy-document file://policy.json"
        " --profile root"
    )
    guide.run("aws iam list-users --profile ana", fails=True)
    guide.run(f"garrison explain --denied --last 1 --account {account}")

    guide.chapter("4  A policy fixes it", "The very next call obeys.")
    guide.file("policy.json", POLICY)
    guide.run(
        "aws iam put-user-policy --user-name ana --policy-name people --policy-document file://policy.json"
        " --profile root"
    )
    guide.run("aws iam list-users --query Users[].Arn --profile ana")

    guide.chapter("5  A boundary takes it away", "What the boundary does not allow, no policy of ana's can give.")
    guide.file("boundary.json", BOUNDARY)
    guide.run("aws iam create-policy --policy-name roles-only --policy-document file://boundary.json --profile root")
    guide.run(
        "aws iam put-user-permissions-boundary --user-name ana"
        f" --permissions-boundary arn:aws:iam::{account}:policy/roles-only --profile root"
    )
    guide.run("aws iam list-users --profile ana", fails=True)
    guide.run(f"garrison explain --denied --last 1 --account {account}")

    guide.chapter(
        "6  A role with MFA gives it for an hour",
        "The role trusts ana, if she proves a second factor. The codes are real TOTP codes, each good once.",
    )
    guide.file("trust.json", TRUST.replace("ACCOUNT", account))
    guide.run("aws iam create-role --role-name auditor --assume-role-policy-document file://trust.json --profile root")
    guide.run(
        "aws iam attach-role-policy --role-name auditor --policy-arn arn:aws:iam::aws:policy/IAMReadOnlyAccess"
        " --profile root"
    )
    role = f"arn:aws:iam::{account}:role/auditor"
    guide.run(f"aws sts assume-role --role-arn {role} --role-session-name tour --profile ana", fails=True)
    guide.run(
        "aws iam create-virtual-mfa-device --virtual-mfa-device-name ana --outfile seed.txt"
        " --bootstrap-method Base32StringSeed --profile root"
    )
    serial = f"arn:aws:iam::{account}:mfa/ana"
    before = guide.run("garrison totp --file seed.txt --step -1").strip()
    now = guide.run("garrison totp --file seed.txt").strip()
    guide.run(
        f"aws iam enable-mfa-device --user-name ana --serial-number {serial}"
        f" --authentication-code1 {before} --authentication-code2 {now} --profile root"
    )
    code = guide.run("garrison totp --file seed.txt --step +1").strip()
    assumed = guide.run(
        f"aws sts assume-role --role-arn {role} --role-session-name tour --serial-number {serial}"
        f" --token-code {code} --profile ana",
        quiet=True,
    )
    guide.profile("auditor", json.loads(assumed)["Credentials"])
    guide.run("aws sts get-caller-identity --profile auditor")
    guide.run("aws iam list-users --query Users[].Arn --profile auditor")

    guide.chapter(
        "That was it",
        "Every call you saw, allowed or refused, is in the trail: garrison logs\n"
        'Your own account waits: eval "$(garrison env)"',
    )

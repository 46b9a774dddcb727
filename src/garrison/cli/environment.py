"""`garrison env`, `exec` and `aws`: point clients at Garrison, and never let a call slip to the real AWS."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click

from garrison.cli.instance import Instance, instance
from garrison.cli.throwaway import left_by_lab

# What would win over, or bypass, the variables set below. Source: AWS SDKs and Tools reference guide, "Environment
# variables list" and "Service-specific endpoints" (a service's own variable wins over AWS_ENDPOINT_URL).
_UNSET = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
)
OLDEST_V1 = (1, 29)
OLDEST_V2 = (2, 13)


def variables(garrison: Instance, profile: str | None = None) -> dict[str, str]:
    """The environment a client needs."""
    credentials = garrison.credentials()
    region = credentials.get("region", "us-east-1")
    server = garrison.server()
    set_: dict[str, str] = {"AWS_ENDPOINT_URL": garrison.url()}
    if profile is None:
        set_["AWS_ACCESS_KEY_ID"] = credentials["aws_access_key_id"]
        set_["AWS_SECRET_ACCESS_KEY"] = credentials["aws_secret_access_key"]
    else:
        set_["AWS_PROFILE"] = profile
    set_["AWS_REGION"] = region
    set_["AWS_DEFAULT_REGION"] = region  # aws-cli v1 ignores AWS_REGION
    set_["AWS_EC2_METADATA_DISABLED"] = "true"
    if server is not None and server.ca:
        set_["AWS_CA_BUNDLE"] = server.ca
    loopback = ["127.0.0.1", "localhost", "::1"]
    current = [p for p in re.split(r"[,\s]+", os.environ.get("NO_PROXY", os.environ.get("no_proxy", ""))) if p]
    set_["NO_PROXY"] = set_["no_proxy"] = ",".join([*current, *(h for h in loopback if h not in current)])
    if shutil.which("garrison") is None:
        set_["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])
    return set_


def unset(profile: str | None = None) -> list[str]:
    """Variables that must go, service-specific endpoints included."""
    names = [n for n in _UNSET if not (profile and n == "AWS_PROFILE")]
    if profile:
        names += ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
    return names + sorted(n for n in os.environ if n.startswith("AWS_ENDPOINT_URL_"))


def environment(garrison: Instance, profile: str | None = None) -> dict[str, str]:
    """This process's environment, pointed at Garrison."""
    env = {k: v for k, v in os.environ.items() if k not in unset(profile)}
    return env | variables(garrison, profile)


def refuse_old_aws(env: dict[str, str]) -> str | None:
    """Path of the aws command in `env`, or None. Refuses one too old to know AWS_ENDPOINT_URL."""
    path = shutil.which("aws", path=env.get("PATH"))
    if path is None:
        return None
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise click.UsageError(f"{path} could not tell its version ({e}).") from e
    match = re.search(r"aws-cli/(\d+)\.(\d+)(\.\d+)?", said.stdout + said.stderr)
    if match is None:
        raise click.UsageError(f"{path} did not tell its version, so it cannot be trusted to stay off the real AWS.")
    version = (int(match[1]), int(match[2]))
    if version < OLDEST_V1 or OLDEST_V2 > version >= (2, 0):
        raise click.UsageError(
            f"{path} is aws-cli {match[1]}.{match[2]}{match[3] or ''}, which does not know AWS_ENDPOINT_URL: its calls "
            "would go to the real AWS. It takes aws-cli 1.29 or 2.13 (or newer)."
        )
    return path


@click.command()
@click.option(
    "--shell",
    type=click.Choice(["bash", "zsh", "fish", "powershell", "dotenv", "github"]),
    help="Whose syntax to print; taken from $SHELL if not given.",
)
@click.option("--profile", help="Use this AWS profile's credentials instead of the root keys.")
def env(shell: str | None, profile: str | None) -> None:
    """Print the variables that point AWS clients here: eval "$(garrison env)".

    In a shell that is in a lab, it leaves the lab.
    """
    garrison = instance()
    if shell is None:
        shell = "fish" if os.environ.get("SHELL", "").endswith("fish") else "bash"
    set_ = variables(garrison, profile)
    refuse_old_aws(os.environ | set_)
    if shell == "github":
        target = os.environ.get("GITHUB_ENV")
        lines = [f"{k}={v}" for k, v in set_.items()]
        if target:
            with open(target, "a", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
            return
        click.echo("\n".join(lines))
        return
    # A profile may be one of the lab this shell is in: its files stay then.
    for name in unset(profile) + ([] if profile else left_by_lab(garrison)):
        if shell in ("bash", "zsh"):
            click.echo(f"unset {name}")
        elif shell == "fish":
            click.echo(f"set -e {name}")
        elif shell == "powershell":
            click.echo(f"Remove-Item Env:{name} -ErrorAction SilentlyContinue")
    for name, value in set_.items():
        if shell in ("bash", "zsh"):
            click.echo(f"export {name}={shlex.quote(value)}")
        elif shell == "fish":
            quoted = value.replace("\\", "\\\\").replace("'", "\\'")
            click.echo(f"set -gx {name} '{quoted}'")
        elif shell == "powershell":
            quoted = value.replace("'", "''")
            click.echo(f"$Env:{name} = '{quoted}'")
        elif name != "PATH":
            click.echo(f"{name}={value}")
    if sys.stdout.isatty() and shell in ("bash", "zsh"):
        click.echo('# run: eval "$(garrison env)"', err=True)


_passthrough = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.command("exec", context_settings=_passthrough)
@click.option("--profile", help="Use this AWS profile's credentials instead of the root keys.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_(profile: str | None, command: tuple[str, ...]) -> None:
    """Run a command with its AWS clients pointed here: garrison exec -- pytest."""
    env = environment(instance(), profile)
    refuse_old_aws(env)
    _become(command, env)


@click.command(context_settings=_passthrough | {"help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def aws(arguments: tuple[str, ...]) -> None:
    """Run the aws command against Garrison: garrison aws sts get-caller-identity."""
    if any(a == "--endpoint-url" or a.startswith("--endpoint-url=") for a in arguments):
        raise click.UsageError("garrison aws always passes its own --endpoint-url; call aws itself for another one.")
    garrison = instance()
    env = environment(garrison)
    path = refuse_old_aws(env)
    if path is None:
        raise click.UsageError("There is no aws command on the PATH. pip install 'garrison[awscli]' brings one.")
    _become((path, "--endpoint-url", garrison.url(), *arguments), env)


def _become(command: tuple[str, ...], env: dict[str, str]) -> None:
    """Replace this process by `command`."""
    program = shutil.which(command[0], path=env.get("PATH"))
    if program is None:
        click.echo(f"garrison: {command[0]}: command not found", err=True)
        raise SystemExit(127)
    sys.stdout.flush()
    os.execve(program, [command[0], *command[1:]], env)  # noqa: S606  # the user's own command, as asked

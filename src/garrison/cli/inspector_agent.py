"""`garrison inspector agent`: reports a host to Inspector."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path

import click

FAILED = 3
"""Exit code: nothing was told, or the host could not be looked at."""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class _Duration(click.ParamType):  # type: ignore[type-arg]
    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        match = re.fullmatch(r"(\d+)([smhd])", str(value))
        if match is None or not int(match[1]):
            self.fail(f"{value!r} is no duration: 90s, 30m, 6h, 1d", param, ctx)
        return float(int(match[1]) * _UNITS[match[2]])


@click.command()
@click.option("--once", is_flag=True, help="Tell everything, do what is due, and end.")
@click.option("--forget", is_flag=True, help="Tell Inspector that the host is gone, and end: its findings close.")
@click.option("--interval", type=_Duration(), default="6h", show_default=True, help="Tell everything again after that.")
@click.option(
    "--root",
    default="/",
    show_default=True,
    type=click.Path(exists=True, file_okay=False),
    help="Report the machine whose root file system is mounted or unpacked here, instead of this one.",
)
@click.option("--resource-id", help="i-... of the host; made of its machine-id if not given.")
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="A tag of the resource; repeatable.")
@click.option(
    "--except",
    "excepted",
    multiple=True,
    metavar="CHECK=REASON",
    help="A check that CIS scans do not ask of this host; repeatable.",
)
@click.option(
    "--behind-firewall",
    "behind",
    is_flag=True,
    help="Something in front of this host lets nothing in from the internet: its own network is the widest there is.",
)
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="GARRISON_AGENT_STATE",
    help="Where it remembers what was told; /var/lib/garrison-agent, or ~/.local/state/garrison-agent unless root.",
)
@click.option("--look-every", type=_Duration(), default="5s", show_default=True, help="How often it looks for changes.")
@click.option("--profile", help="AWS profile with the credentials and the endpoint.")
def agent(
    once: bool,
    forget: bool,
    interval: float,
    root: str,
    resource_id: str | None,
    tags: tuple[str, ...],
    excepted: tuple[str, ...],
    behind: bool,
    state: Path | None,
    look_every: float,
    profile: str | None,
) -> None:
    """Report this host to Inspector: packages, what can be reached, and CIS scans that are due.

    Credentials, region and endpoint as of every AWS client (AWS_ENDPOINT_URL, profiles). What changes is told within
    seconds; all of it every --interval. A server that is away is tried again; what was told is remembered.

    Exit code 3: with --once, the server could not be reached or refused.
    """
    import signal
    import threading

    import botocore.session

    from garrison.agent.agent import Agent
    from garrison.agent.client import Inspector, NoEndpoint, Refused, Unreachable
    from garrison.agent.machine import Machine, name_tag
    from garrison.agent.state import AnotherAgent, Memory
    from garrison.scan.host_checks.run import exceptions
    from garrison.scan.reachability import identity

    root = os.path.realpath(root)
    try:
        resource = resource_id or identity.host_resource_id(identity.machine_id(root))
    except LookupError as e:
        raise click.UsageError(f"{e}. Give one by --resource-id i-<17 hexadecimal digits>.") from e
    if not re.fullmatch(r"i-[0-9a-f]{17}|i-[0-9a-f]{8}", resource):
        raise click.UsageError(f"{resource} is no id of an instance: i-<17 hexadecimal digits>.")
    named = dict(_tag(t) for t in tags)
    try:
        excuses = exceptions(excepted)
    except ValueError as e:
        raise click.UsageError(str(e)) from e
    machine = Machine(root, resource, (name_tag() if root == "/" else {}) | named, behind=behind, excepted=excuses)
    try:
        inspector = Inspector(botocore.session.Session(profile=profile))
    except (NoEndpoint, botocore.exceptions.BotoCoreError) as e:
        raise click.UsageError(str(e)) from e
    try:
        with Memory(state or _folder(resource, root)) as memory:
            made = Agent(inspector, machine, memory, interval=interval, look_every=look_every, say=_say)
            if forget:
                made.forget()
                return
            if once:
                made.once()
                return
            stop = threading.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
            _say(f"{resource}: reporting to {inspector.endpoint}")
            made.run(stop)
    except AnotherAgent as e:
        raise _Failed(str(e)) from e
    except (Unreachable, Refused) as e:
        raise _Failed(str(e)) from e


class _Failed(click.ClickException):
    exit_code = FAILED


def _tag(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise click.UsageError(f"--tag {text}: KEY=VALUE")
    return key, value


def _folder(resource: str, root: str) -> Path:
    """Of this machine one; of each other file system one of its own beside it."""
    if os.geteuid() == 0:
        base = Path("/var/lib/garrison-agent")
    else:
        base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "garrison-agent"
    return base if root == "/" else base / resource


def _say(sentence: str) -> None:
    click.echo(f"{datetime.now().astimezone().isoformat(timespec='seconds')} {sentence}", err=True)

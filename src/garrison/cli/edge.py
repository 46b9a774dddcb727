"""`garrison edge`: what listens on this machine, and a shop to try it with."""

from __future__ import annotations

import click

from garrison.cli.instance import instance
from garrison.cli.output import output_option, print_rows
from garrison.edge.status import read_status


@click.group()
def edge() -> None:
    """Load balancers and distributions on this machine."""


@edge.command()
@output_option()
def listeners(output: str) -> None:
    """What listens where, and which web ACL judges it."""
    status = read_status(instance().data / "edge")
    rows = [
        {
            "address": listener.url,
            "port": listener.public_port,
            "resource": listener.resource,
            "web_acl": listener.web_acl or "",
        }
        for listener in (() if status is None else status.listeners)
    ]
    print_rows(rows, ("address", "port", "resource", "web_acl"), output, name="listeners")
    if status is None:
        click.echo("The edge does not run: it starts with the first load balancer or distribution.", err=True)


@edge.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free one.")
@click.option("--capacity", type=click.FloatRange(0.1), help="Requests per second that it serves; without: all it can.")
def demo(port: int, capacity: float | None) -> None:
    """Open a small shop with a hole in it, on this machine alone, to put a web ACL in front of."""
    from garrison.edge.demo import open_shop

    try:
        shop = open_shop(port, capacity)
    except OSError as e:
        raise click.ClickException(f"Port {port} cannot be opened: {e.strerror}. Choose another with --port.") from None
    click.echo(
        f"The tea shop is open at http://127.0.0.1:{shop.server_port}/ - its search can be broken into.", err=True
    )
    try:
        shop.serve_forever()
    finally:
        shop.server_close()

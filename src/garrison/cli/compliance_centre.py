"""`garrison compliance-centre`: the pages people look at, of what a running Garrison knows."""

from __future__ import annotations

import logging

import click

from garrison.cli.instance import Unreachable, instance

PORT = 4592


@click.group("compliance-centre")
def compliance_centre() -> None:
    """Compliance for people: standing, evidence, audits, reports, in a browser."""


@compliance_centre.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, envvar="GARRISON_CENTRE_PORT",
    show_envvar=True, help="0: any free one.",
)  # fmt: skip
def serve(host: str, port: int) -> None:
    """Serve the compliance centre of the running Garrison until interrupted.

    People sign in to Garrison itself; each page is what its APIs answer to whoever is signed in.
    """
    from garrison.centre.serving import NotLoopback, listen
    from garrison.centre.serving import serve as run

    garrison = instance()
    server = garrison.server()
    if server is None or server.signin is None:
        raise Unreachable(f"No Garrison runs from {garrison.data}. Start one first: garrison up --detach")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    try:
        listening = listen(host, port)
    except NotLoopback as e:
        raise click.UsageError(str(e)) from e
    except OSError as e:
        raise click.ClickException(
            f"Cannot listen on {host} port {port}: {e.strerror}. "
            "Choose another: --port, or GARRISON_CENTRE_PORT (0: any free one)."
        ) from e
    run(
        listening, host=host, url=server.url, signin=server.signin.removesuffix("/signin"),
        region=garrison.credentials().get("region", "us-east-1"), ca=server.ca,
        ready=lambda own: click.echo(f"The compliance centre is ready at {own}", err=True),
    )  # fmt: skip

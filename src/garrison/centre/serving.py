"""The centre's own server: one process, on this machine's loopback address."""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn

from garrison.centre.app import Centre
from garrison.centre.calls import warm
from garrison.centre.entry import Entry
from garrison.centre.people import People
from garrison.checks.collect.aws import session


class NotLoopback(Exception):
    """It was to listen where others could reach it."""


def listen(host: str, port: int) -> socket.socket:
    """A socket for people of this machine. Raises `NotLoopback`, and `OSError` where the port is taken."""
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise NotLoopback(
            f"{host} is no loopback address. Sign-in gives codes to listeners of its own machine alone; for people"
            " elsewhere, run the centre on theirs, or forward the port (ssh -L)."
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
    except BaseException:
        made.close()
        raise
    return made


def serve(
    listening: socket.socket,
    *,
    host: str,
    url: str,
    signin: str,
    region: str,
    ca: str | None,
    ready: Callable[[str], None],
) -> None:
    """Serve until told to stop. `url` is where the APIs are, `signin` the origin of the sign-in pages."""
    port = listening.getsockname()[1]
    own = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    if ca is not None and Path(ca).exists():
        session().set_config_variable("ca_bundle", ca)
    centre = Centre(People(Entry(url, signin, own, ca), url, region), own, frozenset({"localhost", host.lower()}))
    config = uvicorn.Config(
        centre, log_config=None, access_log=False, proxy_headers=False, server_header=False, ws="none",
        interface="asgi3", loop="uvloop" if sys.platform != "win32" else "asyncio", timeout_graceful_shutdown=5,
        limit_concurrency=256,
    )  # fmt: skip
    listening.listen(128)
    threading.Thread(target=warm, args=(url, region), name="garrison-centre-warm", daemon=True).start()
    ready(own)
    uvicorn.Server(config).run([listening])

"""The server: sockets, processes, signals. `serve(settings)` is what `garrison up` does."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import logging
import os
import signal
import socket
import ssl
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path

import msgspec
import uvicorn

from garrison import __version__, services
from garrison.access.runtime import Runtime
from garrison.gateway import logs
from garrison.gateway.admin import Admin
from garrison.gateway.admin_kms import RootKeyOperations
from garrison.gateway.app import App
from garrison.gateway.certificates import development_certificate
from garrison.gateway.connection import Connection, Limits, watch
from garrison.gateway.first_start import CREDENTIALS, open_runtime
from garrison.gateway.forwarded import TrustedHops
from garrison.gateway.process_memory import protect
from garrison.gateway.record import Recorder
from garrison.gateway.rollback import Marker
from garrison.gateway.root_key import Refusal, said
from garrison.gateway.server_file import command
from garrison.gateway.settings import Settings
from garrison.gateway.shared_root import SharedRoot
from garrison.gateway.upstream.forward import Forwarder, Options
from garrison.gateway.upstream.origin import Credentials, read_origins
from garrison.gateway.walk import Gateway
from garrison.keys.errors import Sealed, Tampered
from garrison.keys.root import RootKey
from garrison.keys.seal import Seal
from garrison.services.artifact.notifying import ArtifactUpkeep
from garrison.services.cloudtrail.upkeep import CloudTrailUpkeep
from garrison.services.guardduty.upkeep import GuardDutyUpkeep
from garrison.services.iam.provider import flush
from garrison.services.inspector2.upkeep import InspectorUpkeep
from garrison.services.kms import usage as last_uses
from garrison.services.kms.due import Sweeper
from garrison.signin.door import Door
from garrison.signin.house import House
from garrison.store import StoreUnavailable
from garrison.store.files import write_private
from garrison.trail.log import Trail

log = logging.getLogger("garrison.server")

SERVER_FILE = "server.json"

Beside = Callable[[Settings], AbstractContextManager[object]]


class _Keeper:
    """What a server does for its root key by and by."""

    def __init__(self, runtime: Runtime, data_dir: Path, shared: SharedRoot | None) -> None:
        self._runtime = runtime
        self._shared = shared
        self._marker = Marker(runtime, data_dir)

    def follow(self) -> None:
        """Open or seal the root key if another process has."""
        if self._shared is not None and self._shared.follow(self._runtime.seal) and self._runtime.seal.root.sealed:
            self._runtime.keys.forget()

    def keep_up(self) -> None:
        """Write down how far the key tables have come."""
        try:
            self._marker.keep_up()
        except (OSError, StoreUnavailable, Tampered, Sealed) as e:
            log.error("cannot write down how far the key tables have come: %s", e)


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it is ready and watches its connections."""

    def __init__(
        self,
        config: uvicorn.Config,
        limits: Limits,
        ready: Callable[[], None],
        abandoned: Callable[[], bool] | None,
        keeper: _Keeper,
    ) -> None:
        super().__init__(config)
        self._limits = limits
        self._ready = ready
        self._abandoned = abandoned
        self._keeper = keeper

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM. uvicorn's own raises them again at the end, which skips what is to be tidied."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @property
    def interrupted(self) -> bool:
        """Whether it was Ctrl-C that stopped it."""
        return signal.SIGINT in self._captured_signals

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then say so."""
        await super().startup(sockets)
        self._watch = asyncio.get_running_loop().create_task(watch(self.server_state, self._limits))
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to stop."""
        if self._abandoned is not None and self._abandoned():
            return True
        self._keeper.follow()
        if counter % 10 == 0:
            await asyncio.to_thread(self._keeper.keep_up)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what is under way, then stop."""
        self._watch.cancel()
        await super().shutdown(sockets)


def serve(settings: Settings, beside: Beside = nullcontext) -> int:
    """Serve until told to stop. Returns the exit code; what went wrong is on standard error.

    `beside(settings)` is entered before anything is served and left after everything is: what else runs meanwhile.
    """
    logs.set_up(settings.log_level)
    protect()
    if settings.ephemeral:
        with tempfile.TemporaryDirectory(prefix="garrison-") as directory:
            return _serve(msgspec.structs.replace(settings, data_dir=Path(directory), ephemeral=False), beside)
    return _serve(settings, beside)


def _serve(settings: Settings, beside: Beside) -> int:
    with ExitStack() as sockets:
        try:
            TrustedHops(settings.trusted_hops)
            listening = sockets.enter_context(_listen(settings.host, settings.port))
            settings = msgspec.structs.replace(settings, port=listening.getsockname()[1])
            door = sockets.enter_context(_listen_for_people(settings))
            settings = msgspec.structs.replace(settings, signin_port=door.getsockname()[1])
        except (OSError, ValueError) as e:
            ports = f"port {settings.port}"
            if settings.signin_port is not None:
                ports += f" and port {settings.signin_port}"
            print(f"Cannot listen on {settings.host} {ports}: {e}", file=sys.stderr)
            return 1
        try:
            with beside(settings):
                if settings.workers > 1:
                    from garrison.gateway.workers import supervise

                    return supervise(settings, listening, door)
                ca = tls_files(settings)[2]
                try:
                    return run(settings, listening, door, ready=lambda root_key: say_ready(settings, ca, root_key))
                finally:
                    (settings.data_dir / SERVER_FILE).unlink(missing_ok=True)
        except (Refusal, StoreUnavailable, ValueError) as e:
            print(e, file=sys.stderr)
            return 1


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    address = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][4]
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.set_inheritable(False)
    except BaseException:
        listening.close()
        raise
    return listening


def _listen_for_people(settings: Settings) -> socket.socket:
    wanted = settings.signin_port
    if wanted is not None:
        return _listen(settings.host, wanted)
    try:
        return _listen(settings.host, settings.port + 1)
    except (OSError, OverflowError):
        return _listen(settings.host, 0)


def run(
    settings: Settings,
    listening: socket.socket,
    door: socket.socket,
    *,
    ready: Callable[[str], None],
    abandoned: Callable[[], bool] | None = None,
    shared: SharedRoot | None = None,
) -> int:
    """Serve in this process until told to stop, or until `abandoned()`. Calls `ready`
    with a line about the root key once it listens.

    With `shared`, the root key is the one all processes of this Garrison share.

    Returns the exit code: 130 after an interrupt.
    """
    services.load()
    protect()
    seal = None
    if shared is not None:
        seal = Seal(RootKey())
        shared.follow(seal)
    runtime = open_runtime(settings, seal)
    trail = Trail(runtime.store, settings.data_dir)
    runtime = dataclasses.replace(runtime, trail=trail)
    gateway = Gateway(runtime, Recorder(trail))
    root_key = RootKeyOperations(runtime, settings, shared)
    admin = Admin(gateway, settings.data_dir, root_key, hosts=(settings.host.lower(),))
    keeper = _Keeper(runtime, settings.data_dir, shared)
    if shared is not None:
        gateway.follow = keeper.follow
    sweeper = Sweeper(runtime)
    inspector = InspectorUpkeep(runtime)
    guardduty = GuardDutyUpkeep(runtime)
    artifact = ArtifactUpkeep(runtime)
    cloudtrail = CloudTrailUpkeep(runtime)
    house = House(runtime, trail, gateway.perform, api=address(settings))
    forwarder = None
    if settings.upstreams:
        options = Options(
            origins=read_origins(settings.upstreams),
            owner=settings.upstream_account or runtime.first_account,
            credentials=Credentials(
                settings.upstream_access_key_id, settings.upstream_secret_access_key, settings.upstream_session_token
            ),
            remember=settings.upstream_ttl,
            timeout=settings.upstream_timeout,
        )
        forwarder = Forwarder(gateway, options)
    app = App(
        gateway,
        admin,
        TrustedHops(settings.trusted_hops),
        body_limit=settings.body_limit,
        door=Door(house, hosts=(settings.host,)),
        door_port=settings.signin_port or 0,
        forwarder=forwarder,
    )
    limits = Limits(
        connections=settings.max_connections,
        header_timeout=settings.header_timeout,
        body_timeout=settings.body_timeout,
    )
    protocol = type("LimitedConnection", (Connection,), {"limits": limits, "direct": app})
    certificate, key, _ = tls_files(settings)
    config = uvicorn.Config(
        app,
        http=protocol,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=True,
        timeout_keep_alive=int(settings.keep_alive),
        timeout_graceful_shutdown=10,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        backlog=1024,
    )
    if certificate is not None:
        config.load()
        assert config.ssl is not None
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    # What is there by now stays: looking through it for garbage again and again would hold up every call. What calls
    # leave behind is nearly all freed by its last reference; the rest can wait for more of it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    try:
        about = said(settings, runtime)
        server = _Server(config, limits, lambda: ready(about), abandoned, keeper)
        server.run([listening, door])
        return 130 if server.interrupted else 0
    finally:
        sweeper.close()
        inspector.close()
        guardduty.close()
        artifact.close()
        cloudtrail.close()
        keeper.keep_up()
        try:
            flush(runtime)
            last_uses.flush(runtime)
            trail.close()
        except StoreUnavailable as e:
            log.error("the database went away before everything was written: %s", e)
        runtime.store.close()


def tls_files(settings: Settings) -> tuple[Path | None, Path | None, Path | None]:
    """Certificate, its key, and the CA to trust where that is our own."""
    if not settings.tls:
        return None, None, None
    if settings.certificate is not None and settings.private_key is not None:
        return settings.certificate, settings.private_key, None
    ca, certificate, key = development_certificate(settings.data_dir, settings.host, time.time())
    return certificate, key, ca


def address(settings: Settings, port: int | None = None) -> str:
    """Where clients on this machine find the server; with `port`, what listens there."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    return f"{'https' if settings.tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port or settings.port}"


def say_ready(settings: Settings, ca: Path | None, root_key: str) -> None:
    """Leave word in the data directory, and say on standard error where everything is."""
    signin = address(settings, settings.signin_port) + "/signin"
    word = {
        "pid": os.getpid(),
        "url": address(settings),
        "signin": signin,
        "version": __version__,
        "ca": str(ca) if ca else None,
    }
    write_private(settings.data_dir / SERVER_FILE, msgspec.json.encode(word))
    mode = "PERMISSIVE: denied calls go through and are recorded" if settings.permissive else "ENFORCING"
    database = "PostgreSQL" if settings.database and settings.database.startswith("postgresql") else "SQLite"
    lines = [
        f"Garrison {__version__} is ready at {address(settings)}",
        f"  sign-in      {signin}",
        f"  account      {settings.account_id}",
        f"  mode         {mode}",
        f"  storage      {database}, {settings.data_dir}",
        f"  credentials  {settings.data_dir / CREDENTIALS}",
        f"  root key     {root_key}",
    ]
    lines += [f"  upstream     {upstream}" for upstream in settings.upstreams]
    if ca is not None:
        lines.append(f"  trust        export AWS_CA_BUNDLE={ca}")
    if (settings.data_dir / CREDENTIALS).exists():
        lines.append(f'Next: eval "$({command()} env)" && aws sts get-caller-identity')
    else:
        lines.append(f"Root has no active access key. Next: {command()} account root-key")
    print("\n".join(lines), file=sys.stderr, flush=True)

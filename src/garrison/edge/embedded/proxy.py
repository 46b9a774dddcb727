"""The embedded proxy: its listeners, and what they serve."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from pathlib import Path

import msgspec

from garrison.access.runtime import Runtime
from garrison.access.sites import Listener
from garrison.access.traffic import NAME, Traffic
from garrison.edge.embedded.exchange import UNPROTECTED, Exchange, Judges, Unprotected
from garrison.edge.embedded.messages import Bad, Gone, Messages
from garrison.edge.embedded.wire import Served
from garrison.edge.floods.observer import Observer
from garrison.edge.inspection.follow import Follower
from garrison.edge.inspection.guards import Guard
from garrison.edge.inspection.locate import locate_with
from garrison.edge.inspection.records import Records
from garrison.edge.inspection.token_key import token_key
from garrison.edge.limits import Limits
from garrison.edge.world import World
from garrison.gateway.settings import Settings
from garrison.waf import State, TokenKeys

log = logging.getLogger("garrison.edge")

_ROTATE = 32 * 1024 * 1024
_CONNECTIONS = 2000
_VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2}


class Embedded:
    """A data plane in this process."""

    def __init__(self, settings: Settings, runtime: Runtime, access_log: Path, limits: Limits) -> None:
        assert runtime.edge.directory is not None
        self._host = runtime.edge.host
        self._log_path = access_log
        self._limits = limits
        locate = locate_with(settings.geo_databases)
        observer = Observer(runtime.edge.directory, locate)
        tokens = TokenKeys(token_key(runtime.edge.directory))
        state = State(tokens=tokens, locate=locate, floods=lambda: observer.attacked)
        self._records = Records(Traffic(runtime.edge.directory / NAME), observer)
        self._follower = Follower(runtime)
        self._web_acls: dict[str, str] = {}
        """By listener id: the web ACL that must judge."""
        self._judges = Judges(self._guard, state, self._records)
        self._served: dict[str, Served] = {}
        self._servers: dict[str, tuple[tuple[object, ...], asyncio.Server]] = {}
        self._turns: dict[str, int] = {}
        self._world: World | None = None
        self._open: set[asyncio.Task[None]] = set()
        self._log = open(access_log, "ab")  # noqa: SIM115 - it stays open as long as this serves
        self.problem: str | None = None
        self.pid: int | None = None
        self.restarts = 0

    async def start(self) -> None:
        """Begin to follow what judges."""
        await asyncio.to_thread(self._follower.catch_up)
        self._follower.start()
        self._records.start()

    def _guard(self, listener: str) -> Guard | Unprotected | None:
        web_acl = self._web_acls.get(listener)
        return UNPROTECTED if web_acl is None else self._follower.guards.get((listener, web_acl))

    async def apply(self, world: World, *, valid: bool = False) -> None:
        """Serve `world` from now on. It is never rejected, known to be `valid` or not."""
        # What judges must be there before what it protects is served.
        await asyncio.to_thread(self._follower.catch_up)
        self._world = world
        self.problem = self._follower.problem
        wanted = {listener.id: (site, listener) for site in world.sites for listener in site.listeners}
        self._web_acls = {
            listener.id: world.protected[site.arn].web_acl
            for site, listener in wanted.values()
            if site.arn in world.protected
        }
        self._served = {id: Served(site, listener, world.usable) for id, (site, listener) in wanted.items()}
        for id in [id for id in self._servers if id not in wanted]:
            self._servers.pop(id)[1].close()
        for id, (_, listener) in wanted.items():
            key = (listener.port, listener.certificates, listener.tls_from)
            held = self._servers.get(id)
            if held is not None and held[0] == key:
                continue
            if held is not None:
                held[1].close()
                await asyncio.sleep(0)
            try:
                self._servers[id] = (key, await self._listen(id, listener, world))
            except OSError as e:
                self._servers.pop(id, None)
                self.problem = f"port {listener.port} on {self._host} cannot be opened: {e.strerror or e}"

    async def _listen(self, id: str, listener: Listener, world: World) -> asyncio.Server:
        context = None
        if listener.certificates:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = _VERSIONS.get(listener.tls_from, ssl.TLSVersion.TLSv1_3)
            chain, key = world.certificates[listener.certificates[0]]
            context.load_cert_chain(chain, key)
            context.set_alpn_protocols(["http/1.1"])

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            if len(self._open) >= min(_CONNECTIONS, self._limits.connections):
                writer.close()
                return
            self._open.add(task)
            try:
                await self._converse(id, reader, writer)
            finally:
                self._open.discard(task)
                writer.close()

        return await asyncio.start_server(serve, self._host, listener.port, ssl=context, backlog=512)

    async def _converse(self, id: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        messages = Messages(reader, least=(self._limits.body_rate, self._limits.body_grace))
        while True:
            served = self._served.get(id)
            if served is None:
                return
            exchange = Exchange(served, self._judges, messages, reader, writer, self._turns)
            try:
                # A connection may be opened, or kept, for later: only a head that has begun must come soon.
                await asyncio.wait_for(messages.begun(), served.site.idle_timeout)
                head = await asyncio.wait_for(messages.head(), self._limits.head_seconds)
                if head is None:
                    return
                keep = await exchange.answer(head)
                self._write(exchange)
                if not keep:
                    return
            except Bad as bad:
                with contextlib.suppress(OSError):
                    await exchange.complain(bad)
                return
            except (Gone, OSError, TimeoutError, ssl.SSLError):
                return
            except Exception:
                log.exception("a request could not be served")
                return

    def _write(self, exchange: Exchange) -> None:
        self._log.write(msgspec.json.encode(exchange.record) + b"\n")
        self._log.flush()

    async def look(self) -> None:
        """Try again to open what could not be opened."""
        if self._world is not None and len(self._servers) < len(self._served):
            await self.apply(self._world)

    async def rotate_log(self) -> None:
        """Begin a new access log when the old one is long; one old one is kept."""
        if self._log.tell() < _ROTATE:
            return
        self._log.close()
        self._log_path.rename(self._log_path.with_name(self._log_path.name + ".1"))
        self._log = open(self._log_path, "ab")  # noqa: SIM115

    def press(self, pressure: float) -> None:
        """How full it is makes no difference here: connections beyond the limit are refused."""

    async def stop(self) -> None:
        """Close every listener and connection."""
        for _, server in self._servers.values():
            server.close()
        for task in list(self._open):
            task.cancel()
        self._follower.stop()
        self._records.stop()
        self._log.close()

"""The edge's process: what the store says is served is served, and goes on being so.

It looks at the store's epochs ten times a second, puts together the sites as they are now, and gives them to the data
plane. It ends by itself when there is nothing left to serve, and when the Garrison that started it is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from pathlib import Path

import msgspec

from garrison import services
from garrison.access import in_force
from garrison.access import sites as standing
from garrison.access.ports import local_address
from garrison.access.runtime import Runtime
from garrison.access.sites import Fixed, Health, Route, Site, provider_of
from garrison.access.traffic import NAME as TRAFFIC
from garrison.access.traffic import Traffic
from garrison.edge import sockets
from garrison.edge.always_on import AlwaysOn, pause
from garrison.edge.certificates import certificate_files
from garrison.edge.changeover import Changeover, protection
from garrison.edge.delivery import FOLDER, Delivery
from garrison.edge.embedded.proxy import Embedded
from garrison.edge.envoy.binary import MISSING, find_envoy
from garrison.edge.envoy.configuration import UNDERWAY, Place
from garrison.edge.envoy.run import Envoy, Rejected
from garrison.edge.floods.watcher import ACCESS, Watcher
from garrison.edge.health import HealthChecks
from garrison.edge.inspection.guards import AT_THE_EDGE, Plan, accounts_of, epochs, plans
from garrison.edge.inspection.workers import Workers
from garrison.edge.limits import limits_of
from garrison.edge.runtime import edge_runtime
from garrison.edge.status import NAME, EdgeStatus, ListenerStatus, write_status
from garrison.edge.world import World
from garrison.gateway import logs
from garrison.gateway.settings import Settings
from garrison.store import StoreUnavailable, Transaction
from garrison.store.files import private_directory

log = logging.getLogger("garrison.edge")

_LOOK = 0.1
_IDLE = 30.0
"""Seconds that inspection workers stay when there is nothing to judge: one web ACL often goes because another comes."""
_WORKERS = Path("workers.sock")


class Edge:
    """Everything this process holds."""

    def __init__(self, settings: Settings, runtime: Runtime) -> None:
        assert runtime.edge.directory is not None
        self._settings = settings
        self._runtime = runtime
        self._directory = runtime.edge.directory
        self._sites: tuple[Site, ...] = ()
        self._plans: list[Plan] = []
        self._changeover = Changeover()
        self._served: World | None = None
        self._withdrawn: set[str] = set()
        """ARNs of sites whose requests are refused because what should judge them cannot be put before them."""
        self._asked = 0.0
        """When there was something to judge last."""
        self._epoch = in_force.STARTING
        """That of the sites as they were read last."""
        self._workers = Workers(settings, _WORKERS)
        self._dirty = asyncio.Event()
        self._sick: set[str] = set()
        self._health = HealthChecks(self._health_changed)
        self._floods = Watcher(settings, runtime, self._directory)
        self._delivery = Delivery(Traffic(self._directory / TRAFFIC), settings.data_dir / FOLDER)
        self._limits = limits_of(settings.edge_limits)
        self._always_on = AlwaysOn(self._limits)
        self._plane, self._mode = self._data_plane()

    def _data_plane(self) -> tuple[Envoy | Embedded, str]:
        log_path = self._directory / ACCESS
        binary = None if self._settings.edge == "embedded" else find_envoy()
        if binary is None:
            if self._settings.edge == "envoy":
                raise SystemExit(MISSING)
            return Embedded(self._settings, self._runtime, log_path, self._limits), "embedded"
        place = Place(
            directory=self._directory / "envoy",
            workers=_WORKERS,
            log=log_path,
            host=self._runtime.edge.host,
            limits=self._limits,
        )
        return Envoy(binary, place), "envoy"

    def _health_changed(self, pool: str) -> None:
        self._sick.add(pool)
        self._dirty.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`, or until there is nothing to serve."""
        parent = os.getppid()
        in_force.say(self._directory, in_force.STARTING)
        self._floods.start()
        self._delivery.start()
        await self._plane.start()
        watching = asyncio.create_task(self._watch()) if sockets.SUPPORTED else None
        epoch: object = None
        ticks = 0
        try:
            while not stop.is_set() and os.getppid() == parent:
                try:
                    with self._runtime.store.reading() as reader:
                        if epochs(reader, accounts_of(self._sites)) != epoch:
                            self._sites = tuple(standing.sites(reader, self._runtime))
                            self._plans = plans(reader, self._sites)
                            if not standing.announced(reader):
                                return
                        now = epochs(reader, accounts_of(self._sites))
                        self._epoch = now[0]
                    due = self._changeover.due(ready=self._ready(), now=time.monotonic())
                    if now != epoch or due or self._dirty.is_set():
                        self._dirty.clear()
                        self._health.watch([pool for site in self._sites for pool in site.pools])
                        await self._apply()
                        epoch = now
                except StoreUnavailable as e:
                    log.error("%s; serving what was known", e)
                ticks += 1
                if ticks % 100 == 0:
                    await self._plane.rotate_log()
                if ticks % 10 == 0:
                    await self._plane.look()
                    if not self._plans and time.monotonic() - self._asked > _IDLE:
                        await self._workers.stop()
                    self._say()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _LOOK)
        finally:
            if watching is not None:
                watching.cancel()
            self._health.stop()
            await self._plane.stop()
            await self._workers.stop()
            await asyncio.to_thread(self._floods.stop)
            await asyncio.to_thread(self._delivery.stop)
            (self._directory / NAME).unlink(missing_ok=True)
            (self._directory / in_force.NAME).unlink(missing_ok=True)

    def _ready(self) -> bool:
        """Whether all that may be asked to judge know what is to be judged by what."""
        return self._mode == "embedded" or self._workers.known >= self._epoch

    async def _watch(self) -> None:
        """Hold the limits that only the kernel can tell of."""
        underway = self._directory / "envoy" / UNDERWAY if self._mode == "envoy" else None
        while True:
            began = time.monotonic()
            ports = frozenset([listener.port for site in self._sites for listener in site.listeners])
            pid = self._plane.pid or os.getpid()
            try:
                if ports:
                    self._plane.press(await asyncio.to_thread(self._always_on.look, pid, ports, underway))
            except Exception:
                log.exception("connections could not be looked at")
            await asyncio.sleep(pause(time.monotonic() - began))

    async def _apply(self) -> None:
        """Serve what is to be served, and say so where it is in force."""
        if self._plans and self._mode == "envoy":
            await self._workers.start()
        pools = [pool for site in self._sites for pool in site.pools]
        protected = self._changeover.protections(self._plans, ready=self._ready(), now=time.monotonic())
        world = World(
            sites=self._sites,
            protected=protected,
            usable={pool.id: self._health.usable(pool) for pool in pools},
            certificates=certificate_files(self._settings.data_dir, self._directory / "certificates", self._sites),
        )
        try:
            await self._plane.apply(world)
            self._withdrawn = set()
        except Rejected as e:
            log.error("a change was not applied, Envoy would not take it: %s", e)
            world = await self._withdraw()
        self._served = world
        there = [site for site in world.sites if site.arn not in self._withdrawn]
        self._changeover.applied(there, world.protected)
        if not self._changeover.pending:
            in_force.say(self._directory, self._epoch)
        if self._plans:
            self._asked = time.monotonic()
        self._record_health()
        self._say()

    async def _withdraw(self) -> World:
        """Serve on what was served, but nothing by another web ACL than it should be: that is refused."""
        served = self._served or World((), {}, {}, {})
        unlike = self._changeover.unlike({plan.site: protection(plan) for plan in self._plans})
        self._withdrawn |= unlike
        world = msgspec.structs.replace(
            served, sites=tuple([_refusing(site) if site.arn in unlike else site for site in served.sites])
        )
        if unlike:
            problem = self._plane.problem
            log.error("refused, their web ACLs cannot be put before them: %s", ", ".join(sorted(unlike)))
            await self._plane.apply(world, valid=True)
            self._plane.problem = problem
        return world

    def _record_health(self) -> None:
        """Tell the store what was found out."""
        found: dict[str, dict[str, Health]] = {}
        for site in self._sites:
            for pool in site.pools:
                if pool.id in self._sick and pool.check is not None:
                    found[pool.id] = self._health.of(pool)
        self._sick.clear()
        self._floods.unhealthy = {site.arn: self._health.unhealthy(site.pools) for site in self._sites}
        if not found:
            return

        def record(tx: Transaction) -> None:
            for pool, health in found.items():
                provider = provider_of(pool)
                if provider is not None:
                    provider.record_health(tx, pool, health)

        self._runtime.store.writing(record)

    def _say(self) -> None:
        judged = {plan.site: plan.web_acl for plan in self._plans}
        listeners = [
            ListenerStatus(
                site.arn,
                local_address(self._runtime.edge, listener.port, tls=bool(listener.certificates)),
                listener.public_port,
                judged.get(site.arn),
            )
            for site in self._sites
            for listener in site.listeners
        ]
        write_status(
            self._directory,
            EdgeStatus(
                pid=os.getpid(),
                mode=self._mode,
                listeners=tuple(listeners),
                envoy=self._plane.pid,
                envoy_restarts=self._plane.restarts,
                workers=self._workers.pids,
                worker_restarts=self._workers.restarts,
                problem=self._plane.problem or self._always_on.problem,
                closed=dict(self._always_on.closed),
            ),
        )


def _refusing(site: Site) -> Site:
    """The same with every request refused."""
    routes = (Route("refused", Fixed(503)),)
    listeners = [msgspec.structs.replace(listener, routes=routes) for listener in site.listeners]
    return msgspec.structs.replace(site, listeners=tuple(listeners))


async def _run(settings: Settings) -> None:
    runtime = edge_runtime(settings, secrets=True)
    assert runtime.edge.directory is not None
    private_directory(runtime.edge.directory)
    # Unix sockets are named relative to it: their paths may have no more than a hundred characters.
    os.chdir(runtime.edge.directory)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await Edge(settings, runtime).run(stop)
    finally:
        runtime.store.close()


def main() -> int:
    """Settings on standard input."""
    settings = msgspec.json.decode(sys.stdin.buffer.read(), type=Settings, dec_hook=lambda type_, value: type_(value))
    logs.set_up(settings.log_level)
    services.load((*AT_THE_EDGE, "shield"))
    asyncio.run(_run(settings))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

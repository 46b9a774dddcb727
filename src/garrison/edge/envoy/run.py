"""Envoy's process: started, started again when it dies, told of changes through its files, stopped.

The files are written beside and moved into place, which Envoy notices. What changes anything but endpoints is validated
first by an Envoy of its own (`--mode validate`); what does not pass is not applied, and what was before stays.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import time
from pathlib import Path

import msgspec

from garrison.edge.children import dies_with_parent
from garrison.edge.envoy.configuration import ADMIN, BOOTSTRAP, CDS, LDS, PRESSURE, Place, bootstrap, files, whole
from garrison.edge.envoy.names import short
from garrison.edge.envoy.routes import compact
from garrison.edge.world import World

log = logging.getLogger("garrison.edge")

_YOUNG = 2.0
_MOST_WAIT = 5.0
_CONFIRMS = 10.0
ROTATE = 32 * 1024 * 1024


class Rejected(Exception):
    """Envoy would not take this configuration. The text is its own."""


class Envoy:
    """One Envoy: `await start()`, `await apply(world)` whenever something changed, `await stop()`."""

    def __init__(self, binary: Path, place: Place) -> None:
        self._binary = binary
        self._place = place
        self._held: dict[str, str] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._ports: dict[str, int] = {}
        self._closed: list[int] = []
        """Ports that were not open when it was looked last."""
        self._pressed = 0.0
        self.restarts = 0
        self.problem: str | None = None
        """What was not applied, and why."""

    @property
    def pid(self) -> int | None:
        """The running process."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start the process; it serves what was applied last."""
        self._place.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in (LDS, CDS):
            if name not in self._held:
                self._write(name, '{"resources":[]}')
        self._say(PRESSURE, "0.0")
        self._write(BOOTSTRAP, compact(bootstrap(self._place)))
        await self._spawn()
        self._watch = asyncio.create_task(self._keep())

    async def _spawn(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            (self._place.directory / ADMIN).unlink()
        with open(self._place.directory / "envoy.log", "ab") as said:
            self._process = await asyncio.create_subprocess_exec(
                str(self._binary),
                "-c",
                str(self._place.directory / BOOTSTRAP),
                "--disable-hot-restart",
                "--concurrency",
                str(min(4, os.cpu_count() or 1)),
                "--log-level",
                "error",
                "--file-flush-interval-msec",
                "1000",
                "--drain-time-s",
                "2",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=self._place.directory.parent,
                start_new_session=True,
                preexec_fn=dies_with_parent,
            )

    async def _keep(self) -> None:
        """Start it again whenever it ends."""
        wait = 0.0
        while True:
            assert self._process is not None
            began = time.monotonic()
            code = await self._process.wait()
            self.restarts += 1
            wait = 0.0 if time.monotonic() - began > _YOUNG else min(_MOST_WAIT, wait * 2 + 0.1)
            log.error("Envoy ended with %s; starting it again (its log: %s)", code, self._place.directory / "envoy.log")
            await asyncio.sleep(wait)
            await self._spawn()

    async def apply(self, world: World, *, valid: bool = False) -> None:
        """Serve `world` from now on. Raises `Rejected`, and then goes on as before.

        `valid`: it is known to be taken, being part of what was.
        """
        new = files(self._place, world)
        changed = [name for name, text in new.items() if self._held.get(name) != text]
        if not valid and any(not name.startswith("eds-") for name in changed):
            await self._validate(world)
        for name in changed:
            self._write(name, new[name])
        for name in [name for name in self._held if name not in new and name != BOOTSTRAP]:
            del self._held[name]
            (self._place.directory / name).unlink(missing_ok=True)
        self._ports = {short(listener.id): listener.port for site in world.sites for listener in site.listeners}
        self.problem = None
        await self._confirmed([name for name in changed if name.startswith("rds-")])

    async def _confirmed(self, names: list[str]) -> None:
        """Wait until Envoy routes by what these files say. One that does not come to it is started again.

        Its main thread tells the version when it has given the new routes to the threads that serve; they take them
        up before any request that comes after.
        """
        wanted = {name: msgspec.json.decode(self._held[name])["version_info"] for name in names}
        until = time.monotonic() + _CONFIRMS
        while wanted:
            has = await self._versions()
            if has is not None and all(has.get(name, version) == version for name, version in wanted.items()):
                return
            if time.monotonic() > until:
                log.error("Envoy does not take up new routes; it is ended")
                if self._process is not None and self._process.returncode is None:
                    self._process.kill()
                return
            await asyncio.sleep(0.01)

    async def _versions(self) -> dict[str, str] | None:
        """Which version of each file of routes Envoy has; None: it does not answer."""
        try:
            said = await self.ask("GET", "/stats?type=TextReadouts&filter=version_text")
        except (OSError, TimeoutError):
            return None
        found = re.findall(r'\.rds\.([0-9a-f]+)\.version_text: "?([0-9a-f]*)', said.decode("latin-1"))
        return {f"rds-{name}.json": version for name, version in found}

    async def _validate(self, world: World) -> None:
        path = self._place.directory / "candidate.json"
        path.write_text(whole(self._place, world))
        path.chmod(0o600)
        checking = await asyncio.create_subprocess_exec(
            str(self._binary), "--mode", "validate", "-c", str(path), "--log-level", "error",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=self._place.directory.parent,
            preexec_fn=dies_with_parent,
        )  # fmt: skip
        said, _ = await checking.communicate()
        if checking.returncode != 0:
            self.problem = _short(said.decode(errors="replace").strip())
            raise Rejected(self.problem)

    def _write(self, name: str, text: str) -> None:
        self._say(name, text)
        self._held[name] = text

    def _say(self, name: str, text: str) -> None:
        new = self._place.directory / f".{name}.new"
        new.write_text(text)
        new.chmod(0o600)
        new.rename(self._place.directory / name)

    def press(self, pressure: float) -> None:
        """Say how full it is, from 0 to 1: the fuller, the sooner idle connections are closed."""
        if (self._pressed, pressure) != (0.0, 0.0):
            self._say(PRESSURE, f"{pressure:.3f}")
        self._pressed = pressure

    async def ask(self, method: str, path: str) -> bytes:
        """Call Envoy's own administration endpoint. Raises `OSError`."""
        reader, writer = await asyncio.open_unix_connection(f"{self._place.directory.name}/{ADMIN}")
        try:
            writer.write(f"{method} {path} HTTP/1.1\r\nhost: garrison\r\nconnection: close\r\n\r\n".encode())
            return (await asyncio.wait_for(reader.read(), 5)).partition(b"\r\n\r\n")[2]
        finally:
            writer.close()

    async def look(self) -> None:
        """See whether every listener is open. One whose port somebody else has is a problem, and tried again."""
        try:
            said = await self.ask("GET", "/listeners")
        except (OSError, TimeoutError):
            return
        open_ones = {line.split(b"::")[0].decode() for line in said.splitlines() if b"::" in line}
        closed = [port for name, port in self._ports.items() if name not in open_ones]
        if closed and closed == self._closed:
            ports = ", ".join([str(port) for port in closed])
            self.problem = f"cannot listen on {self._place.host} port {ports}: has another program it?"
            self._write(LDS, self._held[LDS])
        elif self._closed and not closed:
            self.problem = None
        self._closed = closed

    async def rotate_log(self) -> None:
        """Begin a new access log when the old one is long; one old one is kept."""
        path = self._place.log
        # Where it is not, Envoy was too busy to begin it anew, and writes to the old one: it is asked again.
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_size < ROTATE:
                return
            path.rename(path.with_name(path.name + ".1"))
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            await self.ask("POST", "/reopen_logs")

    async def stop(self) -> None:
        """Let requests finish for a moment, then end."""
        if self._watch is not None:
            self._watch.cancel()
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            await self.ask("POST", "/drain_listeners?graceful")
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()


def _short(said: str) -> str:
    """Envoy's message without the whole configuration that it likes to quote."""
    return said if len(said) < 1500 else f"{said[:700]} ... {said[-700:]}"

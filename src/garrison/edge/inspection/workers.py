"""The inspection workers: as many as were asked for, and one more that waits.

All listen on one socket, which is the edge's, so that checks wait in its queue while a worker that died is replaced.
The spare one has read and compiled everything already and takes over within milliseconds; another, which has but the
program in memory, becomes the next spare, and is there soon if both die together.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
import time
from collections.abc import Coroutine
from pathlib import Path

import msgspec

from garrison.edge.children import dies_with_parent
from garrison.edge.inspection.process import BEGIN, LOAD, READY
from garrison.edge.limits import limits_of
from garrison.gateway.settings import Settings

log = logging.getLogger("garrison.edge")

_LISTEN = 0.25


def _few_secrets(settings: Settings) -> Settings:
    """Settings without what a process that reads clients' requests has no business with."""
    return msgspec.structs.replace(
        settings, upstream_access_key_id="", upstream_secret_access_key="", upstream_session_token=None
    )


class _Worker:
    def __init__(self, process: asyncio.subprocess.Process, tell: int, ready: asyncio.Future[bool]) -> None:
        self.process = process
        self.ready = ready
        self.started = time.monotonic()
        self.heard = self.started
        """When it gave its last sign of life."""
        self.known = -1
        """The epoch of the sites it knows."""
        self._tell = tell
        self._said = b""

    def hear(self, signs: bytes) -> None:
        """It gave signs of life."""
        self.heard = time.monotonic()
        *whole, self._said = (self._said + signs).split(b";")
        if whole:
            self.known = int(whole[-1].removeprefix(READY))

    def load(self) -> None:
        """Let it get ready."""
        with contextlib.suppress(OSError):
            os.write(self._tell, LOAD)

    def begin(self) -> None:
        """Let it judge."""
        with contextlib.suppress(OSError):
            os.write(self._tell, BEGIN)

    def dismiss(self) -> None:
        """Let it end."""
        if self._tell >= 0:
            os.close(self._tell)
            self._tell = -1


class Workers:
    """After `await start()` checks are taken, and wait for the first ones; `await stop()` ends them."""

    def __init__(self, settings: Settings, socket_path: Path) -> None:
        self._settings = settings
        self._path = socket_path
        self._silence = limits_of(settings.edge_limits).silence
        self._listening: socket.socket | None = None
        self._beginning: list[_Worker] = []
        self._active: list[_Worker] = []
        self._spare: _Worker | None = None
        self._starting: _Worker | None = None
        """The one that is to be the spare."""
        self._seed: _Worker | None = None
        """One that has the program in memory and nothing else: the next to start."""
        self._there, self._taken = asyncio.Event(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self.restarts = 0

    @property
    def running(self) -> bool:
        """Whether they were started."""
        return self._listening is not None

    @property
    def pids(self) -> tuple[int, ...]:
        """Of those that judge."""
        return tuple([worker.process.pid for worker in self._active if worker.process.returncode is None])

    @property
    def known(self) -> int:
        """The epoch of the sites that all of them know, whichever is asked; -1: none judges yet."""
        judging = [worker for worker in self._active if worker.process.returncode is None]
        waiting = [] if self._spare is None else [self._spare]
        return min([worker.known for worker in (*judging, *waiting)]) if judging else -1

    async def start(self) -> None:
        """Start them."""
        if self.running:
            return
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(self._path))
        self._path.chmod(0o600)
        self._listening.listen(1024)
        self._listening.setblocking(False)
        self._stopping = False
        self._beginning = [await self._spawn() for _ in range(self._settings.edge_workers)]
        self._task(self._begin())
        self._task(self._listen())

    async def _begin(self) -> None:
        """The first ones judge when they are ready; then there is to be one that waits."""
        for worker in self._beginning:
            worker.load()
        while self._beginning:
            worker = self._beginning[0]
            if await worker.ready:
                self._activate(worker)
            else:
                worker.dismiss()
                self._task(self._fill())
            self._beginning.pop(0)
        self._task(self._keep_spare())

    async def _listen(self) -> None:
        """End what gives no sign of life any more, so that another takes its place."""
        last = time.monotonic()
        while not self._stopping:
            await asyncio.sleep(_LISTEN)
            now = time.monotonic()
            slept, last = now - last, now
            if slept > _LISTEN * 2:
                continue  # this process itself was kept from running: what was said meanwhile is yet to be heard
            for worker in (*self._active, *([self._spare] if self._spare is not None else [])):
                if now - worker.heard > self._silence and worker.process.returncode is None:
                    log.error("inspection worker %d hangs; it is ended", worker.process.pid)
                    worker.process.kill()

    async def _spawn(self) -> _Worker:
        assert self._listening is not None
        told, tell = os.pipe()
        heard, ready = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "garrison.edge.inspection.process",
                str(self._listening.fileno()),
                str(told),
                str(ready),
                stdin=asyncio.subprocess.PIPE,
                pass_fds=(self._listening.fileno(), told, ready),
                env={name: value for name, value in os.environ.items() if not name.startswith(("GARRISON_", "AWS_"))},
                start_new_session=True,
                preexec_fn=dies_with_parent,
            )
        finally:
            os.close(told)
            os.close(ready)
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(_few_secrets(self._settings), enc_hook=str))
        process.stdin.close()
        loop = asyncio.get_running_loop()
        said: asyncio.Future[bool] = loop.create_future()

        worker = _Worker(process, tell, said)

        def hear() -> None:
            signs = os.read(heard, 4096)
            worker.hear(signs)
            if not said.done():
                said.set_result(signs.startswith(READY))
            if not signs:
                loop.remove_reader(heard)
                os.close(heard)

        loop.add_reader(heard, hear)
        return worker

    def _activate(self, worker: _Worker) -> None:
        worker.begin()
        self._active.append(worker)
        self._task(self._follow(worker))

    def _task(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep_spare(self) -> None:
        """Have one that waits, all the time.

        They start one after the other: where several are needed at once, the first is there in half the time.
        """
        while not self._stopping:
            seed, self._seed = self._seed, None
            if seed is not None and seed.process.returncode is not None:
                seed.dismiss()
                seed = None
            worker = self._starting = seed or await self._spawn()
            worker.load()
            good = await worker.ready
            self._starting = None
            if not good or self._stopping:
                worker.dismiss()
                if not self._stopping:
                    log.error("an inspection worker did not start; the next try is in a second")
                    await asyncio.sleep(1.0)
                continue
            self._spare = worker
            self._taken.clear()
            self._there.set()
            self._seed = await self._spawn()
            ends = [asyncio.ensure_future(worker.process.wait()), asyncio.ensure_future(self._taken.wait())]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for one in ends:
                one.cancel()
            if self._spare is worker:
                self._spare = None
                self._there.clear()
                worker.dismiss()

    async def _fill(self) -> None:
        """Put the one that waits, or else the one that is starting, in a place that is empty."""
        while not self._stopping:
            await self._there.wait()
            spare, self._spare = self._spare, None
            self._there.clear()
            self._taken.set()
            if spare is None:
                continue
            if spare.process.returncode is None:
                self._activate(spare)
                return
            spare.dismiss()

    async def _follow(self, worker: _Worker) -> None:
        """Wait for its end, and put another in its place."""
        code = await worker.process.wait()
        worker.dismiss()
        if self._stopping:
            return
        self.restarts += 1
        self._active.remove(worker)
        log.error("inspection worker %d ended with %s; another takes its place", worker.process.pid, code)
        await self._fill()

    async def stop(self) -> None:
        """End all of them."""
        if self._listening is None:
            return
        self._stopping = True
        everyone = [
            *self._beginning,
            *self._active,
            *[one for one in (self._spare, self._starting, self._seed) if one is not None],
        ]
        for worker in everyone:
            worker.dismiss()
        for worker in everyone:
            try:
                await asyncio.wait_for(worker.process.wait(), 5)
            except TimeoutError:
                worker.process.kill()
                await worker.process.wait()
        for task in list(self._tasks):
            task.cancel()
        self._active, self._spare, self._starting, self._seed = [], None, None, None
        self._beginning = []
        self._there.clear()
        self._listening.close()
        self._listening = None
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()

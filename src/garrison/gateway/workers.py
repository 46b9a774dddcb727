"""Several processes on one socket: a parent that starts them, starts them again when they die, and stops them.

Each worker is a fresh interpreter that inherits the listening socket and is told its settings on standard input.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from types import FrameType

import msgspec

from garrison import services
from garrison.gateway import logs, server
from garrison.gateway.first_start import open_runtime
from garrison.gateway.root_key import PASSPHRASE_VARIABLE, said
from garrison.gateway.settings import Settings
from garrison.gateway.shared_root import SharedRoot

log = logging.getLogger("garrison.workers")

STOP_SECONDS = 15.0
_YOUNG = 5.0
"""A worker that dies sooner than this after its start died of its start."""
_TRIES = 5


class _Worker:
    def __init__(self, settings: Settings, listening: socket.socket, door: socket.socket, shared: SharedRoot) -> None:
        self.started = time.monotonic()
        ready, tell = os.pipe()
        try:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "garrison.gateway.workers",
                    str(listening.fileno()),
                    str(door.fileno()),
                    str(tell),
                    str(shared.descriptor),
                ],
                stdin=subprocess.PIPE,
                pass_fds=(listening.fileno(), door.fileno(), tell, shared.descriptor),
                # Signals of the terminal go to the parent, which passes them on once.
                start_new_session=True,
            )
        finally:
            os.close(tell)
        self._ready = ready
        assert self.process.stdin is not None
        with self.process.stdin as told:
            told.write(shared.key + msgspec.json.encode(settings, enc_hook=str))

    def wait_ready(self) -> bool:
        """Whether it came up. Blocks until it is known."""
        if self._ready < 0:
            return True
        try:
            return os.read(self._ready, 1) == b"1"
        finally:
            os.close(self._ready)
            self._ready = -1

    def forget(self) -> None:
        """Close what the parent holds of it."""
        if self._ready >= 0:
            os.close(self._ready)
            self._ready = -1


def supervise(settings: Settings, listening: socket.socket, door: socket.socket) -> int:
    """Run `settings.workers` workers until told to stop. Returns the exit code."""
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    services.load()
    # First start happens here, once, before any worker looks.
    runtime = open_runtime(settings)
    root_key = said(settings, runtime)
    runtime.store.close()
    # The workers have it from here: they need no passphrase, and neither does one that is started later.
    os.environ.pop(PASSPHRASE_VARIABLE, None)
    shared = SharedRoot.new()
    shared.publish(runtime.seal)
    runtime.seal.root.seal()
    del runtime
    ca = server.tls_files(settings)[2]
    listening.listen(1024)
    door.listen(1024)
    workers = [_Worker(settings, listening, door, shared) for _ in range(settings.workers)]
    try:
        if all(worker.wait_ready() for worker in workers):
            server.say_ready(settings, ca, root_key)
        elif not stopping:
            log.error("a worker did not start")
            return 1
        failures = 0
        while not stopping:
            time.sleep(0.1)
            for i, worker in enumerate(workers):
                if worker.process.poll() is None:
                    continue
                young = time.monotonic() - worker.started < _YOUNG
                failures = failures + 1 if young else 0
                if failures > _TRIES:
                    log.error("workers keep dying at their start; giving up")
                    return 1
                log.error("worker %d died (%s); starting another", worker.process.pid, worker.process.returncode)
                worker.forget()
                workers[i] = _Worker(settings, listening, door, shared)
    finally:
        _stop(workers)
        (settings.data_dir / server.SERVER_FILE).unlink(missing_ok=True)
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def _stop(workers: list[_Worker]) -> None:
    for worker in workers:
        if worker.process.poll() is None:
            worker.process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for worker in workers:
        try:
            worker.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.error("worker %d did not stop in time", worker.process.pid)
            worker.process.kill()
            worker.process.wait()
        worker.forget()


def main() -> int:
    """A worker: sockets, pipe and shared memory by number; on standard input the memory's key, then settings."""
    listening = socket.socket(fileno=int(sys.argv[1]))
    door = socket.socket(fileno=int(sys.argv[2]))
    tell = int(sys.argv[3])
    told = sys.stdin.buffer.read()
    shared = SharedRoot(int(sys.argv[4]), told[:32])
    settings = msgspec.json.decode(told[32:], type=Settings, dec_hook=lambda type_, value: type_(value))
    logs.set_up(settings.log_level)
    parent = os.getppid()

    def ready(root_key: str) -> None:
        os.write(tell, b"1")
        os.close(tell)

    return server.run(settings, listening, door, ready=ready, abandoned=lambda: os.getppid() != parent, shared=shared)


if __name__ == "__main__":
    raise SystemExit(main())

"""What the agent remembers between starts, and that there is one of it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

import msgspec


class State(msgspec.Struct, kw_only=True):
    """What was told, as digests, and what is under way."""

    resource: str = ""
    endpoint: str = ""
    inventory: str = ""
    """Digest of the packages that were told last; empty: none were."""
    reachability: str = ""
    told: float = 0.0
    """When everything was told last, in Unix seconds."""
    sessions: dict[str, str] = {}
    """CIS scans under way: job -> session token."""


class AnotherAgent(Exception):
    """One is running already."""


class Memory:
    """The state in one folder, held by one agent at a time. Use as a context manager; raises `AnotherAgent`."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "state.json"
        self._folder = folder
        self._lock: int | None = None

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 32).decode("ascii", "replace").strip()
            os.close(lock)
            raise AnotherAgent(f"An agent runs already (process {holder or 'unknown'}, {self._folder}).") from None
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        self._lock = lock
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            os.close(self._lock)  # gives the lock back; the kernel does it too if the agent is killed
            self._lock = None

    def load(self) -> State:
        """What was saved; a new one if there is nothing, or nothing that can be read: everything is told again then."""
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=State)
        except (OSError, msgspec.DecodeError):
            return State()

    def save(self, state: State) -> None:
        """Whole or not at all."""
        new = self._file.with_suffix(".new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(state))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._file)

"""What every page works with: the runtime, the trail, pool threads for slow work, calls to AWS operations."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from garrison.access.call import HttpRequest
from garrison.access.caller import Caller
from garrison.access.runtime import Runtime
from garrison.signin.visit import Tickets
from garrison.trail.log import Trail

R = TypeVar("R")

AT_ONCE = 2
WAITING = 64
"""Password checks that may wait; the ones beyond are told to come back."""


class Busy(Exception):
    """Too many passwords are being checked."""


class Perform(Protocol):
    """Makes an AWS call in somebody's name, with all that belongs to it: authorization, trail."""

    async def __call__(
        self, caller: Caller, service: str, operation: str, params: dict[str, Any], request: HttpRequest
    ) -> dict[str, Any] | None:
        """The operation's output. Raises `AwsError`."""
        ...


class House:
    """One Garrison, as the door sees it."""

    def __init__(self, runtime: Runtime, trail: Trail, perform: Perform, *, api: str) -> None:
        self.runtime = runtime
        self.trail = trail
        self.perform = perform
        self.api = api
        """Where AWS clients find the APIs, for people to read."""
        self.tickets = Tickets(runtime.seal)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="garrison-signin")
        self._waiting = 0

    @property
    def now(self) -> float:
        return self.runtime.clock.now()

    async def slowly(self, function: Callable[[], R]) -> R:
        """Run something slow on a pool thread. Raises `Busy`."""
        if self._waiting >= WAITING:
            raise Busy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, function)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Stop the pool."""
        self._pool.shutdown(wait=True, cancel_futures=True)

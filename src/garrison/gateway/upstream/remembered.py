"""What upstreams said, for a few seconds: the bound within which a change made behind the gateway is honoured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Any

_MOST = 16_384


class Remembered:
    """Answers by (resource, aspect). Each is asked for once at a time, whoever waits for it."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._known: dict[str, dict[Hashable, tuple[float, Any]]] = {}
        self._asking: dict[tuple[str, Hashable], asyncio.Future[Any]] = {}

    def peek(self, resource: str, aspect: Hashable) -> tuple[Any] | None:
        """What is known and young enough, in a tuple of one."""
        found = self._known.get(resource, {}).get(aspect)
        return (found[1],) if found is not None and found[0] > self._now() else None

    async def get(self, resource: str, aspect: Hashable, read: Callable[[], Awaitable[Any]]) -> Any:
        """What is known, else what `read` says; what it raises is remembered by nobody."""
        found = self.peek(resource, aspect)
        if found is not None:
            return found[0]
        key = (resource, aspect)
        asking = self._asking.get(key)
        if asking is None:
            # The age counts from the question: the answer may be as old as that.
            until = self._now() + self._seconds
            asking = self._asking[key] = asyncio.ensure_future(read())
            asking.add_done_callback(lambda done: self._arrived(key, done, until))
        return await asyncio.shield(asking)

    def _arrived(self, key: tuple[str, Hashable], done: asyncio.Future[Any], until: float) -> None:
        # A write that passed meanwhile has taken the question away: its answer may be from before.
        if self._asking.get(key) is not done:
            if not done.cancelled():
                done.exception()
            return
        del self._asking[key]
        if done.cancelled() or done.exception() is not None:
            return
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known.setdefault(key[0], {})[key[1]] = (until, done.result())

    def forget_under(self, prefix: str) -> None:
        """The same for all resources whose ARNs begin so."""
        for resource in [one for one in self._known if one.startswith(prefix)]:
            del self._known[resource]
        for key in [key for key in self._asking if key[0].startswith(prefix)]:
            del self._asking[key]

    def forget(self, resource: str) -> None:
        """A write to the resource passed: what was said of it holds no more, nor what is being said."""
        self._known.pop(resource, None)
        for key in [key for key in self._asking if key[0] == resource]:
            del self._asking[key]

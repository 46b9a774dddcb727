"""What both databases' stores do alike, given snapshots and a writer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

from garrison.store import StoredEvent, Transaction
from garrison.store.commits import Writer
from garrison.store.session import Session

R = TypeVar("R")


class DatabaseStore:
    """Half a `Store`; subclasses set `_writer` and give `reading`, `read`, `local` and `close`."""

    _writer: Writer

    def reading(self) -> AbstractContextManager[Session]:
        """A snapshot."""
        raise NotImplementedError

    def writing(self, function: Callable[[Transaction], R]) -> R:
        return self._writer.run(function)

    def write(self, function: Callable[[Transaction], R]) -> Awaitable[R]:
        return self._writer.submit(function)

    def events(
        self,
        *,
        account: str | None = None,
        keys: Sequence[tuple[str, str]] = (),
        start: float | None = None,
        end: float | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> Iterator[bytes]:
        with self.reading() as session:
            mark: tuple[float, str] | None = None
            if before is not None:
                time = session.event_time(before)
                if time is None:
                    return iter(())
                mark = (time, before)
            found = session.stored_events(account, None, keys, start, end, mark, limit)
        return iter([event.body for event in found])

    def stored_events(
        self,
        *,
        account: str | None = None,
        region: str | None = None,
        keys: Sequence[tuple[str, str]] = (),
        start: float | None = None,
        end: float | None = None,
        before: tuple[float, str] | None = None,
        limit: int = 50,
    ) -> list[StoredEvent]:
        with self.reading() as session:
            return session.stored_events(account, region, keys, start, end, before, limit)

    def events_since(self, seq: int, limit: int = 1000) -> list[StoredEvent]:
        with self.reading() as session:
            return session.events_since(seq, limit)

    def last_event(self) -> int:
        with self.reading() as session:
            return session.last_event()

    def reset(self) -> None:
        self._writer.run(_clear)


def _clear(tx: Transaction) -> None:
    assert isinstance(tx, Session)
    tx.clear()
